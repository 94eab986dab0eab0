import { spawn } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { onThisComputer } from "./files.ts";

/** What `corepack prepare --activate` and `corepack enable` have left in the image. */
const PREPARED = "/usr/lib/bia-infra-sandbox/corepack.json";
/** yarn as the node images have it (https://github.com/nodejs/docker-node, YARN_VERSION). */
const YARN = "1.22.22";
/** For Node versions that the newest pnpm leaves behind. */
const PNPM = "10";

type Manager = "yarn" | "pnpm";

interface Prepared {
  readonly enabled?: boolean;
  readonly versions?: Partial<Record<Manager, string>>;
}

/** yarn: the classic one; with corepack enabled the one that package.json names. */
export async function runYarn(args: readonly string[]): Promise<number> {
  const { enabled, versions } = await prepared();
  const version = (enabled && ((await namedVersion("yarn")) ?? versions?.yarn)) || YARN;
  const name = /^(1|0)\./.test(version) ? "yarn" : "@yarnpkg/cli-dist";
  return runFromRegistry(`${name}@${version}`, "yarn", args);
}

/** pnpm, which is there once corepack is enabled. */
export async function runPnpm(args: readonly string[]): Promise<number> {
  const version = (await namedVersion("pnpm")) ?? (await prepared()).versions?.pnpm ?? PNPM;
  const known = version === "latest" && Number(process.versions.node.split(".")[0]) < 22 ? PNPM : version;
  return runFromRegistry(`pnpm@${known}`, "pnpm", args);
}

/** corepack, as Dockerfiles use it (https://github.com/nodejs/corepack#utility-commands). */
export async function runCorepack(args: readonly string[]): Promise<number> {
  const [verb = "", ...operands] = args.filter((arg) => !arg.startsWith("-"));
  const before = await prepared();
  switch (verb) {
    case "enable":
      await keep({ ...before, enabled: true });
      for (const name of ["pnpm", "pnpx"]) await putCommand(name);
      return 0;
    case "disable":
      await keep({ ...before, enabled: false });
      for (const name of ["pnpm", "pnpx"]) await rm(onThisComputer(`/usr/local/bin/${name}`), { force: true });
      return 0;
    case "prepare":
    case "install":
    case "use":
    case "up": {
      const versions = Object.fromEntries(operands.map((spec) => spec.split("@").slice(0, 2)));
      await keep({ ...before, versions: { ...before.versions, ...versions } });
      for (const spec of operands) process.stdout.write(`Preparing ${spec} for immediate activation...\n`);
      return 0;
    }
    case "yarn":
      await keep({ ...before, enabled: true });
      return runYarn(args.slice(args.indexOf("yarn") + 1));
    case "pnpm":
      return runPnpm(args.slice(args.indexOf("pnpm") + 1));
    case "":
      process.stdout.write("0.34.7\n");
      return 0;
    default:
      process.stderr.write(`bia-infra sandbox: it does not emulate corepack ${verb}. On AWS it exists.\n`);
      return 125;
  }
}

/** The command's file of the sandbox in its usual place, see `filesOf`. */
async function putCommand(name: string): Promise<void> {
  const file = onThisComputer(`/usr/lib/bia-infra-sandbox/${name}.cjs`);
  await writeFile(file, '#!/usr/bin/env node\nrequire("./container-programs.cjs");\n', { mode: 0o755 });
  const link = onThisComputer(`/usr/local/bin/${name}`);
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  await symlink(relative(dirname(link), file), link);
}

async function prepared(): Promise<Prepared> {
  return JSON.parse(await readFile(onThisComputer(PREPARED), "utf8").catch(() => "{}")) as Prepared;
}

async function keep(next: Prepared): Promise<void> {
  await writeFile(onThisComputer(PREPARED), JSON.stringify(next));
}

/** The version that the nearest package.json with `packageManager` names. */
async function namedVersion(manager: Manager): Promise<string | undefined> {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
    const named = (JSON.parse(text) as { packageManager?: string }).packageManager;
    const version = new RegExp(`^${manager}@([^+]+)`).exec(named ?? "")?.[1];
    if (version !== undefined || folder === dirname(folder)) return version;
  }
}

/** Runs a program of a package of npm's registry, which npm's cache has after the first time. */
function runFromRegistry(spec: string, program: string, args: readonly string[]): Promise<number> {
  const npx = ["--yes", "--prefer-offline", `--package=${spec}`, "--", program, ...args];
  return new Promise((done) => {
    const child = spawn("npx", npx, { stdio: "inherit", shell: process.platform === "win32" });
    child.once("error", ({ message }) => {
      process.stderr.write(`${program}: ${message}\n`);
      done(127);
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
    child.once("exit", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
