import { fail } from "../../program.ts";
import { Refusal } from "../client.ts";

/** Variables of the environment and of `.env`, and what was missing among them. */
export interface Variables {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Names that stood without a default and have no value. */
  readonly missing: Set<string>;
}

/**
 * Replaces `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:?message}`, `${X?message}`, `${X:+other}`, `${X+other}` and
 * `$$` in all texts of a parsed compose file (https://docs.docker.com/reference/compose-file/interpolation/).
 *
 * @param path where the value stands in the file, for messages
 * @throws Refusal for a variable that is required and missing, and for what cannot be read
 */
export function interpolate<T>(value: T, variables: Variables, path = ""): T {
  if (typeof value === "string") return fillAt(path, value, variables) as T;
  const below = (key: string) => (path === "" ? key : `${path}.${key}`);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, variables, below("[]"))) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, interpolate(item, variables, below(key))]);
  return Object.fromEntries(entries) as T;
}

/** A text has a variable that it must have and has not. */
class Required extends Error {}

/** It cannot be told what is a variable in a text. */
class Unreadable extends Error {}

/** In the words of compose-go (`interpolation/interpolation.go`). */
function fillAt(path: string, text: string, variables: Variables): string {
  try {
    return fill(text, variables);
  } catch (error) {
    if (error instanceof Required) throw new Refusal(fail(`error while interpolating ${path}: ${error.message}\n`));
    if (!(error instanceof Unreadable)) throw error;
    const words = `invalid interpolation format for ${path}.\nYou may need to escape any $ with another $.\n`;
    throw new Refusal(fail(`${words}${error.message}\n`));
  }
}

function fill(text: string, variables: Variables): string {
  let filled = "";
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "$") {
      filled += text[at];
      continue;
    }
    const rest = text.slice(at + 1);
    const [name] = /^[A-Za-z_]\w*/.exec(rest) ?? [];
    if (rest.startsWith("$")) {
      filled += "$";
      at++;
    } else if (name !== undefined) {
      filled += plain(name, variables);
      at += name.length;
    } else if (rest.startsWith("{")) {
      const end = closing(rest);
      if (end < 0) throw new Unreadable(text);
      filled += braced(rest.slice(1, end), text, variables);
      at += end + 1;
    } else throw new Unreadable(text);
  }
  return filled;
}

/** Where the brace that `text` begins with is closed; -1: nowhere. */
function closing(text: string): number {
  let depth = 0;
  for (const [at, character] of [...text].entries()) {
    if (character === "{") depth++;
    if (character === "}" && --depth === 0) return at;
  }
  return -1;
}

function plain(name: string, { values, missing }: Variables): string {
  const value = values[name];
  if (value === undefined) missing.add(name);
  return value ?? "";
}

function braced(expression: string, whole: string, variables: Variables): string {
  const [, name = "", operator = "", operand = ""] = /^([A-Za-z_]\w*)(:?[-?+])?(.*)$/s.exec(expression) ?? [];
  if (name === "" || (operator === "" && operand !== "")) throw new Unreadable(whole);
  if (operator === "") return plain(name, variables);
  const value = variables.values[name];
  const isThere = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  if (operator.endsWith("+")) return isThere ? fill(operand, variables) : "";
  if (isThere) return value ?? "";
  if (operator.endsWith("-")) return fill(operand, variables);
  throw new Required(`required variable ${name} is missing a value: ${fill(operand, variables)}`);
}
