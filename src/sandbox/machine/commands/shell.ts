import { parseOptions } from "../../shell/options.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";
import { quote } from "../quote.ts";

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

  /** Not a command of Linux: stands before `exit` (see script.ts). Ends with the exit code that it is given. */
  ".leave"([status], { shell, variables }) {
    shell.variablesAtExit = variables;
    return { stdout: "", stderr: "", exitCode: Number(status) };
  },

  /** Starts a shell, which reads what is on its standard input: nothing where a script calls it. */
  newgrp([group = ""], { system }) {
    const isKnown = group === "" || (system.disk.text("/etc/group") ?? "").includes(`\n${group}:`);
    return isKnown ? ok() : fail(`newgrp: group '${group}' does not exist\n`);
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

  /** Not a command of Linux: what bash does with a path (`executeByPath` in script.ts puts it there). */
  async ".execute"([path = "", ...args], process) {
    const { fs, cwd } = process;
    const full = fs.resolvePath(cwd, path);
    if (!(await fs.exists(full))) return fail(`bash: ${path}: No such file or directory\n`, 127);
    const node = fs.node(full);
    if (node.kind !== "file") return fail(`bash: ${path}: Is a directory\n`, 126);
    if (!fs.may(node, 1)) return fail(`bash: ${path}: Permission denied\n`, 126);
    if (/^\/(usr\/)?bin\//.test(full)) return process.exec([full.slice(full.lastIndexOf("/") + 1), ...args]);
    const script = await fs.readFile(full);
    const [, interpreter = "/bin/sh", flags = ""] = /^#!\s*(\S+)(?:[ \t]+(.*))?/.exec(script) ?? [];
    const program = interpreter.endsWith("/env") ? flags : interpreter.slice(interpreter.lastIndexOf("/") + 1);
    if (script.startsWith("\u007fELF") || !/^(ba|da)?sh$/.test(program)) return notEmulated(`running ${path}`);
    const settings = interpreter.endsWith("/env") || flags === "" ? "" : `set ${flags}; `;
    const options = { env: process.env, stdin: { inherit: true }, args } as const;
    return process.spawn(process.user, settings + script, options);
  },

  async env(args, process) {
    const { options, operands, unknown } = parseOptions(args, ["i|ignore-environment", "u|unset="], true);
    if (unknown) return notEmulated(`the option ${unknown} of env`);
    const count = operands.findIndex((operand) => !/^\w+=/.test(operand));
    const assigned = operands.slice(0, count < 0 ? operands.length : count);
    const env: Record<string, string> = options.has("i") ? {} : { ...process.env };
    for (const name of (options.get("u") ?? "").split("\n")) delete env[name];
    for (const variable of assigned) {
      env[variable.slice(0, variable.indexOf("="))] = variable.slice(variable.indexOf("=") + 1);
    }
    const command = operands.slice(assigned.length);
    if (command.length === 0) return ok(listed(env));
    return process.spawn(process.user, command.map(quote).join(" "), { env, stdin: { inherit: true } });
  },

  printenv(names, { env }) {
    if (names.length === 0) return ok(listed(env));
    const values = names.flatMap((name) => env[name] ?? []);
    return {
      stdout: values.map((value) => `${value}\n`).join(""),
      stderr: "",
      exitCode: values.length < names.length ? 1 : 0,
    };
  },
};

async function startShell(args: readonly string[], process: Process): Promise<Result> {
  if (args[0] === "--version") return ok("GNU bash, version 5.2.15(1)-release (x86_64-amazon-linux-gnu)\n");
  const known = ["c", "s", "l|login", "i", "e", "u", "x", "v", "n", "f", "o=", "noprofile", "norc", "posix"];
  const { options, operands, unknown } = parseOptions(args, known, true);
  if (unknown) return fail(`bash: ${unknown}: invalid option\n`, 2);
  const settings = ["e", "u", "x", "v", "n", "f"].filter((flag) => options.has(flag)).map((flag) => `set -${flag}; `);
  for (const name of (options.get("o") ?? "").split("\n")) if (name !== "") settings.push(`set -o ${name}; `);
  const spawn = (script: string, parameters: readonly string[], stdin: string | { inherit: true }) =>
    process.spawn(process.user, settings.join("") + script, { env: process.env, stdin, args: parameters });
  const [first, ...rest] = operands;
  if (options.has("c")) {
    if (first === undefined) return fail("bash: -c: option requires an argument\n", 2);
    return spawn(first, rest.slice(1), { inherit: true });
  }
  if (first === "-" && !options.has("s")) return spawn(process.stdin, rest, "");
  if (options.has("s") || first === undefined) return spawn(process.stdin, operands, "");
  try {
    return await spawn(await process.fs.readFile(process.fs.resolvePath(process.cwd, first)), rest, { inherit: true });
  } catch {
    return fail(`bash: ${first}: No such file or directory\n`, 127);
  }
}

function listed(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
