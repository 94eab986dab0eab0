import { type DockerCommand, engineOf, parse } from "../docker/client.ts";
import type { Container, DockerEngine, Image } from "../docker/engine.ts";
import { size } from "../docker/format.ts";
import { ok, type Process } from "../program.ts";

/** What a prune has deleted: a heading with names, and the bytes that images gave back. */
interface Pruned {
  readonly heading: string;
  readonly lines: readonly string[];
  readonly bytes?: number;
}

type Prune = (engine: DockerEngine, options: ReadonlyMap<string, string>) => Promise<Pruned>;

const containers: Prune = async (engine) => {
  const stopped = engine.containers.list({ all: true }).filter(({ state }) => /^(exited|created)$/.test(state.status));
  for (const { id } of stopped) await engine.containers.remove(id);
  return { heading: "Deleted Containers:", lines: stopped.map(({ id }) => id) };
};

const networks: Prune = async (engine) => {
  const used = new Set(all(engine).flatMap(({ spec }) => (spec.networks ?? []).map(({ name }) => name)));
  const unused = engine.containers.networks().filter(({ name }) => !used.has(name));
  for (const { name } of unused) await engine.containers.removeNetwork(name);
  return { heading: "Deleted Networks:", lines: unused.map(({ name }) => name) };
};

/** Those without a name; with `-a` all that no container is of. */
const images: Prune = async (engine, options) => {
  const used = new Set(all(engine).map(({ imageId }) => imageId));
  const isUnused = ({ id, names }: Image) => !used.has(id) && (names.length === 0 || options.has("a"));
  const unused = (await engine.images.list()).filter(isUnused);
  const lines: string[] = [];
  for (const { id } of unused)
    lines.push(...(await engine.images.remove(id)).map((line) => line.replace(/^./, (letter) => letter.toLowerCase())));
  return { heading: "Deleted Images:", lines, bytes: unused.reduce((sum, image) => sum + image.size, 0) };
};

/** Docker leaves volumes with a name alone unless it is told `-a`; others are not kept here. */
const volumes: Prune = async (engine, options) => {
  const used = new Set(all(engine).flatMap(({ spec }) => (spec.volumes ?? []).map(({ name }) => name)));
  const unused = options.has("a") ? engine.containers.volumes().filter(({ name }) => !used.has(name)) : [];
  for (const { name } of unused) await engine.containers.removeVolume(name);
  return { heading: "Deleted Volumes:", lines: unused.map(({ name }) => name) };
};

/** Volumes with a name stay, whatever is asked for. */
const everything: readonly Prune[] = [containers, networks, images];

function all(engine: DockerEngine): Container[] {
  return engine.containers.list({ all: true });
}

function pruning(command: string, prunes: readonly Prune[], warning: string): DockerCommand {
  return async (args, process) => {
    const { options } = parse(command, args, ["a|all", "f|force", "volumes"], { most: 0 });
    const engine = await engineOf(process, "prune");
    if (!options.has("f") && !agrees(process, warning)) return ok("Total reclaimed space: 0B\n");
    const pruned = [];
    for (const prune of prunes) pruned.push(await prune(engine, options));
    const parts = pruned.filter(({ lines }) => lines.length > 0);
    const bytes = pruned.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
    const text = parts.map(({ heading, lines }) => `${[heading, ...lines].join("\n")}\n\n`).join("");
    return ok(`${text}Total reclaimed space: ${size(bytes)}\n`);
  };
}

function agrees(process: Process, warning: string): boolean {
  process.print("stdout", `WARNING! This will remove ${warning}.\nAre you sure you want to continue? [y/N] `);
  return /^y(es)?\s*$/im.test(process.stdin.split("\n", 1)[0] ?? "");
}

/** `docker container prune`, and so on; `system` is `docker system prune`. */
export const prune = {
  container: pruning("docker container prune", [containers], "all stopped containers"),
  network: pruning("docker network prune", [networks], "all custom networks not used by at least one container"),
  image: pruning("docker image prune", [images], "all dangling images"),
  volume: pruning("docker volume prune", [volumes], "anonymous local volumes not used by at least one container"),
  system: pruning(
    "docker system prune",
    everything,
    "all stopped containers, all networks not used by at least one container, all dangling images and unused build cache",
  ),
};
