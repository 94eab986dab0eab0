import type { Parsed } from "../../shell/options.ts";
import { fail, type Process } from "../program.ts";
import { bytes, envFile, Refusal, refuse, variables } from "./client.ts";
import type { ContainerSpec, Healthcheck, PublishedPort, RestartPolicy } from "./engine.ts";
import { mountsOf, shortMount, type WrittenMount } from "./mounts.ts";
import { publishedPorts } from "./published-ports.ts";

/** Options that would show on a real machine only; `docker run` says that they have no effect. */
const WITHOUT_EFFECT = (
  "cap-add= cap-drop= cpus= cpu-shares= cpuset-cpus= dns= gpus= group-add= ipc= ip= log-driver= log-opt= memory-swap= " +
  "memory-reservation= pids-limit= platform= privileged read-only security-opt= shm-size= sysctl= ulimit= userns= cgroupns="
).split(" ");

/** Options of `docker run` and `docker create`. */
export const runOptions = [
  "d|detach",
  "i|interactive",
  "t|tty",
  "name=",
  "p|publish=",
  "e|env=",
  "env-file=",
  "v|volume=",
  "restart=",
  "m|memory=",
  "rm",
  "network|net=",
  "network-alias=",
  "w|workdir=",
  "u|user=",
  "h|hostname=",
  "l|label=",
  "entrypoint=",
  "stop-timeout=",
  "health-cmd=",
  "health-interval=",
  "health-timeout=",
  "health-retries=",
  "health-start-period=",
  "no-healthcheck",
  "pull=",
  "init",
  "q|quiet",
  "mount=",
  "add-host=",
  "tmpfs=",
  "expose=",
  ...WITHOUT_EFFECT,
];

/**
 * What `docker run [OPTIONS] IMAGE [COMMAND] [ARG...]` asks for.
 *
 * @throws Refusal
 */
export async function specOf({ options, values, operands }: Parsed, process: Process): Promise<ContainerSpec> {
  const [image = "", ...command] = operands;
  const option = (name: string) => options.get(name);
  const files = await Promise.all((values.get("env-file") ?? []).map((path) => envFile(path, process)));
  const env = Object.assign({}, ...files, variables(values.get("e") ?? [], process));
  const memory = option("m");
  const network = option("network");
  if (network === "host" || network === "none" || network?.startsWith("container:")) refuse(`--network ${network}`);
  const aliases = values.get("network-alias") ?? [];
  const healthcheck = healthcheckOf(options);
  sayWithoutEffect(options, process);
  const extraHosts = (values.get("add-host") ?? []).map(hostAdded);
  return {
    image,
    ...(extraHosts.length > 0 && { extraHosts }),
    ...(option("name") !== undefined && { name: option("name") ?? "" }),
    ...(command.length > 0 && { command }),
    ...(option("entrypoint") !== undefined && { entrypoint: option("entrypoint") ? [option("entrypoint") ?? ""] : [] }),
    env,
    ports: (values.get("p") ?? []).flatMap(publishedPort),
    ...mountsOf([...(values.get("v") ?? []).map(writtenMount), ...longMounts(values)], {
      folder: process.cwd,
      home: process.env.HOME ?? process.user.home,
      nameOf: (name) => name,
    }),
    ...(network !== undefined && network !== "bridge" && { networks: [{ name: network, aliases }] }),
    ...(option("restart") !== undefined && { restart: restartPolicy(option("restart") ?? "") }),
    ...(memory !== undefined && { memory: memoryLimit(memory) }),
    ...(option("w") !== undefined && { workingDir: option("w") ?? "" }),
    ...(option("u") !== undefined && { user: option("u") ?? "" }),
    ...(option("h") !== undefined && { hostname: option("h") ?? "" }),
    labels: Object.fromEntries((values.get("l") ?? []).map(pair)),
    ...(option("stop-timeout") !== undefined && { stopTimeoutSeconds: Number(option("stop-timeout")) }),
    ...(healthcheck && { healthcheck }),
  };
}

function sayWithoutEffect(options: ReadonlyMap<string, string>, process: Process): void {
  // Those that only tell of logs and processors are in every script, and nobody misses anything.
  const said = WITHOUT_EFFECT.map((name) => name.replace("=", "")).filter((name) => options.has(name));
  if (said.length === 0) return;
  const names = said.map((name) => `--${name}`).join(", ");
  process.print("stderr", `bia-infra sandbox: without effect here: ${names}\n`);
}

