import { parseOptions } from "../../shell/options.ts";
import { FileSystemError } from "../file-system.ts";
import { fail, notEmulated, type Process, type Programs, type Result } from "../program.ts";

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

/** jq itself, compiled to WebAssembly, which sees neither files nor variables: it is given what is in them. */
export const jqPrograms: Programs = {
  async jq(args, process) {
    const named: string[] = [];
    const rest: string[] = [];
    try {
      for (let at = 0; at < args.length; at++) {
        const [, name = ""] = /^--(\w+)$/.exec(args[at] ?? "") ?? [];
        if (!NAMED.includes(name)) rest.push(args[at] ?? "");
        else named.push(...(await binding(name, args[++at], args[++at], process)));
      }
      return await run(rest, named, process);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return fail(`jq: error: ${error.message}\n`, 2);
    }
  },
};

class Unreadable extends Error {}

async function binding(name: string, variable = "", value = "", process: Process): Promise<string[]> {
  if (name === "rawfile") return ["--arg", variable, await contentOf(value, process)];
  if (name !== "slurpfile") return [`--${name}`, variable, value];
  const { raw } = await import("jq-wasm/inline");
  const { stdout, stderr } = await raw(await contentOf(value, process), ".", ["-c", "-s"]);
  if (stderr !== "") throw new Unreadable(`Bad JSON in --slurpfile ${variable} ${value}: ${stderr}`);
  return ["--argjson", variable, stdout];
}

async function run(args: readonly string[], named: readonly string[], process: Process): Promise<Result> {
  const { options, operands, unknown } = parseOptions(args, [
    ...PLAIN,
    ...MORE,
    "C|color-output",
    "f|from-file=",
    "V|version",
  ]);
  if (unknown) return notEmulated(`the option ${unknown} of jq`);
  const { raw } = await import("jq-wasm/inline");
  if (options.has("V")) return { stdout: "jq-1.7.1\n", stderr: "", exitCode: 0 };
  const file = options.get("f");
  const [filter = ".", ...paths] = file === undefined ? operands : [await contentOf(file, process), ...operands];
  const texts = await Promise.all(paths.map((path) => contentOf(path, process)));
  const input = paths.length > 0 ? texts.join("\n") : options.has("n") ? "" : process.stdin;
  const flags = [...PLAIN, ...MORE].flatMap((option) => {
    const [name = ""] = option.replace("=", "").split("|");
    if (!options.has(name)) return [];
    const flag = name.length === 1 ? `-${name}` : `--${name}`;
    return option.endsWith("=") ? [flag, options.get(name) ?? ""] : [flag];
  });
  const variables = ["--argjson", "__env", JSON.stringify(process.env)];
  const withVariables = /\benv\b|\$ENV\b/.test(filter);
  const text = withVariables ? `def env: $__env; ${filter.replaceAll(/\$ENV\b/g, "$__env")}` : filter;
  const result = await raw(input, text, [...flags, ...named, ...(withVariables ? variables : [])]);
  const end = (output: string) => (output === "" || output.endsWith("\n") ? output : `${output}\n`);
  const stdout = options.has("j") ? result.stdout : end(result.stdout);
  return { stdout, stderr: end(result.stderr.replaceAll("/dev/stdin", "<stdin>")), exitCode: result.exitCode };
}

async function contentOf(path: string, { fs, cwd }: Process): Promise<string> {
  try {
    return await fs.readFile(fs.resolvePath(cwd, path));
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    throw new Unreadable(`Could not open ${path}: ${error.reason}`);
  }
}
