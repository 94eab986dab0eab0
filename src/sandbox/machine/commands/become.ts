import { parseOptions } from "../../shell/options.ts";
import { findUser, type User } from "../accounts.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";
import { quote } from "../quote.ts";

/** PATH of /etc/sudoers (`secure_path`) and of a login shell. */
const SUDO_PATH = "/sbin:/bin:/usr/sbin:/usr/bin";
const LOGIN_PATH = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin";

export const becomePrograms: Programs = {
  async sudo(args, process) {
    const known = [
      "u|user=",
      "g|group=",
      "i|login",
      "s|shell",
      "E|preserve-env",
      "H|set-home",
      "n|non-interactive",
      "k",
      "v|validate",
      "l|list",
      "b",
    ];
    const { options, operands, unknown } = parseOptions(args, known, true);
    if (unknown || options.has("g") || options.has("l") || options.has("b")) {
      return notEmulated(`the option ${unknown ?? "-g, -l or -b"} of sudo`);
    }
    const name = options.get("u") ?? "root";
    const user = findUser(process.system.disk, name.replace(/^#/, ""));
    if (!user) return fail(`sudo: unknown user ${name}\nsudo: error initializing audit plugin sudoers_audit\n`);
    if (!maySudo(process)) return fail(needsPassword(options.has("n")));
    if (options.has("v")) return ok();
    return sudo(user, options, operands, process);
  },

  async su(args, process) {
    const { options, operands, unknown } = parseOptions(args, [
      "c|command=",
      "l|login",
      "s|shell=",
      "m|p|preserve-environment",
    ]);
    if (unknown) return notEmulated(`the option ${unknown} of su`);
    const [name = "root"] = operands.filter((operand) => operand !== "-");
    const user = findUser(process.system.disk, name);
    if (!user)
      return fail(`su: user ${name} does not exist or the user entry does not contain all the required fields\n`);
    if (process.user.uid !== 0) return fail("Password: su: Authentication failure\n");
    return switchTo(user, options, operands.includes("-") || options.has("l"), process);
  },

  async runuser(args, process) {
    const { options, operands, unknown } = parseOptions(
      args,
      ["u|user=", "c|command=", "l|login", "s|shell="],
      args.includes("-u"),
    );
    if (unknown) return notEmulated(`the option ${unknown} of runuser`);
    if (process.user.uid !== 0) return fail("runuser: may not be used by non-root users\n");
    const rest = operands.filter((operand) => operand !== "-");
    const name = options.get("u") ?? rest[0] ?? "root";
    const user = findUser(process.system.disk, name);
    if (!user)
      return fail(`runuser: user ${name} does not exist or the user entry does not contain all the required fields\n`);
    if (options.has("u"))
      return process.spawn(user, rest.map(quote).join(" "), { env: process.env, stdin: { inherit: true } });
    return switchTo(user, options, operands.includes("-") || options.has("l"), process);
  },
};

/** ec2-user may do everything without a password (cloud-init's /etc/sudoers.d/90-cloud-init-users). */
function maySudo({ system, user }: Process): boolean {
  if (user.uid === 0) return true;
  const folder = system.disk.at("/etc/sudoers.d");
  const names = folder?.kind === "directory" ? [...folder.entries.keys()] : [];
  const rules = names.map((name) => system.disk.text(`/etc/sudoers.d/${name}`) ?? "").join("\n");
  return rules.split("\n").some((rule) => rule.startsWith(`${user.name} `) && rule.includes("NOPASSWD"));
}

function needsPassword(silent: boolean): string {
  const hint =
    "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\n";
  return `${silent ? "" : hint}sudo: a password is required\n`;
}

async function sudo(
  user: User,
  options: ReadonlyMap<string, string>,
  operands: readonly string[],
  process: Process,
): Promise<Result> {
  const assigned = operands.findIndex((operand) => !/^\w+=/.test(operand));
  const variables = operands.slice(0, assigned < 0 ? operands.length : assigned);
  const command = operands.slice(variables.length);
  const env: Record<string, string> = {
    ...(options.has("E") ? process.env : {}),
    ...identity(user),
    PATH: options.has("i") ? LOGIN_PATH : SUDO_PATH,
    SUDO_USER: process.user.name,
    SUDO_UID: String(process.user.uid),
    SUDO_GID: String(process.user.gid),
  };
  for (const variable of variables)
    env[variable.slice(0, variable.indexOf("="))] = variable.slice(variable.indexOf("=") + 1);
  const cwd = options.has("i") ? user.home : process.cwd;
  if (command.length === 0) {
    if (!options.has("i") && !options.has("s")) return fail("usage: sudo -h | -K | -k | -V\n");
    return process.spawn(user, process.stdin, { env, cwd });
  }
  const [program = ""] = command;
  const line = command.map(quote).join(" ");
  const login = options.has("i") || options.has("s");
  const guard = `command -v ${quote(program)} >/dev/null || { echo ${quote(`sudo: ${program}: command not found`)} >&2; exit 1; }; `;
  return process.spawn(user, `${login ? "" : guard}${line}`, { env, cwd, stdin: { inherit: true } });
}

async function switchTo(
  user: User,
  options: ReadonlyMap<string, string>,
  login: boolean,
  process: Process,
): Promise<Result> {
  const shell = options.get("s") ?? user.shell;
  if (/(nologin|false)$/.test(shell)) return fail("", 1, "This account is currently not available.\n");
  const kept = user.uid === 0 ? {} : { USER: user.name, LOGNAME: user.name };
  const env = login
    ? { ...identity(user), PATH: LOGIN_PATH }
    : { ...process.env, HOME: user.home, SHELL: shell, ...kept };
  const command = options.get("c");
  const cwd = login ? user.home : process.cwd;
  if (command === undefined) return process.spawn(user, process.stdin, { env, cwd });
  return process.spawn(user, command, { env, cwd, stdin: { inherit: true } });
}

function identity(user: User): Record<string, string> {
  return { HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: user.shell, LANG: "C.UTF-8" };
}
