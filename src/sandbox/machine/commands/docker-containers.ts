import type { Parsed } from "../../shell/options.ts";
import { unlessAborted } from "../abort.ts";
import {
  type DockerCommand,
  engineOf,
  envFile,
  forEach,
  parse,
  Refusal,
  refuse,
  TERMINATED,
  variables,
} from "../docker/client.ts";
import { type Container, type DockerEngine, isDockerError } from "../docker/engine.ts";
import { hasLabel } from "../docker/filters.ts";
import { type Columns, listing } from "../docker/listing.ts";
import { pullImage } from "../docker/registry-logins.ts";
import { containerRow } from "../docker/rows.ts";
import { runOptions, specOf } from "../docker/run-options.ts";
import { fail, notEmulated, ok, type Process, type Result } from "../program.ts";
import { copy } from "./docker-copy.ts";
import { inspect } from "./docker-inspect.ts";
import { networkCommands } from "./docker-networks.ts";
import { prune } from "./docker-prune.ts";
import { stats } from "./docker-stats.ts";
import { diskUsage, top } from "./docker-system.ts";
import { volumeCommands } from "./docker-volumes.ts";

const columns: Columns = {
  columns: [
    ["CONTAINER ID", "ID"],
    ["IMAGE", "Image"],
    ["COMMAND", "Command"],
    ["CREATED", "RunningFor"],
    ["STATUS", "Status"],
    ["PORTS", "Ports"],
    ["NAMES", "Names"],
  ],
  id: "ID",
};

const ps: DockerCommand = async (args, process) => {
  const known = ["a|all", "q|quiet", "format=", "no-trunc", "f|filter=", "l|latest", "n|last="];
  const parsed = parse("docker ps", args, known, { most: 0 });
  const { containers } = await engineOf(process, "containers/json");
  const filters = (parsed.values.get("f") ?? []).map(filterOf);
  const { options } = parsed;
  const last = options.has("l") ? 1 : Number(options.get("n") ?? Number.POSITIVE_INFINITY);
  const all = options.has("a") || last !== Number.POSITIVE_INFINITY || filters.some(({ wantsAll }) => wantsAll);
  const shown = containers.list({ all }).filter((container) => filters.every(({ test }) => test(container)));
  const rows = shown.slice(0, last).map((container) => containerRow(container, { full: options.has("no-trunc") }));
  return listing(rows, parsed, columns);
};

interface Filter {
  test(container: Container): boolean;
  /** It asks for stopped ones too. */
  wantsAll?: boolean;
}

