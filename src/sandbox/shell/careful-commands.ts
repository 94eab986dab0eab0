import type { Command } from "just-bash";
import { grep } from "./grep.ts";
import { tar } from "./tar.ts";

/** In GNU coreutils' words, by command: what an empty operand is answered with. */
const CANNOT: Readonly<Record<string, string>> = { cp: "stat", mv: "stat", chmod: "access", touch: "touch" };

/**
 * just-bash takes an empty operand for the working directory, so that `rm -rf "$unset"` deletes it; and it removes `.`,
 * `..` and `/` when it is asked to. These commands refuse as those of a real machine do, and leave all else to just-bash.
 */
export const carefulCommands: readonly Command[] = [
  tar,
  grep,
  {
    name: "rm",
    trusted: true,
    async execute(args, { origCommand }) {
      const options = optionsOf(args);
      const force = options.some((option) => option === "--force" || /^-[a-zA-Z]*f/.test(option));
      const recursive = options.some((option) => option === "--recursive" || /^-[a-zA-Z]*[rR]/.test(option));
      const refusals = new Map(operandsOf(args).map((path) => [path, refusalToRemove(path, { force, recursive })]));
      const kept = args.filter((argument) => options.includes(argument) || refusals.get(argument) === undefined);
      const refused = [...refusals.values()].filter((line) => line !== undefined).join("");
      const isAllRefused = refusals.size > 0 && operandsOf(kept).length === 0;
      const removed = isAllRefused ? undefined : await origCommand?.(kept);
      const stderr = refused + (removed?.stderr ?? "");
      return { stdout: removed?.stdout ?? "", stderr, exitCode: refused === "" ? (removed?.exitCode ?? 0) : 1 };
    },
  },
  ...Object.entries(CANNOT).map(
    ([name, verb]): Command => ({
      name,
      trusted: true,
      async execute(given, { origCommand }) {
        const args = name === "cp" ? given.map(plainCopy) : given;
        const nothing = { stdout: "", stderr: `${name}: cannot ${verb} '': No such file or directory\n`, exitCode: 1 };
        return operandsOf(args).includes("") ? nothing : ((await origCommand?.(args)) ?? nothing);
      },
    }),
  ),
];

/** `-a`, as just-bash's cp knows it: its copies keep links and modes anyway. */
function plainCopy(argument: string): string {
  if (argument === "--archive") return "-rp";
  return /^-[a-zA-Z]*a/.test(argument) ? argument.replaceAll("a", "rp") : argument;
}

/** Undefined: it may be removed. Empty: it is passed over in silence. */
function refusalToRemove(
  path: string,
  { force, recursive }: { force: boolean; recursive: boolean },
): string | undefined {
  if (path === "") return force ? "" : "rm: cannot remove '': No such file or directory\n";
  if (!recursive) return undefined;
  if (/^\/+$/.test(path)) {
    return `rm: it is dangerous to operate recursively on '${path}'\nrm: use --no-preserve-root to override this failsafe\n`;
  }
  if (!/(^|\/)\.\.?\/*$/.test(path)) return undefined;
  return `rm: refusing to remove '.' or '..' directory: skipping '${path}'\n`;
}

function optionsOf(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  return args.filter((argument, at) => /^-./.test(argument) && (end < 0 || at <= end));
}

function operandsOf(args: readonly string[]): string[] {
  const options = optionsOf(args);
  return args.filter((argument) => !options.includes(argument));
}
