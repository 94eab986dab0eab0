import { parseOptions } from "../../shell/options.ts";
import { catalogue, type Package, provided } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Program, type Programs, type Result } from "../program.ts";
import type { System } from "../system.ts";

const ROOT_ONLY =
  "Error: This command has to be run with superuser privileges (under the root user on most systems).\n";
const LINE = "=".repeat(80);

const dnf: Program = (args, process) => {
  const known = [
    "y|assumeyes",
    "q|quiet",
    "v|verbose",
    "b|best",
    "nobest",
    "setopt=",
    "allowerasing",
    "skip-broken",
    "installed",
    "available",
    "refresh",
    "releasever=",
    "nogpgcheck",
    "security",
    "version",
    "assumeno",
    "exclude=",
    "x=",
    "d=",
    "e=",
  ];
  const { options, operands, unknown } = parseOptions(args, known);
  if (options.has("version")) return ok("4.14.0\n");
  if (unknown) return notEmulated(`the option ${unknown} of dnf`);
  const [verb, ...names] = operands;
  if (verb === undefined) return fail("usage: dnf [options] COMMAND\n");
  const run = verbs[verb];
  if (!run) return notEmulated(`dnf ${verb}`);
  return run(names, options, process);
};

export const dnfPrograms: Programs = {
  dnf,
  yum: dnf,

  rpm(args, { system }) {
    const { options, operands, unknown } = parseOptions(args, ["q|query", "a|all", "qf=", "queryformat="]);
    if (unknown || !options.has("q") || options.has("queryformat") || options.has("qf"))
      return notEmulated(`rpm ${args.join(" ")}`);
    if (options.has("a")) return ok(lines([...system.installed].map((name) => fullName(name, system))));
    const texts = operands.map((name) => {
      const found = resolve(name, system);
      const known = found !== undefined && found === name && system.installed.has(found);
      return known ? fullName(found, system) : `package ${name} is not installed`;
    });
    return {
      stdout: lines(texts),
      stderr: "",
      exitCode: texts.filter((text) => text.endsWith("not installed")).length,
    };
  },
};

type Verb = (names: readonly string[], options: ReadonlyMap<string, string>, process: Process) => Result;

const verbs: Readonly<Record<string, Verb>> = {
  install,
  remove,
  erase: remove,
  update: upgrade,
  upgrade,
  "check-update": () => ok(metadata()),
  makecache: () => ok(`${metadata()}Metadata cache created.\n`),
  clean: () => ok("0 files removed\n"),
  autoremove: (_names, _options, { user }) => (user.uid === 0 ? ok(`${metadata()}${NOTHING}`) : fail(ROOT_ONLY)),

  list(names, options, { system }) {
    const [first = "", ...rest] = names;
    const kind = ["installed", "available"].includes(first) ? first : undefined;
    if (kind === "available" || options.has("available")) return notEmulated("dnf list available");
    const wanted = kind ? rest : names;
    const rows = [...system.installed].filter(
      (name) => wanted.length === 0 || wanted.some((pattern) => glob(pattern).test(name)),
    );
    if (rows.length === 0) return fail("Error: No matching Packages to list\n");
    const table = rows
      .sort()
      .map((name) => `${`${name}.${architecture(name, system)}`.padEnd(39)} ${version(name).padEnd(30)} @System\n`);
    return ok(`Installed Packages\n${table.join("")}`);
  },
};

const NOTHING = "Dependencies resolved.\nNothing to do.\nComplete!\n";

