import { createReadStream, existsSync, statSync, unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  ensureSandbox,
  resetSandbox,
  type SandboxDetails,
  SandboxError,
  sandboxAuthority,
  sandboxStatus,
  stopSandbox,
} from "../sandbox/daemon.ts";
import { sandboxHome } from "../sandbox/home.ts";
import { confirm, NobodyToAsk } from "../terminal/ask.ts";
import { withCommands } from "./self.ts";

/** How often a followed log is looked at. */
const FOLLOW_MS = 250;

/** Shells that `env` can write for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell", "cmd"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * `bia-infra sandbox start`: starts the sandbox if it does not run. It stays until `bia-infra sandbox stop`, also when
 * nothing uses it, because what was built in it may be serving.
 *
 * @returns the exit code
 */
export async function start(): Promise<number> {
  return await guarded(async () => {
    const { endpoint, startedNow, replaced } = await ensureSandbox();
    if (replaced) tell(`the sandbox of bia-infra ${replaced} was replaced; everything in it is still there`);
    tell(
      startedNow ? "the sandbox is started; it stays until: bia-infra sandbox stop" : "the sandbox is running already",
    );
    tell('to use it from any AWS client: eval "$(bia-infra sandbox env)"');
    print(endpoint);
    return 0;
  });
}

/** `bia-infra sandbox stop`: stops the sandbox and keeps everything in it. Returns the exit code. */
export async function stop(): Promise<number> {
  return await guarded(async () => {
    const stopped = await stopSandbox();
    tell(
      stopped ? "the sandbox is stopped; everything in it is there again at the next start" : "no sandbox is running",
    );
    return 0;
  });
}

/** `bia-infra sandbox status`. Returns the exit code: 0 it runs, 1 it does not. */
export async function status(options: { json?: boolean } = {}): Promise<number> {
  return await guarded(async () => {
    const found = await sandboxStatus();
    if (options.json) print(JSON.stringify(found, null, 2));
    else print(describe(found));
    return found.running ? 0 : 1;
  });
}

function describe(found: Awaited<ReturnType<typeof sandboxStatus>>): string {
  const rows: [string, string | undefined][] = [
    ["sandbox", found.running ? "running" : (found.unusable ?? "not running")],
    ["endpoint", found.running ? found.endpoint : undefined],
    ["registry", found.details?.registry && `${found.details.registry} (docker, skopeo, crane: http and https)`],
    ["dns", found.details?.dns && `${found.details.dns} (names of its zones, balancers, databases and machines)`],
    ["access key", found.accessKeyId],
    ["process", found.pid?.toString()],
    ["since", found.startedAt],
    ["version", found.version],
    ["folder", found.folder],
    ["log", found.log],
    ["services", found.details?.services.join(", ")],
    ...(found.details?.machines ?? []).map(({ region, id, name = "(no name)", type, state }): [string, string] => {
      return ["machine", `${id} ${name} ${type} ${state} ${region}`];
    }),
    ...(found.details?.databases ?? []).map((database): [string, string] => ["database", describeDatabase(database)]),
    ...(found.details?.listeners ?? []).map((one): [string, string] => ["listener", describeListener(one)]),
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(11)} ${value}`])).join("\n");
}

/** `bia-infra sandbox machines`: what runs on the machines, and where. Returns the exit code: 0, or 1 if no sandbox runs. */
export async function machines(options: { json?: boolean } = {}): Promise<number> {
  return await guarded(async () => {
    const { running, unusable, details } = await sandboxStatus();
    if (unusable) tell(`the sandbox is ${unusable}; to end it: bia-infra sandbox stop`);
    else if (!running)
      tell("no sandbox is running; every command on a stack starts it, and so does: bia-infra sandbox start");
    const rows = details?.machines ?? [];
    const databases = (details?.databases ?? []).map((one) => `database  ${describeDatabase(one)}`);
    const listeners = (details?.listeners ?? []).map((one) => `listener  ${describeListener(one)}`);
    const all = [...rows.map(describeMachine), ...databases, ...listeners];
    if (options.json) print(JSON.stringify(rows, null, 2));
    else if (all.length > 0) print(all.join("\n\n"));
    else if (running) tell("there is no machine; stage 1 makes one: bia-infra create --stage 1");
    return running ? 0 : 1;
  });
}

/** Where a listener is reached on this computer. */
function describeListener(row: SandboxDetails["listeners"][number]): string {
  const { loadBalancer, protocol, port, region, address, localPort } = row;
  return [loadBalancer, `${protocol} ${port}`, region, `${protocol.toLowerCase()}://${address}:${localPort}`].join(
    "  ",
  );
}

/** Where a database is reached on this computer. Its name on AWS is known to the simulated machines alone. */
function describeDatabase({ id, status, region, user, reachedAt }: SandboxDetails["databases"][number]): string {
  const where = reachedAt === undefined ? "lets nobody in at the moment" : `${reachedAt} as user ${user}`;
  return [id, status, region, where].join("  ");
}

type MachineRow = SandboxDetails["machines"][number];

function describeMachine({ name = "(no name)", id, state, type, region, address, containers }: MachineRow): string {
  const head = [name, id, type, region, state, address ?? "no public address"].join("  ");
  const rows = containers.map(({ name, image, status, ports }) => [
    name,
    image,
    status,
    ports.map(describePort).join(", "),
  ]);
  return [head, ...table(rows).map((row) => `  ${row}`)].join("\n");
}

