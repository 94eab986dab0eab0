import { AwsError } from "../../../wire/service.ts";

/** A part of a query. */
export interface Token {
  readonly is: "name" | "number" | "text" | "expression" | "sign";
  /** Without quotes and slashes. */
  readonly text: string;
  /** Where it begins in the query; counted from 0. */
  readonly at: number;
}

const TOKENS = new RegExp(
  [
    /(?<space>\s+|#[^\n]*)/,
    /(?<number>\d+(?:\.\d+)?(?![\w.]))/,
    /"(?<double>(?:[^"\\]|\\.)*)"/,
    /'(?<single>(?:[^'\\]|\\.)*)'/,
    /`(?<quoted>[^`]+)`/,
    /(?<name>[@A-Za-z_][\w.@:]*|\d+[a-z]+)/,
    /(?<sign>!=|<=|>=|=~|[|,()[\]=<>+\-*%^])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "y",
);
/** A slash begins a regular expression where no value can stand before it. */
const REGULAR = /\/((?:[^/\\\n]|\\.)+)\//y;

/** The parts of a query. @throws AwsError if something in it is none */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < query.length; ) {
    const [length, token] = tokenAt(query, at, tokens.at(-1));
    if (token) tokens.push(token);
    at += length;
  }
  return tokens;
}

function tokenAt(query: string, at: number, before: Token | undefined): [length: number, token: Token | undefined] {
  if (query[at] === "/") {
    const regular = isValue(before) ? undefined : matchAt(REGULAR, query, at);
    if (regular) return [regular[0].length, { is: "expression", text: regular[1] ?? "", at }];
    return [1, { is: "sign", text: "/", at }];
  }
  const match = matchAt(TOKENS, query, at);
  const groups = match?.groups;
  if (!match || !groups) throw malformed(query[at] ?? "", query, at);
  const token = (is: Token["is"], text: string): [number, Token] => [match[0].length, { is, text, at }];
  const text = groups.double ?? groups.single;
  if (groups.space !== undefined) return [match[0].length, undefined];
  if (groups.number !== undefined) return token("number", groups.number);
  if (text !== undefined) return token("text", text.replace(/\\(.)/g, "$1"));
  if (groups.sign !== undefined) return token("sign", groups.sign);
  return token("name", groups.quoted ?? groups.name ?? "");
}

/** Keywords that look like a field and are none. */
const OPERATORS = /^(and|or|not|like|in|by)$/i;

function isValue(token: Token | undefined): boolean {
  if (!token || (token.is === "name" && OPERATORS.test(token.text))) return false;
  return token.is !== "sign" || token.text === ")";
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}

/** The refusal of a query, with the place where it cannot be understood any more. */
export function malformed(found: string, query: string, at: number): AwsError {
  const lines = query.slice(0, at).split("\n");
  const place = `line ${lines.length} and position ${(lines.at(-1) ?? "").length + 1}`;
  const message = `unexpected symbol found ${found || "<EOF>"} at ${place}`;
  const location = { startCharOffset: at, endCharOffset: at + found.length };
  return new AwsError("MalformedQueryException", message, undefined, { queryCompileError: { location, message } });
}
