import { parseOptions } from "./options.ts";

/** Options that only change what the filter's answers look like or how its input is read. */
const PLAIN = ["n|null-input", "R|raw-input", "s|slurp", "c|compact-output", "r|raw-output", "a|ascii-output"];
const MORE = [
  "S|sort-keys",
  "e|exit-status",
  "tab",
  "seq",
  "stream",
  "indent=",
  "j|join-output",
  "M|monochrome-output",
];
/** Options with a name and a value. */
const NAMED = ["arg", "argjson", "slurpfile", "rawfile"];

/** Where jq runs. */
export interface JqPlace {
  /** The text of a file. @throws Unreadable */
  readonly read: (path: string) => Promise<string>;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How it ended. */
export interface JqResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A file cannot be read; the message is jq's own. */
export class Unreadable extends Error {}

/**
 * jq itself, compiled to WebAssembly, which sees neither files nor variables: it is given what is in them.
 *
 * @returns the option that it lacks, or how it ended
 */
export async function jq(args: readonly string[], place: JqPlace): Promise<JqResult | { readonly unknown: string }> {
  const named: string[] = [];
  const rest: string[] = [];
  try {
    for (let at = 0; at < args.length; at++) {
      const [, name = ""] = /^--(\w+)$/.exec(args[at] ?? "") ?? [];
      if (!NAMED.includes(name)) rest.push(args[at] ?? "");
      else named.push(...(await binding(name, args[++at], args[++at], place)));
    }
    return await run(rest, named, place);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { stdout: "", stderr: `jq: error: ${error.message}\n`, exitCode: 2 };
  }
}

async function binding(name: string, variable = "", value = "", { read }: JqPlace): Promise<string[]> {
  if (name === "rawfile") return ["--arg", variable, await read(value)];
  if (name !== "slurpfile") return [`--${name}`, variable, value];
  const { raw } = await import("jq-wasm/inline");
  const { stdout, stderr } = await raw(await read(value), ".", ["-c", "-s"]);
  if (stderr !== "") throw new Unreadable(`Bad JSON in --slurpfile ${variable} ${value}: ${stderr}`);
  return ["--argjson", variable, stdout];
}

async function run(args: readonly string[], named: readonly string[], { read, stdin, env }: JqPlace) {
  const { options, operands, unknown } = parseOptions(args, [
    ...PLAIN,
    ...MORE,
    "C|color-output",
    "f|from-file=",
    "V|version",
  ]);
  if (unknown) return { unknown };
  const { raw } = await import("jq-wasm/inline");
  if (options.has("V")) return { stdout: "jq-1.7.1\n", stderr: "", exitCode: 0 };
  const file = options.get("f");
  const [filter = ".", ...paths] = file === undefined ? operands : [await read(file), ...operands];
  const texts = await Promise.all(paths.map(read));
  const input = paths.length > 0 ? texts.join("\n") : options.has("n") ? "" : await stdin();
  const flags = [...PLAIN, ...MORE].flatMap((option) => {
    const [name = ""] = option.replace("=", "").split("|");
    if (!options.has(name)) return [];
    const flag = name.length === 1 ? `-${name}` : `--${name}`;
    return option.endsWith("=") ? [flag, options.get(name) ?? ""] : [flag];
  });
  const variables = ["--argjson", "__env", JSON.stringify(env)];
  const withVariables = /\benv\b|\$ENV\b/.test(filter);
  const text = withVariables ? `def env: $__env; ${filter.replaceAll(/\$ENV\b/g, "$__env")}` : filter;
  const result = await raw(input, text, [...flags, ...named, ...(withVariables ? variables : [])]);
  const end = (output: string) => (output === "" || output.endsWith("\n") ? output : `${output}\n`);
  const stdout = options.has("j") ? result.stdout : end(result.stdout);
  return { stdout, stderr: end(result.stderr.replaceAll("/dev/stdin", "<stdin>")), exitCode: result.exitCode };
}
