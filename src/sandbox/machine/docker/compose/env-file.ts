import { fail, type Process } from "../../program.ts";
import { Refusal } from "../client.ts";
import { interpolate } from "./interpolate.ts";

type Values = Readonly<Record<string, string | undefined>>;

/** What a backslash and these letters mean between double quotes. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Variables of an env file as compose reads it (https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax;
 * compose-go, `dotenv/parser.go`): with comments behind values, quotes around them, over several lines if they want, and variables in them.
 *
 * @param known variables that may be mentioned, beside those further up in the file
 * @throws Refusal for what cannot be read
 */
export async function envFileOfCompose(path: string, { fs }: Process, known: Values): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await fs.readFile(path);
  } catch {
    throw new Refusal(fail(`env file ${path} not found: stat ${path}: no such file or directory\n`, 14));
  }
  const values: Record<string, string> = {};
  const filled = (value: string) =>
    interpolate(value, { values: { ...known, ...values }, missing: new Set() }, "environment");
  let rest = text.replaceAll("\r\n", "\n");
  while (rest !== "") {
    const { line, after } = statement(rest, path);
    rest = after;
    if (line === undefined) continue;
    const { name, value = known[line.name], quote = "'" } = line;
    if (value !== undefined) values[name] = line.value === undefined || quote === "'" ? value : filled(value);
  }
  return values;
}

interface Line {
  readonly name: string;
  /** Undefined: there is nothing but the name. */
  readonly value?: string | undefined;
  /** Between single quotes there are no variables. */
  readonly quote?: "'" | '"' | "none";
}

/** The first line of a text, which quotes may make longer, and what follows it. */
function statement(text: string, path: string): { line?: Line; after: string } {
  const [blank] = /^\s*(#[^\n]*)?(\n|$)/.exec(text) ?? [];
  if (blank !== undefined) return { after: text.slice(blank.length) };
  const [whole = "", name = "", sign = ""] =
    /^\s*(?:export[ \t]+)?([\p{L}\p{N}_.[\]-]*)[ \t]*([=:]|\n|$)[ \t]*/u.exec(text) ?? [];
  if (name === "") {
    const near = text.trimStart().split("\n", 1)[0] ?? "";
    const [odd = ""] = near.replace(/^[\p{L}\p{N}_.[\]\s-]*/u, "");
    throw problem(path, `unexpected character ${JSON.stringify(odd)} in variable name near ${JSON.stringify(near)}`);
  }
  const rest = text.slice(whole.length);
  if (sign !== "=" && sign !== ":") return { line: { name }, after: rest };
  const quote = rest[0];
  if (quote !== "'" && quote !== '"') {
    const [line = ""] = rest.split("\n", 1);
    const value = line.replace(/\s#.*$/, "").trimEnd();
    return { line: { name, value, quote: "none" }, after: rest.slice(line.length) };
  }
  const end = closing(rest, quote);
  if (end < 0) throw problem(path, `unterminated quoted value ${rest.split("\n", 1)[0]}`);
  const inner = rest.slice(1, end).replaceAll(`\\${quote}`, quote);
  return { line: { name, value: quote === "'" ? inner : unescaped(inner), quote }, after: rest.slice(end + 1) };
}

/** Where a quote ends that a text begins with; -1: nowhere. */
function closing(text: string, quote: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

/** `\$` becomes `$$`, which stands for a `$` that is no variable. */
function unescaped(text: string): string {
  return text.replace(/\\(?:0([0-7]{3})|([abfnrtv$"\\]))/g, (_, octal, letter) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return letter === "$" ? "$$" : (ESCAPES[letter] ?? letter);
  });
}

function problem(path: string, why: string): Refusal {
  return new Refusal(fail(`failed to read ${path}: ${why}\n`, 1));
}