/** `db:10.0.0.1` or `db=10.0.0.1`. @throws Refusal */
function hostAdded(text: string): { name: string; address: string } {
  const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name !== undefined && address !== undefined) return { name, address };
  const why = `invalid argument "${text}" for "--add-host" flag: bad format for add-host: "${text}"`;
  throw new Refusal(fail(`${why}\nSee 'docker run --help'.\n`, 125));
}

/** `--mount type=bind,source=/srv,target=/app,readonly` and `--tmpfs /run`. @throws Refusal */
function longMounts(values: ReadonlyMap<string, readonly string[]>): WrittenMount[] {
  const temporary = (values.get("tmpfs") ?? []).map((text) => ({
    source: undefined,
    target: text.split(":")[0] ?? "",
  }));
  const mounts = (values.get("mount") ?? []).map((text): WrittenMount => {
    const fields = Object.fromEntries(text.split(",").map(pair));
    const { type = "volume", source = fields.src, target = fields.target ?? fields.dst ?? fields.destination } = fields;
    if (type !== "volume" && type !== "bind" && type !== "tmpfs") refuse(`mounts of type ${type}`);
    const wrong = (why: string) => {
      const words = `invalid argument "${text}" for "--mount" flag: ${why}`;
      return new Refusal(fail(`${words}\nSee 'docker run --help'.\n`, 125));
    };
    if (target === undefined) throw wrong("target is required");
    if (type === "bind" && !source?.startsWith("/") && !source?.startsWith("."))
      throw wrong(`invalid mount path: '${source ?? ""}' mount path must be absolute`);
    const flags = [fields.readonly, fields.ro].filter((flag) => flag !== undefined);
    const isReadOnly = flags.some((flag) => flag === "" || flag === "true" || flag === "1");
    return { source: type === "tmpfs" ? undefined : source, target, isReadOnly };
  });
  return [...temporary, ...mounts];
}

/** `name=value`; a name alone has an empty value. */
export function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** @throws Refusal */
function publishedPort(text: string): PublishedPort[] {
  try {
    return publishedPorts(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(fail(`docker: ${(error as Error).message}.\nSee 'docker run --help'.\n`, 125));
  }
}

/**
 * `db:/var/lib/data`, `./config:/etc/app`; a path alone gets a volume of its own.
 *
 * @throws Refusal
 */
function writtenMount(text: string): WrittenMount {
  try {
    const mount = shortMount(text);
    if (mount.target.startsWith("/")) return mount;
    const why = `invalid mount config for type "volume": invalid mount path: '${mount.target}' mount path must be absolute`;
    throw new Error(`invalid volume specification: '${text}': ${why}`);
  } catch (error) {
    const { message } = error as Error;
    throw new Refusal(fail(`docker: Error response from daemon: ${message}.\nSee 'docker run --help'.\n`, 125));
  }
}

/** @throws Refusal */
export function restartPolicy(text: string): RestartPolicy {
  const [name = "", count] = text.split(":");
  if (name === "no" || name === "always" || name === "unless-stopped") return { name };
  if (name === "on-failure") return { name, ...(count && { maximumRetryCount: Number(count) }) };
  const why = `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`;
  throw new Refusal(fail(`docker: Error response from daemon: ${why}.\nSee 'docker run --help'.\n`, 125));
}

function memoryLimit(text: string): number {
  const limit = bytes(text);
  if (limit !== undefined) return limit;
  const why = `invalid argument "${text}" for "-m, --memory" flag: invalid size: '${text}'`;
  throw new Refusal(fail(`${why}\nSee 'docker run --help'.\n`, 125));
}

function healthcheckOf(options: ReadonlyMap<string, string>): Healthcheck | undefined {
  if (options.has("no-healthcheck")) return { Test: ["NONE"] };
  const command = options.get("health-cmd");
  if (command === undefined) return undefined;
  const time = (name: string) => nanoseconds(options.get(name) ?? "0s");
  return {
    Test: ["CMD-SHELL", command],
    Interval: time("health-interval"),
    Timeout: time("health-timeout"),
    StartPeriod: time("health-start-period"),
    Retries: Number(options.get("health-retries") ?? 0),
  };
}

/**
 * Nanoseconds of a Go duration such as `1m30s`, `500ms`.
 *
 * @throws Refusal
 */
export function nanoseconds(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|ns|h|m|s)/g)];
  if (text !== "0" && (text === "" || parts.map(([part]) => part).join("") !== text)) {
    throw new Refusal(fail(`time: invalid duration "${text}"\n`));
  }
  return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}
