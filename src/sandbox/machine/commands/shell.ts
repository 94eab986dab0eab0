import { parseOptions } from "../options.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

/** Signals whose traps are accepted: nothing on the machine ever sends them. */
const silentSignals = new Set([
  "HUP",
  "INT",
  "QUIT",
  "TERM",
  "USR1",
  "USR2",
  "PIPE",
  "ALRM",
  "1",
  "2",
  "3",
  "13",
  "15",
]);

/** What bash has built in, or is, and just-bash has not. */
export const shellPrograms: Programs = {
  bash: startShell,
  sh: startShell,

  trap(args, { shell }) {
    const [action, ...signals] = args[0] === "--" ? args.slice(1) : args;
    if (action === undefined || action === "-p" || action === "-l") return notEmulated("listing traps");
    for (const signal of signals.map((name) => name.toUpperCase().replace(/^SIG/, ""))) {
      if (signal === "EXIT" || signal === "0") shell.onExit = action === "-" || action === "" ? undefined : action;
      else if (!silentSignals.has(signal)) return notEmulated(`trap ... ${signal}; EXIT is`);
    }
    return ok();
  },

  umask([mode], { fs }) {
    if (mode === undefined) return ok(`${fs.umask.toString(8).padStart(4, "0")}\n`);
    if (!/^[0-7]{1,4}$/.test(mode)) return notEmulated(`umask ${mode}; octal modes are`);
    fs.umask = Number.parseInt(mode, 8) & 0o777;
    return ok();
  },

  ulimit([option, value]) {
    if (value !== undefined) return ok();
    return ok(option === "-n" ? "65535\n" : "unlimited\n");
  },

  nohup: (args, process) => process.exec(args),
};

async function startShell(args: readonly string[], process: Process): Promise<Result> {
  if (args[0] === "--version") return ok("GNU bash, version 5.2.15(1)-release (x86_64-amazon-linux-gnu)\n");
  const known = ["c", "s", "l|login", "i", "e", "u", "x", "v", "n", "f", "o=", "noprofile", "norc", "posix"];
  const { options, operands, unknown } = parseOptions(args, known, true);
  if (unknown) return fail(`bash: ${unknown}: invalid option\n`, 2);
  const settings = ["e", "u", "x", "v", "n", "f"].filter((flag) => options.has(flag)).map((flag) => `set -${flag}; `);
  for (const name of (options.get("o") ?? "").split("\n")) if (name !== "") settings.push(`set -o ${name}; `);
  const spawn = (script: string, parameters: readonly string[], stdin: string) =>
    process.spawn(process.user, settings.join("") + script, { env: process.env, stdin, args: parameters });
  const [first, ...rest] = operands;
  if (options.has("c")) {
    if (first === undefined) return fail("bash: -c: option requires an argument\n", 2);
    return spawn(first, rest.slice(1), process.stdin);
  }
  if (options.has("s") || first === undefined) return spawn(process.stdin, operands, "");
  try {
    return await spawn(await process.fs.readFile(process.fs.resolvePath(process.cwd, first)), rest, process.stdin);
  } catch {
    return fail(`bash: ${first}: No such file or directory\n`, 127);
  }
}
