import type { NormalizedSchema } from "@smithy/core/schema";
import { commandName } from "./names.ts";
import { inputOf, ParameterError, parameterValue, problemsOf } from "./values.ts";

/** A command line that the `aws` command would not understand. */
export class UsageError extends Error {}

/** A command line, taken apart as far as it is the same for all commands. */
export interface CommandLine {
  /** Values of the options that every command has, by name; "" for a flag. */
  readonly options: ReadonlyMap<string, string>;
  /** Service, operation, and what else stands alone before the first option of the operation's own. */
  readonly words: readonly string[];
  /** The operation's own options and their values. */
  readonly rest: readonly string[];
}

/** Options of all commands that take a value. */
const VALUED = ["region", "output", "query", "color", "profile", "endpoint-url", "ca-bundle", "cli-binary-format"];
const TIMEOUTS = ["cli-read-timeout", "cli-connect-timeout"];
const PAGING = [
  "max-items",
  "page-size",
  "starting-token",
  "cli-input-json",
  "cli-input-yaml",
  "generate-cli-skeleton",
];
const FLAGS = [
  "no-cli-pager",
  "no-paginate",
  "no-verify-ssl",
  "no-sign-request",
  "debug",
  "version",
  "no-cli-auto-prompt",
];

/** Splits what every command has from what an operation has. */
export function splitCommandLine(args: readonly string[]): CommandLine {
  const options = new Map<string, string>();
  const words: string[] = [];
  const rest: string[] = [];
  const queue = [...args];
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    const [, name = "", inline] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (FLAGS.includes(name)) options.set(name, "");
    else if ([...VALUED, ...TIMEOUTS, ...PAGING].includes(name)) options.set(name, inline ?? oneValue(name, queue));
    else if (name !== "" || rest.length > 0 || words.length === 3) rest.push(argument);
    else words.push(argument);
  }
  return { options, words, rest };
}

function oneValue(option: string, queue: string[]): string {
  const value = queue[0];
  if (value === undefined || value.startsWith("--"))
    throw new UsageError(`argument --${option}: expected one argument`);
  queue.shift();
  return value;
}

/** The texts behind each option; a list has as many as there are. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** How many texts stand behind an option: one, or all up to the next option, or none, for what is or is not. */
export type Arity = "one" | "many" | "flag";

/**
 * Takes an operation's own options apart, which may be cut short as long as they mean one.
 *
 * @throws UsageError
 */
export function readOptions(rest: readonly string[], known: ReadonlyMap<string, Arity>): Given {
  const given = new Map<string, string[]>();
  const odd: string[] = [];
  const queue = [...rest];
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    const [, written = "", inline] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const name = fullName(written, known);
    if (name === undefined) odd.push(argument);
    else if (known.get(name) === "flag") given.set(name, []);
    else if (inline !== undefined) given.set(name, [inline]);
    else if (known.get(name) === "one") given.set(name, [oneValue(name, queue)]);
    else {
      const end = queue.findIndex((text) => text.startsWith("--"));
      given.set(name, queue.splice(0, end < 0 ? queue.length : end));
    }
  }
  if (odd.length > 0) throw new UsageError(`Unknown options: ${odd.join(", ")}`);
  return given;
}

function fullName(written: string, known: ReadonlyMap<string, Arity>): string | undefined {
  if (written === "" || known.has(written)) return written === "" ? undefined : written;
  const meant = [...known.keys()].filter((name) => name.startsWith(written));
  return meant.length === 1 ? meant[0] : undefined;
}

/** The options that an operation's input has. */
export function optionsOf(input: NormalizedSchema): Map<string, Arity> {
  const known = new Map<string, Arity>();
  for (const [member, schema] of membersOf(input)) {
    const name = commandName(member);
    known.set(name, schema.isBooleanSchema() ? "flag" : schema.isListSchema() ? "many" : "one");
    if (schema.isBooleanSchema()) known.set(`no-${name}`, "flag");
  }
  return known;
}

function membersOf(input: NormalizedSchema): [string, NormalizedSchema][] {
  return input.isUnitSchema() ? [] : [...input.structIterator()];
}

/**
 * The input that options make.
 *
 * @param json of `--cli-input-json`; options go over it
 * @throws UsageError, ParameterError
 */
export function inputFrom(
  schema: NormalizedSchema,
  required: readonly string[],
  given: Given,
  json: string | undefined,
): Record<string, unknown> {
  const input: Record<string, unknown> = json === undefined ? {} : inputOf(schema, json);
  for (const [member, type] of membersOf(schema)) {
    const name = commandName(member);
    if (given.has(`no-${name}`)) input[member] = false;
    const texts = given.get(name);
    if (texts) input[member] = type.isBooleanSchema() ? true : parameterValue(type, texts, name);
  }
  const missing = required.filter((member) => input[member] === undefined);
  if (missing.length > 0 && json === undefined) {
    const names = missing.map((member) => `--${commandName(member)}`).join(", ");
    throw new UsageError(`the following arguments are required: ${names}`);
  }
  const problems = [
    ...missing.map((member) => `Missing required parameter in input: "${member}"`),
    ...(schema.isUnitSchema() ? [] : problemsOf(schema, input)),
  ];
  if (problems.length > 0) throw new ParameterError(`Parameter validation failed:\n${problems.join("\n")}`);
  return input;
}