function filterOf(text: string): Filter {
  const [key = "", ...rest] = text.split("=");
  const value = rest.join("=");
  const filters: Readonly<Record<string, Filter>> = {
    name: { test: ({ name }) => new RegExp(value.replace(/^\^\//, "^")).test(name) },
    id: { test: ({ id }) => id.startsWith(value) },
    status: { test: ({ state }) => state.status === value, wantsAll: true },
    health: { test: ({ state }) => (state.health?.status ?? "none") === value },
    exited: { test: ({ state }) => state.status === "exited" && state.exitCode === Number(value), wantsAll: true },
    ancestor: {
      test: ({ spec, imageId }) =>
        spec.image === value || spec.image === `${value}:latest` || imageId.startsWith(`sha256:${value}`),
    },
    label: { test: ({ spec }) => hasLabel(spec.labels, value) },
    network: { test: ({ spec }) => (spec.networks ?? [{ name: "bridge" }]).some((one) => one.name === value) },
    volume: { test: ({ spec }) => (spec.volumes ?? []).some((one) => one.name === value || one.target === value) },
    publish: { test: ({ ports }) => ports.some(({ hostPort }) => hostPort === Number.parseInt(value, 10)) },
  };
  return filters[key] ?? refuse(`the filter ${key} of docker ps`);
}

const run: DockerCommand = async (args, process) => {
  const parsed = parse("docker run", args, runOptions, { least: 1, stopAtOperand: true });
  const engine = await engineOf(process, "containers/create");
  const spec = await specOf(parsed, process);
  try {
    await ensureImage(engine, spec.image, process);
    const detached = parsed.options.has("d");
    const removed = parsed.options.has("rm");
    // In the foreground it is removed here, after the last of its output was read.
    const { id } = await engine.containers.create({ ...spec, autoRemove: removed && detached });
    await engine.containers.start(id);
    if (detached) return ok(`${id}\n`);
    const exitCode = await attach(engine, id, process);
    if (removed) await engine.containers.remove(id, { force: true });
    return { stdout: "", stderr: "", exitCode };
  } catch (error) {
    if (!isDockerError(error)) throw error;
    return fail(`docker: Error response from daemon: ${error.message}.\nSee 'docker run --help'.\n`, exitCodeOf(error));
  }
};

/** The command could not be started, which is no failure of docker's. */
function isUnstartable({ code }: { readonly code?: string }): boolean {
  return code === "not-found" || code === "not-executable";
}

/** As a shell's, and 125 for a failure of docker (https://docs.docker.com/engine/containers/run/#exit-status). */
function exitCodeOf({ code }: { readonly code?: string }): number {
  return code === "not-found" ? 127 : code === "not-executable" ? 126 : 125;
}

const create: DockerCommand = async (args, process) => {
  const parsed = parse("docker create", args, runOptions, { least: 1, stopAtOperand: true });
  const engine = await engineOf(process, "containers/create");
  const spec = await specOf(parsed, process);
  await ensureImage(engine, spec.image, process);
  const { id } = await engine.containers.create({ ...spec, autoRemove: parsed.options.has("rm") });
  return ok(`${id}\n`);
};

async function ensureImage(engine: DockerEngine, reference: string, process: Process): Promise<void> {
  if (await engine.images.find(reference)) return;
  const name = /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`;
  process.print("stderr", `Unable to find image '${name}' locally\n`);
  await pullImage(engine, reference, process, (line) => process.print("stderr", `${line}\n`));
}

/** Shows what a container writes until it stops; a cancelled client takes its container with it. */
export async function attach(
  { containers }: Pick<DockerEngine, "containers">,
  id: string,
  process: Process,
): Promise<number> {
  const { signal } = process;
  for await (const { stream, text } of containers.logs(id, { follow: true, ...(signal && { signal }) })) {
    process.print(stream, `${text}\n`);
  }
  if (signal?.aborted) {
    await containers.stop(id);
    return TERMINATED;
  }
  return (await unlessAborted(containers.wait(id), signal)) ?? TERMINATED;
}

const logs: DockerCommand = async (args, process) => {
  const known = ["f|follow", "n|tail=", "t|timestamps", "since=", "until=", "details"];
  const { options, operands } = parse("docker logs", args, known, { least: 1, most: 1 });
  if (options.has("until") || options.has("details")) refuse("the options --until and --details of docker logs");
  const { containers } = await engineOf(process, "containers/logs");
  const [name = ""] = operands;
  const container = existing(containers.find(name), name);
  const tail = options.get("n");
  const since = options.get("since");
  const { signal } = process;
  const lines = containers.logs(container.id, {
    follow: options.has("f"),
    ...(tail !== undefined && tail !== "all" && { tail: Number(tail) }),
    ...(since !== undefined && { since: sinceOf(since) }),
    ...(signal && { signal }),
  });
  for await (const { stream, time, text } of lines) {
    process.print(stream, `${options.has("t") ? `${time} ` : ""}${text}\n`);
  }
  return { stdout: "", stderr: "", exitCode: signal?.aborted ? TERMINATED : 0 };
};

/** An ISO time of `2026-11-22T04:00:00Z`, `1763784000`, or `10m` ago. */
export function sinceOf(text: string): string {
  const [, count, unit = ""] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (count !== undefined) {
    return new Date(Date.now() - Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1) * 1000).toISOString();
  }
  const time = /^\d+(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  if (Number.isNaN(time.getTime())) throw new Refusal(fail(`invalid value for "since": ${text}\n`));
  return time.toISOString();
}

const exec: DockerCommand = async (args, process) => {
  const known = ["i|interactive", "t|tty", "e|env=", "env-file=", "w|workdir=", "u|user=", "d|detach", "privileged"];
  const parsed = parse("docker exec", args, known, { least: 2, stopAtOperand: true });
  if (parsed.options.has("d")) refuse("the option --detach of docker exec");
  const { containers } = await engineOf(process, "containers/exec");
  const [name = "", ...argv] = parsed.operands;
  const files = await Promise.all((parsed.values.get("env-file") ?? []).map((path) => envFile(path, process)));
  const env = Object.assign({}, ...files, variables(parsed.values.get("e") ?? [], process));
  return await execIn(existing(containers.find(name), name), { argv, env }, parsed, process);
};

/** Runs a command in a container for `docker exec` and `docker compose exec`. */
export async function execIn(
  container: Container,
  { argv, env }: { argv: readonly string[]; env: Readonly<Record<string, string>> },
  { options }: Parsed,
  process: Process,
  takesInput = options.has("i"),
): Promise<Result> {
  const { containers } = await engineOf(process, "containers/exec");
  const workingDir = options.get("w");
  const { signal } = process;
  try {
    const exitCode = await containers.exec(container.id, {
      argv,
      env,
      ...(workingDir !== undefined && { workingDir }),
      ...(takesInput && { input: Buffer.from(process.stdin) }),
      ...(signal && { signal }),
      onOutput: (chunk, stream) => process.print(stream, chunk),
    });
    return { stdout: "", stderr: "", exitCode };
  } catch (error) {
    if (!isDockerError(error) || !isUnstartable(error)) throw error;
    return fail(`${error.message}\n`, exitCodeOf(error));
  }
}

/** @throws Refusal if there is none */
function existing(container: Container | undefined, name: string): Container {
  if (container) return container;
  throw new Refusal(fail(`Error response from daemon: No such container: ${name}\n`));
}

const timed =
  (verb: "stop" | "restart"): DockerCommand =>
  async (args, process) => {
    const { operands, options } = parse(`docker ${verb}`, args, ["t|time="], { least: 1 });
    const { containers } = await engineOf(process, `containers/${verb}`);
    const seconds = options.get("t");
    return forEach(operands, (name) =>
      containers[verb](name, seconds === undefined ? {} : { timeoutSeconds: Number(seconds) }),
    );
  };

const start: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker start", args, ["a|attach", "i|interactive"], { least: 1 });
  const engine = await engineOf(process, "containers/start");
  const [name = ""] = operands;
  if (options.has("a")) {
    await engine.containers.start(name);
    return { stdout: "", stderr: "", exitCode: await attach(engine, name, process) };
  }
  return forEach(operands, (one) => engine.containers.start(one));
};

const kill: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker kill", args, ["s|signal="], { least: 1 });
  const { containers } = await engineOf(process, "containers/kill");
  const name = (options.get("s") ?? "KILL").toUpperCase().replace(/^(?:SIG)?/, "SIG");
  const numbers: Readonly<Record<string, string>> = {
    SIG9: "SIGKILL",
    SIG15: "SIGTERM",
    SIG2: "SIGINT",
    SIG1: "SIGHUP",
  };
  return forEach(operands, (one) => containers.kill(one, (numbers[name] ?? name) as NodeJS.Signals));
};

const rm: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker rm", args, ["f|force", "v|volumes"], { least: 1 });
  const { containers } = await engineOf(process, "containers");
  return forEach(operands, async (name) => {
    if (options.has("f") && !containers.find(name)) return;
    await containers.remove(name, { force: options.has("f") });
  });
};

const wait: DockerCommand = async (args, process) => {
  const { operands } = parse("docker wait", args, [], { least: 1 });
  const { containers } = await engineOf(process, "containers/wait");
  return forEach(operands, async (name) => {
    return String((await unlessAborted(containers.wait(name), process.signal)) ?? TERMINATED);
  });
};

const port: DockerCommand = async (args, process) => {
  const { operands } = parse("docker port", args, [], { least: 1, most: 2 });
  const { containers } = await engineOf(process, "containers/json");
  const [name = "", wanted] = operands;
  const { ports } = existing(containers.find(name), name);
  const published = ports.filter(
    ({ hostPort, containerPort }) =>
      hostPort !== undefined && (wanted === undefined || Number.parseInt(wanted, 10) === containerPort),
  );
  if (wanted !== undefined && published.length === 0) {
    return fail(`Error: No public port '${wanted.includes("/") ? wanted : `${wanted}/tcp`}' published for ${name}\n`);
  }
  const lines = published.flatMap(({ containerPort, hostPort }) => {
    const before = wanted === undefined ? `${containerPort}/tcp -> ` : "";
    return [`${before}0.0.0.0:${hostPort}\n`, `${before}[::]:${hostPort}\n`];
  });
  return ok(lines.join(""));
};

const common: Readonly<Record<string, DockerCommand>> = {
  create,
  exec,
  inspect,
  kill,
  logs,
  port,
  ps,
  restart: timed("restart"),
  rm,
  run,
  start,
  stop: timed("stop"),
  wait,
};

function group(name: string, commands: Readonly<Record<string, DockerCommand>>): DockerCommand {
  return ([command = "", ...args], process) => {
    const chosen = commands[command];
    return chosen ? chosen(args, process) : notEmulated(`docker ${name} ${command}`.trim());
  };
}

/** Commands of docker about containers, their volumes and networks. */
export const containerManagement: Readonly<Record<string, DockerCommand>> = {
  ...common,
  container: group("container", { ...common, cp: copy, top, stats, ls: ps, list: ps, prune: prune.container }),
  volume: group("volume", { ...volumeCommands, prune: prune.volume }),
  network: group("network", { ...networkCommands, prune: prune.network }),
  system: group("system", { df: diskUsage, prune: prune.system }),
};
