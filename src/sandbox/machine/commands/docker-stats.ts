import { setTimeout as sleep } from "node:timers/promises";
import { type DockerCommand, engineOf, parse, Refusal } from "../docker/client.ts";
import type { Container, ContainerUsage, DockerEngine } from "../docker/engine.ts";
import { shortId } from "../docker/format.ts";
import { listing } from "../docker/listing.ts";
import { memoryOf } from "../memory.ts";
import { fail, ok, type Process } from "../program.ts";

/** How long processors are watched before their share is told. */
const WATCHED_MS = 500;

const COLUMNS = {
  id: "ID",
  columns: [
    ["CONTAINER ID", "ID"],
    ["NAME", "Name"],
    ["CPU %", "CPUPerc"],
    ["MEM USAGE / LIMIT", "MemUsage"],
    ["MEM %", "MemPerc"],
    ["NET I/O", "NetIO"],
    ["BLOCK I/O", "BlockIO"],
    ["PIDS", "PIDs"],
  ],
} as const;

/** What containers use, as their processes are seen on this computer; nobody counts what they read and send. */
export const stats: DockerCommand = async (args, process) => {
  const { options, operands } = parse("docker stats", args, ["no-stream", "a|all", "format=", "no-trunc"]);
  const engine = await engineOf(process, "containers/json");
  const look = async () => {
    const shown =
      operands.length > 0
        ? operands.map((name) => named(engine, name))
        : engine.containers.list({ all: options.has("a") });
    return listing(await rowsOf(engine, shown, process), { options }, COLUMNS);
  };
  if (options.has("no-stream")) return look();
  while (!process.signal?.aborted) process.print("stdout", (await look()).stdout);
  return ok();
};

/** @throws Refusal */
function named(engine: DockerEngine, name: string): Container {
  const found = engine.containers.find(name);
  if (found) return found;
  throw new Refusal(fail(`Error response from daemon: No such container: ${name}\n`));
}

async function rowsOf(engine: DockerEngine, containers: readonly Container[], process: Process) {
  const usages = () => containers.map(({ id }) => engine.containers.usage(id));
  const before = usages();
  await sleep(WATCHED_MS, undefined, process.signal && { signal: process.signal }).catch(() => {});
  const all = memoryOf(process.system).total * 1024;
  return usages().map((usage, at) => rowOf(containers[at] as Container, before[at], usage, all));
}

function rowOf(
  { id, name, spec }: Container,
  before: ContainerUsage | undefined,
  now: ContainerUsage | undefined,
  all: number,
) {
  const most = Math.min(spec.memory ?? all, all);
  const { memory = 0, cpu = 0, processes = 0 } = now ?? {};
  const share = Math.max(0, cpu - (before?.cpu ?? cpu)) / (WATCHED_MS / 1000);
  return {
    ID: shortId(id),
    Container: shortId(id),
    Name: name,
    CPUPerc: `${(share * 100).toFixed(2)}%`,
    MemUsage: `${binarySize(memory)} / ${binarySize(most)}`,
    MemPerc: `${((memory / most) * 100).toFixed(2)}%`,
    NetIO: "--",
    BlockIO: "--",
    PIDs: String(processes),
  };
}

/** `21.5MiB`: four digits, in powers of 1024. */
function binarySize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** step).toPrecision(4))}${units[step]}`;
}
