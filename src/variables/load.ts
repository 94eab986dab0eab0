import { mkdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { defineVariables } from "./define.ts";
import { masked } from "./masked.ts";
import { describeProblems, type Problem, problemsOf, show, unknownStack } from "./problems.ts";
import {
  DEFAULT_STACK,
  pathsFrom,
  STACKS,
  type StackName,
  schemas,
  type Variables,
  type VariablesInput,
  variants,
} from "./schemas.ts";

/** A variables file that cannot be used. Its message is the whole text for the person: every problem and what to do. */
export class VariablesError extends Error {
  /** The file, as a person would name it from where they are. */
  readonly file: string;
  /** Every problem that was found; at least one. */
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], next: string) {
    super(describeProblems(file, problems, next));
    this.name = "VariablesError";
    this.file = file;
    this.problems = problems;
  }
}

/** Variables that are complete and valid. */
export interface Loaded {
  readonly variables: Variables;
  /** Absolute path of the file that they came from; absent: there was none, all of them are defaults. */
  readonly path?: string;
}

/**
 * The variables of a run: of the file at `given`, else of `config/STACK.ts` in the working directory, else the defaults.
 * A `.ts`, `.js` or `.json` file will do.
 *
 * @param given path as the person typed it after `--config`
 * @param stack as the person typed it after `--stack`; absent: the one that the file names, else the course's
 * @throws {VariablesError} the file is not there, cannot be read as what it is, is about another stack, or holds anything that is
 * not allowed; or there is no such stack
 */
export async function load(given?: string, directory = process.cwd(), stack?: string): Promise<Loaded> {
  if (stack !== undefined && !isStack(stack)) {
    throw new VariablesError("--stack", [unknownStack(stack, STACKS)], "`bia-infra stacks` lists what there is.");
  }
  const usual = path.join("config", `${stack ?? DEFAULT_STACK}.ts`);
  const file = path.resolve(directory, given ?? usual);
  if (given === undefined && !(await exists(file))) {
    const name = stack ?? DEFAULT_STACK;
    return { variables: schemas[name].parse({ stack: name }) };
  }
  const name = given ?? usual;
  const written = await read(file, name);
  const options = `${flag("--stack", stack)}${flag("--config", given)}`;
  const variables = check(written, name, stack, `Correct ${name}, then run: bia-infra validate${options}`);
  return { variables: pathsFrom(path.dirname(file), variables), path: file };
}

function flag(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` ${name} ${value}`;
}

function check(written: unknown, name: string, asked: StackName | undefined, next: string): Variables {
  const stack = (written as { stack?: unknown } | null)?.stack ?? asked ?? DEFAULT_STACK;
  if (!isStack(stack)) throw new VariablesError(name, [unknownStack(stack, STACKS)], next);
  if (asked !== undefined && stack !== asked) {
    const problem = { path: "stack", problem: `is ${show(stack)}`, allowed: `${asked}, which --stack asks for` };
    throw new VariablesError(name, [problem], `Leave --stack out, or name a file of stack ${asked} after --config.`);
  }
  const { schema, written: completed } = variants[stack](written);
  const result = schema.safeParse(completed);
  if (result.success) return result.data;
  throw new VariablesError(name, problemsOf(result.error, schema, written), next);
}

function isStack(word: unknown): word is StackName {
  return typeof word === "string" && Object.hasOwn(schemas, word);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
}

/** What the file exports, unchecked. */
async function read(file: string, name: string): Promise<unknown> {
  const fail = (problem: string, next: string) => new VariablesError(name, [{ path: "", problem }], next);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT")
      throw fail("there is no such file", `Looked at ${file}: correct the path after --config.`);
    if (error.code === "EISDIR") throw fail("it is a folder", "Name the file in it after --config.");
    throw fail(`it cannot be read (${error.code}: ${error.message})`, "Allow your user to read it.");
  });
  if (isUtf16(bytes)) throw fail("it is UTF-16", "Save it as UTF-8, then run the command again.");
  // A byte order mark is no part of the text: PowerShell and Notepad write one.
  const source = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (path.extname(file) === ".json") return parseJson(source, name);
  const module = await evaluate(file).catch((error: unknown) => {
    throw fail(explain(error, file, name), `Correct ${name}, then run the command again.`);
  });
  if (Object.hasOwn(module, "default")) return module.default;
  throw fail("it exports no variables", `Let ${name} end in: export default defineVariables({ ... })`);
}

/** By its byte order mark, or by the zeros that its letters have beside them (PowerShell's `>`). */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString("hex");
  return mark === "fffe" || mark === "feff" || bytes.subarray(0, 4).includes(0);
}

/** JSON for those who generate the file; `$schema` is for their editor. */
function parseJson(source: string, name: string): unknown {
  try {
    const { $schema: _, ...written } = JSON.parse(source);
    return written;
  } catch (error) {
    const message = masked((error as Error).message.replace(/\s+/g, " "));
    const position = /position (\d+)/.exec(message)?.[1];
    const problem = `${name}${position === undefined ? "" : `:${lineAt(source, Number(position))}`}: ${message}`;
    throw new VariablesError(name, [{ path: "", problem }], `Correct ${name}, then run the command again.`);
  }
}

function lineAt(source: string, position: number): number {
  return source.slice(0, position).split("\n").length;
}

/**
 * Runs a TypeScript or JavaScript file. `bia-infra` is handed to it by name, so that the import resolves wherever the
 * file lies, installed or not.
 */
async function evaluate(file: string): Promise<{ readonly default?: unknown }> {
  // Required, because Node reads a CommonJS file twice to import it: 35 ms of every command.
  const { createJiti } = createRequire(import.meta.url)("jiti") as typeof import("jiti");
  const jiti = createJiti(import.meta.url, {
    fsCache: await cacheFolder(),
    moduleCache: false,
    interopDefault: false,
    virtualModules: {
      "bia-infra": { defineVariables } satisfies { defineVariables: (input: VariablesInput) => unknown },
    },
  });
  return jiti.import(pathToFileURL(file).href);
}

/** Where compiled variables files are kept: a folder of the user's own, because what lies there is run. False: nowhere. */
async function cacheFolder(): Promise<string | false> {
  const platform = { win32: process.env.LOCALAPPDATA, darwin: path.join(homedir(), "Library", "Caches") } as Partial<
    Record<NodeJS.Platform, string>
  >;
  const base = process.env.XDG_CACHE_HOME || platform[process.platform] || path.join(homedir(), ".cache");
  const folder = path.join(base, "bia-infra", "variables");
  return mkdir(folder, { recursive: true, mode: 0o700 }).then(
    () => folder,
    () => false,
  );
}

/** Why the file could not be run, beginning with its line where that is known. Columns are those of compiled code. */
function explain(error: unknown, file: string, name: string): string {
  if (!(error instanceof Error)) return `${name} threw ${show(error)}`;
  const places = error.stack?.split(file).slice(1) ?? [];
  const line = places.map((after) => /^:(\d+)/.exec(after)?.[1]).find((found) => found !== undefined);
  const message = masked((error.message.split("\n")[0] ?? "").replace(/^ParseError: /, "").trim());
  return `${line === undefined ? name : `${name}:${line}`}: ${message}`;
}
