import { ImageError } from "./error.ts";

export type Lookup = (name: string) => string | undefined;

/**
 * What a Dockerfile's word stands for: quotes and escapes taken away, `$name` and `${name...}` replaced outside of single
 * quotes (https://docs.docker.com/reference/dockerfile/#environment-replacement).
 *
 * @throws ImageError for a form that is not emulated
 */
export function substitute(text: string, lookup: Lookup, line: number): string {
  let result = "";
  let quote = "";
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? "";
    if (quote === "'" && char !== "'") {
      result += char;
      at += 1;
    } else if ((char === "'" && quote !== '"') || (char === '"' && quote !== "'")) {
      quote = quote === "" ? char : "";
      at += 1;
    } else if (char === "\\" && at + 1 < text.length) {
      const next = text[at + 1] ?? "";
      // Within double quotes it only escapes what has a meaning there.
      result += quote === '"' && !'"$\\'.includes(next) ? `\\${next}` : next;
      at += 2;
    } else if (char === "$") {
      const [value, length] = variable(text.slice(at), lookup, line);
      result += value;
      at += length;
    } else {
      result += char;
      at += 1;
    }
  }
  return result;
}

/** Value of the variable that the text begins with, and how long its name is in the text. */
function variable(text: string, lookup: Lookup, line: number): [string, number] {
  const plain = /^\$(\w+)/.exec(text);
  if (plain) return [lookup(plain[1] ?? "") ?? "", plain[0].length];
  if (!text.startsWith("${")) return ["$", 1];
  const end = closingBrace(text);
  const inner = text.slice(2, end);
  const [, name, operator, word = ""] = /^(\w+)(?:(:?[-+?])(.*))?$/s.exec(inner) ?? [];
  if (end < 0 || name === undefined) {
    throw new ImageError(`unsupported modifier in substitution: ${text.slice(0, end + 1) || text}`, { line });
  }
  const value = lookup(name);
  const isSet = value !== undefined && (!operator?.startsWith(":") || value !== "");
  const other = () => substitute(word, lookup, line);
  const length = end + 1;
  if (operator === undefined) return [value ?? "", length];
  if (operator.endsWith("+")) return [isSet ? other() : "", length];
  if (isSet) return [value, length];
  if (operator.endsWith("-")) return [other(), length];
  throw new ImageError(`${name}: ${other() || "not allowed to be unset"}`, { line });
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}