/** Where a port is reached on this computer, and why it is not where one would look for it. */
function describePort({
  address,
  port,
  containerPort,
  why,
}: MachineRow["containers"][number]["ports"][number]): string {
  return `${address}:${port} -> ${containerPort}${why === undefined ? "" : ` (${why})`}`;
}

/** Lines with their columns below each other. */
function table(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join("  ")
      .trimEnd(),
  );
}

/**
 * `bia-infra sandbox reset`: deletes everything in the sandbox's account, after a question.
 *
 * @returns the exit code: 0 done, 1 the person said no, 2 there is nobody to ask and no `--yes`
 */
export async function reset(options: { yes?: boolean } = {}): Promise<number> {
  return await guarded(async () => {
    if (!options.yes && !(await confirm("Delete everything in the sandbox?"))) {
      tell("nothing was deleted");
      return 1;
    }
    const { running } = await resetSandbox();
    tell(running ? "the sandbox is empty, and running again" : "the sandbox is empty");
    return 0;
  });
}

/**
 * `bia-infra sandbox logs`: the last lines of the sandbox's log, and with `follow` all that come until Ctrl-C.
 *
 * @returns the exit code: 0, or 1 if there is no log
 */
export async function logs(options: { follow?: boolean; lines?: number } = {}): Promise<number> {
  const { log } = sandboxHome();
  if (!existsSync(log)) {
    tell("there is no log: the sandbox was never started");
    return 1;
  }
  const text = await readFile(log, "utf8");
  const all = text.split("\n").slice(0, -1);
  const count = options.lines ?? 50;
  for (const line of count > 0 ? all.slice(-count) : []) print(line);
  if (options.follow) await follow(log, Buffer.byteLength(text));
  return 0;
}

/** Prints what is appended until the process is interrupted. A log that became shorter is a new one. */
async function follow(log: string, from: number): Promise<void> {
  let position = from;
  let reading = Promise.resolve();
  const readOn = async () => {
    const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    if (size < position) position = 0;
    if (size === position) return;
    const part = createReadStream(log, { start: position, end: size - 1 });
    position = size;
    for await (const chunk of part) process.stdout.write(chunk);
  };
  watchFile(log, { interval: FOLLOW_MS }, () => {
    reading = reading.then(readOn);
  });
  await new Promise<void>((resolve) => process.once("SIGINT", resolve));
  unwatchFile(log);
  await reading;
}

/**
 * `bia-infra sandbox env`: prints what points any AWS client of a shell at the sandbox, for
 * `eval "$(bia-infra sandbox env)"`. The secret key is the sandbox's own and printed nowhere else.
 *
 * @returns the exit code: 0, or 2 for a shell that is not known
 */
export async function env(options: { shell?: string; region?: string } = {}): Promise<number> {
  return await guarded(async () => {
    const shell = options.shell ?? (process.platform === "win32" ? "powershell" : "bash");
    if (!isShell(shell)) {
      tell(`${shell} is no shell that is known here; known are ${SHELLS.join(", ")}`);
      return 2;
    }
    const { endpoint, credentials } = await ensureSandbox();
    const region =
      [options.region, process.env.AWS_REGION, process.env.AWS_DEFAULT_REGION].find(isPlain) ?? "us-east-1";
    const set = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    };
    print(exportsFor(shell, set, ["AWS_SESSION_TOKEN", "AWS_PROFILE"]));
    return 0;
  });
}

/**
 * `bia-infra sandbox ca`: prints the certificate, in PEM, that makes a program trust the sandbox's servers; with `domain`
 * the one for a certificate of a domain. Starts the sandbox if it does not run.
 *
 * @returns the exit code: 0, or 1 if no certificate was issued for the domain
 */
export async function ca({ domain }: { domain?: string } = {}): Promise<number> {
  return await guarded(async () => {
    const { pem, file } = await sandboxAuthority(domain);
    if (file !== undefined) tell(`it is in ${file}`);
    tell("how to trust it: bia-infra sandbox ca --help");
    process.stdout.write(pem);
    return 0;
  });
}

function isShell(name: string): name is Shell {
  return (SHELLS as readonly string[]).includes(name);
}

/** True for a value without anything that a shell would read. */
function isPlain(value: string | undefined): value is string {
  return value !== undefined && /^[\w-]+$/.test(value);
}

type Dialect = [set: (name: string, value: string) => string, unset: (name: string) => string];

/** Lines that set and unset variables in a shell. The values hold no character that any of the shells would read. */
function exportsFor(shell: Shell, set: Readonly<Record<string, string>>, unset: readonly string[]): string {
  const bourne: Dialect = [(name, value) => `export ${name}='${value}'`, (name) => `unset ${name}`];
  const dialect: Record<Shell, Dialect> = {
    bash: bourne,
    zsh: bourne,
    fish: [(name, value) => `set -gx ${name} '${value}';`, (name) => `set -e ${name};`],
    powershell: [
      (name, value) => `$env:${name} = '${value}'`,
      (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    ],
    cmd: [(name, value) => `set "${name}=${value}"`, (name) => `set "${name}="`],
  };
  const [write, clear] = dialect[shell];
  return [...Object.entries(set).map(([name, value]) => write(name, value)), ...unset.map(clear)].join("\n");
}

/** A sandbox that cannot be started or stopped is no defect: say why, and what to do. */
async function guarded(action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof NobodyToAsk) {
      tell(error.message);
      return error.exitCode;
    }
    if (!(error instanceof SandboxError)) throw error;
    tell(error.message);
    tell(error.next);
    return 1;
  }
}

/** Data. */
function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Anything for a person. */
function tell(text: string): void {
  process.stderr.write(`${withCommands(text)}\n`);
}