function install(names: readonly string[], options: ReadonlyMap<string, string>, process: Process): Result {
  const { system, user } = process;
  if (user.uid !== 0) return fail(ROOT_ONLY);
  const odd = names.find((name) => /^(https?:|@|\/|\.)|\.rpm$|^'?dnf-command/.test(name));
  if (odd !== undefined) return notEmulated(`dnf install ${odd}`);
  const unknown = names.filter((name) => resolve(name, system) === undefined);
  if (unknown.length > 0 && !options.has("skip-broken")) {
    const reasons = unknown.map((name) => `No match for argument: ${name}\n`).join("");
    return fail(`${reasons}Error: Unable to find a match: ${unknown.join(" ")}\n`, 1, shown(options, metadata()));
  }
  const found = names.flatMap((name) => resolve(name, system) ?? []);
  const present = found.filter((name) => system.installed.has(name));
  const notes = present.map((name) => `Package ${fullName(name, system)} is already installed.\n`).join("");
  const wanted = found.filter((name) => !present.includes(name));
  if (wanted.length === 0) return ok(shown(options, `${metadata()}${notes}${NOTHING}`));
  const needed = closure(wanted, system);
  const plan = `${metadata()}${notes}Dependencies resolved.\n${table(wanted, needed, system)}`;
  if (!agreed(options, process)) return fail("Operation aborted.\n", 1, `${plan}Is this ok [y/N]: `);
  const all = [...new Set([...needed, ...wanted])];
  for (const name of all) system.install(name);
  for (const name of all) system.journal("dnf", `Installed: ${fullName(name, system)}`);
  return ok(
    shown(
      options,
      `${plan}${transaction("Installing", all, system)}\nInstalled:\n${lines(all.map((name) => `  ${fullName(name, system)}`))}\nComplete!\n`,
    ),
  );
}

function remove(names: readonly string[], options: ReadonlyMap<string, string>, process: Process): Result {
  const { system, user } = process;
  if (user.uid !== 0) return fail(ROOT_ONLY);
  const found = names.flatMap((name) => resolve(name, system) ?? []).filter((name) => system.installed.has(name));
  const missing = names.filter((name) => !found.includes(resolve(name, system) ?? ""));
  const notes = missing.map((name) => `No match for argument: ${name}\n`).join("");
  if (found.length === 0)
    return {
      stdout: "Dependencies resolved.\nNothing to do.\nComplete!\n",
      stderr: `${notes}No packages marked for removal.\n`,
      exitCode: 0,
    };
  if (!agreed(options, process)) return fail("Operation aborted.\n", 1, "Is this ok [y/N]: ");
  const dependents = [...system.installed].filter((name) =>
    catalogue[name]?.requires?.some((needed) => found.includes(needed)),
  );
  const all = [...new Set([...found, ...dependents])];
  const names_ = all.map((name) => `  ${fullName(name, system)}`);
  for (const name of all) system.uninstall(name);
  return {
    stdout: shown(options, `Dependencies resolved.\nRemoved:\n${lines(names_)}\nComplete!\n`),
    stderr: notes,
    exitCode: 0,
  };
}

function upgrade(_names: readonly string[], options: ReadonlyMap<string, string>, { user }: Process): Result {
  return user.uid === 0 ? ok(shown(options, `${metadata()}${NOTHING}`)) : fail(ROOT_ONLY);
}

/** The package that a name on the command line means. */
function resolve(argument: string, system: System): string | undefined {
  const name = argument.replace(/\.(x86_64|aarch64|noarch)$/, "");
  const repository = system.disk.text("/etc/yum.repos.d/nodesource-nodejs.repo");
  const major = /pub_(\d+)\.x/.exec(repository ?? "")?.[1];
  if (name === "nodejs" && major !== undefined && catalogue[`nodesource-${major}`]) return `nodesource-${major}`;
  if (catalogue[name]) return name;
  const other = provided[name];
  if (other !== undefined) return other;
  const exact = Object.entries(catalogue).find(([known, { version }]) =>
    [`${known}-${version}`, `${known}-${version.split("-")[0]}`].includes(name),
  );
  if (exact) return exact[0];
  if (!/[*?]/.test(name)) return undefined;
  return Object.keys(catalogue).find((known) => glob(name).test(known));
}

function closure(wanted: readonly string[], system: System): string[] {
  const needed = new Set<string>();
  const queue = [...wanted];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const other of catalogue[name]?.requires ?? []) {
      if (needed.has(other) || wanted.includes(other) || system.installed.has(other)) continue;
      needed.add(other);
      queue.push(other);
    }
  }
  return [...needed].sort();
}

function agreed(options: ReadonlyMap<string, string>, { stdin }: Process): boolean {
  return options.has("y") || /^y(es)?\b/i.test(stdin.trim());
}

function metadata(): string {
  return `Last metadata expiration check: 0:00:01 ago on ${new Date().toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, "$1 $3 $2 $5 $4")}.\n`;
}

function table(wanted: readonly string[], needed: readonly string[], system: System): string {
  const row = (name: string) =>
    ` ${shownName(name).padEnd(17)} ${architecture(name, system).padEnd(9)} ${version(name).padEnd(29)} amazonlinux ${(catalogue[name]?.size ?? "").padStart(8)}\n`;
  const part = (title: string, names: readonly string[]) =>
    names.length === 0 ? "" : `${title}:\n${names.map(row).join("")}`;
  const count = wanted.length + needed.length;
  return (
    `${LINE}\n Package           Arch      Version                       Repository      Size\n${LINE}\n` +
    `${part("Installing", wanted)}${part("Installing dependencies", needed)}\n` +
    `Transaction Summary\n${LINE}\nInstall  ${count} Package${count === 1 ? "" : "s"}\n\n`
  );
}

function transaction(action: string, names: readonly string[], system: System): string {
  const steps = names.map(
    (name, index) =>
      `  ${action.padEnd(17)}: ${fullName(name, system)} ${`${index + 1}/${names.length}`.padStart(8)}\n`,
  );
  return `Downloading Packages:\nRunning transaction check\nTransaction check succeeded.\nRunning transaction test\nTransaction test succeeded.\nRunning transaction\n${steps.join("")}`;
}

function fullName(name: string, system: System): string {
  return `${shownName(name)}-${version(name)}.${architecture(name, system)}`;
}

function shownName(name: string): string {
  return name.startsWith("nodesource-") ? "nodejs" : name;
}

function version(name: string): string {
  return catalogue[name]?.version ?? "";
}

function architecture(name: string, system: System): string {
  const found: Package | undefined = catalogue[name];
  return found?.noarch ? "noarch" : system.architecture;
}

function shown(options: ReadonlyMap<string, string>, text: string): string {
  return options.has("q") ? "" : text;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

function glob(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
}
