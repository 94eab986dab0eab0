import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import type {
  BoundPort,
  Container,
  ContainerEngine,
  ContainerSpec,
  EngineOptions,
  ExecOptions,
  LogLine,
  LogOptions,
  Network,
  Placed,
  Volume,
} from "../container.ts";
import type { Image } from "../image.ts";
import { plainFolder, removePlainFolder } from "../plain-folder.ts";
import { removePostgres, stopOrphanedPostgres } from "../postgres.ts";
import { NotExecutable } from "../process/command.ts";
import type { NetworkView } from "../process/inside/scope.ts";
import { ProcessHost, type ProcessPort, type Usage } from "../process/process-host.ts";
import { type Mount, RootFolder } from "../process/root-folder.ts";
import { withDatabaseInVolume } from "./database-folder.ts";
import { ContainerError } from "./error.ts";
import { found, putEntry, takeEntry } from "./files.ts";
import { writeHosts } from "./hosts-file.ts";
import { ManagedContainer, type Surroundings, unbound } from "./lifecycle.ts";
import { Mounted } from "./mounted.ts";
import { Networks, Volumes } from "./named-things.ts";
import { GATEWAY, networkViewOf } from "./network-view.ts";
import { newRecord, portsOf } from "./new-record.ts";
import { startNodeContainer } from "./node-runtime.ts";
import { anyPort, checkPort } from "./ports.ts";
import { checkPostgresContainer, dataFolder, startPostgresContainer } from "./postgres-runtime.ts";
import { type ContainerRecord, publicView, readRecords, removeRecord, writeRecord } from "./record.ts";
import { Roots } from "./roots.ts";
import type { RunningContainer } from "./runtime.ts";

/** Exit code of containers whose engine crashed, as docker shows them. */
const LOST = 255;

export class Engine implements ContainerEngine {
  readonly #options: EngineOptions;
  readonly #folder: string;
  readonly #host: ProcessHost;
  readonly #roots: Roots;
  readonly #volumes: Volumes;
  readonly #networks: Networks;
  readonly #mounted: Mounted;
  readonly #containers = new Map<string, ManagedContainer>();
  readonly #listeners = new Set<(container: Container) => void>();
  readonly #surroundings: Surroundings;
  #closed = false;

  /** `plain`: folder for what the containers' programs see of this computer. */
  private constructor(options: EngineOptions, plain: string, host: ProcessHost) {
    this.#options = options;
    this.#folder = join(options.folder, "containers");
    this.#host = host;
    this.#roots = new Roots(join(plain, "roots"), options.images);
    this.#volumes = new Volumes(join(options.folder, "volumes"), join(plain, "volumes"), options.cache);
    this.#networks = new Networks(join(options.folder, "networks.json"));
    this.#mounted = new Mounted(options.files);
    this.#surroundings = {
      folder: this.#folder,
      bindPorts: (record) => this.#bindPorts(record),
      launch: (container, ports) => this.#launch(container, ports),
      changed: (container) => this.#changed(container),
      removeWhenStopped: (container) => void this.remove(container.record.id).catch(() => {}),
    };
  }

  static async open(options: EngineOptions): Promise<Engine> {
    await mkdir(join(options.folder, "containers"), { recursive: true, mode: 0o700 });
    const plain = await plainFolder(options.folder);
    const engine = new Engine(options, plain, await ProcessHost.open(join(plain, "processes")));
    await engine.#volumes.load();
    await engine.#networks.load();
    const records = await readRecords(engine.#folder);
    await engine.#roots.keepOnly(records.map(({ id }) => id));
    for (const record of records) await engine.#recover(record);
    return engine;
  }

  /** Its Node processes ended themselves when the old engine did; a database of it may still run. */
  async #recover(record: ContainerRecord): Promise<void> {
    const ran = ["running", "restarting"].includes(record.state.status);
    if (ran && record.runs === "postgres") {
      await stopOrphanedPostgres(
        dataFolder(record, join(this.#folder, record.id), await this.#mounts(record)),
        this.#options.cache,
      );
    }
    const { pid: _, ...state } = record.state;
    const finishedAt = new Date().toISOString();
    const ports = unbound(record);
    const now = ran
      ? { ...record, ports, state: { ...state, status: "exited" as const, exitCode: LOST, finishedAt } }
      : record;
    if (ran) await writeRecord(this.#folder, now);
    this.#containers.set(record.id, new ManagedContainer(now, this.#surroundings));
  }

  async create(spec: ContainerSpec): Promise<Container> {
    const image = await this.#options.images.find(spec.image);
    if (!image) throw new ContainerError("no-such-image", `No such image: ${spec.image}`);
    for (const { name } of spec.networks ?? []) this.#networks.check(name);
    const others = [...this.#containers.values()].map((one) => one.record);
    const placed = image.runs === "postgres" ? await this.#withDatabaseInVolume(spec, image) : spec;
    const record = newRecord(placed, image, others);
    if (record.runs === "postgres") checkPostgresContainer(record);
    const folder = join(this.#folder, record.id);
    await mkdir(folder, { mode: 0o700 });
    try {
      for (const { name } of spec.volumes ?? []) await this.#volumes.make(name);
      await this.#roots.make(record, image);
      await this.#mounted.prepare(record, this.#roots.folderOf(record), await this.#mountsSeen(record));
      await writeRecord(this.#folder, record);
    } catch (error) {
      await removeRecord(this.#folder, record.id);
      await this.#roots.remove(record);
      const { code, message } = error as NodeJS.ErrnoException;
      throw code === "ENOSPC" ? new ContainerError("disk-full", message) : error;
    }
    const container = new ManagedContainer(record, this.#surroundings);
    this.#containers.set(record.id, container);
    this.#changed(container);
    return publicView(record);
  }

  #withDatabaseInVolume(spec: ContainerSpec, image: Image): Promise<ContainerSpec> {
    return withDatabaseInVolume(spec, image, this.#options.files, {
      has: (name) => this.#volumes.list().some((volume) => volume.name === name),
      remove: (name) => this.removeVolume(name),
    });
  }

  async start(container: string): Promise<void> {
    await this.#existing(container).start();
  }

  async stop(container: string, { timeoutSeconds }: { timeoutSeconds?: number } = {}): Promise<void> {
    await this.#existing(container).stop(timeoutSeconds);
  }

  async restart(container: string, options: { timeoutSeconds?: number } = {}): Promise<void> {
    await this.stop(container, options);
    await this.start(container);
  }

  async kill(container: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#existing(container).kill(signal);
  }

  async remove(container: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    const found = this.#existing(container);
    const { id, runs } = found.record;
    if (!force && found.record.state.status !== "exited" && found.record.state.status !== "created") {
      throw new ContainerError(
        "running",
        `cannot remove container "/${found.record.name}": container is running: stop the container before removing or force remove`,
      );
    }
    await found.stop(0);
    await found.settled();
    this.#containers.delete(id);
    this.#mounted.forget(id);
    if (runs === "postgres") await removePostgres(join(this.#folder, id, "data"), this.#options.cache);
    await removeRecord(this.#folder, id);
    await this.#roots.remove(found.record);
    this.#tellNetworks();
    this.#changed(found);
  }

  find(container: string): Container | undefined {
    const found = this.#lookUp(container);
    return found && publicView(found.record);
  }

  list({ all = false }: { all?: boolean } = {}): Container[] {
    return [...this.#containers.values()]
      .map(({ record }) => publicView(record))
      .filter(({ state }) => all || state.status === "running" || state.status === "restarting")
      .sort((a, b) => (a.created < b.created ? 1 : -1));
  }

  usage(container: string): Usage | undefined {
    return this.#lookUp(container)?.usage;
  }

  async wait(container: string): Promise<number> {
    const { id } = this.#existing(container).record;
    const stopped = await this.until(id, ({ state }) => state.status === "exited");
    return stopped?.state.exitCode ?? 0;
  }

  until(
    container: string,
    test: (container: Container) => boolean,
    signal?: AbortSignal,
  ): Promise<Container | undefined> {
    const { id } = this.#existing(container).record;
    return new Promise((resolve, reject) => {
      const end = () => {
        unsubscribe();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        end();
        reject(signal?.reason);
      };
      const look = () => {
        const now = this.#containers.get(id);
        const found = now && publicView(now.record);
        if (found && !test(found)) return;
        end();
        resolve(found);
      };
      const unsubscribe = this.onChange((changed) => {
        if (changed.id === id) look();
      });
      signal?.addEventListener("abort", aborted);
      if (signal?.aborted) aborted();
      else look();
    });
  }

  logs(container: string, options: LogOptions = {}): AsyncIterable<LogLine> {
    const found = this.#existing(container);
    const { id } = found.record;
    const isOver = () => {
      const status = this.#containers.get(id)?.record.state.status;
      return status === undefined || status === "exited" || status === "created";
    };
    return found.log.read(options, isOver, (callback) => this.onChange(callback));
  }

  async exec(container: string, options: ExecOptions): Promise<number> {
    const { argv, env = {}, workingDir, input, onOutput = () => {}, signal } = options;
    const { record } = this.#existing(container);
    await this.#mounted.refresh(record, this.#roots.folderOf(record));
    try {
      const exitCode = await this.#existing(container).exec({ argv, env, workingDir, input, onOutput, signal });
      await this.#collect(record);
      return exitCode;
    } catch (error) {
      if (!(error instanceof NotExecutable)) throw error;
      throw new ContainerError(
        error.exitCode === 127 ? "not-found" : "not-executable",
        `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}`,
      );
    }
  }

  async refresh(): Promise<void> {
    const mounting = [...this.#containers.values()].filter(
      ({ record, running }) => running && (record.spec.binds ?? []).length > 0,
    );
    for (const { record } of mounting) await this.#collect(record);
    for (const { record } of mounting) await this.#mounted.refresh(record, this.#roots.folderOf(record));
  }

  /** What cleaners of temporary files have taken, nobody in the container has deleted. */
  async #collect(record: ContainerRecord): Promise<void> {
    if ((record.spec.binds ?? []).length === 0 || !(await this.#roots.isWhole(record))) return;
    await this.#mounted.collect(record, this.#roots.folderOf(record));
  }

  async put(container: string, path: string, entries: readonly Placed[]): Promise<void> {
    const to = await this.#placeIn(container, path);
    for (const entry of entries) await putEntry(entry, join(to, entry.path));
  }

  async take(container: string, path: string): Promise<Placed[]> {
    const from = await this.#placeIn(container, path);
    const all = await found(from);
    if (all.length === 0) {
      throw new ContainerError("refused", `Could not find the file ${path} in container ${container}`);
    }
    return Promise.all(all.map((one) => takeEntry(one, from)));
  }

  async kind(container: string, path: string): Promise<Placed["type"] | undefined> {
    const [there] = await found(await this.#placeIn(container, path), (below) => below !== "");
    return there?.type;
  }

  /** Where a path of a container is on this computer. */
  async #placeIn(container: string, path: string): Promise<string> {
    const { record } = this.#existing(container);
    return new RootFolder(this.#roots.folderOf(record), await this.#mountsSeen(record)).toHost(path);
  }

  createVolume(name: string, labels?: Readonly<Record<string, string>>): Promise<Volume> {
    return this.#volumes.make(name, labels);
  }

  volumes(): Volume[] {
    return this.#volumes.list();
  }

  async removeVolume(name: string): Promise<void> {
    const users = [...this.#containers.values()].filter(({ record }) =>
      record.spec.volumes?.some((one) => one.name === name),
    );
    if (users.length > 0) {
      const ids = users.map(({ record }) => record.id).join(", ");
      throw new ContainerError("in-use", `remove ${name}: volume is in use - [${ids}]`);
    }
    await this.#volumes.remove(name);
  }

  createNetwork(name: string, labels?: Readonly<Record<string, string>>): Promise<Network> {
    return this.#networks.make(name, labels);
  }

  networks(): Network[] {
    return this.#networks.list();
  }

  async removeNetwork(name: string): Promise<void> {
    this.#networks.check(name);
    const attached = [...this.#containers.values()].some(
      ({ record, running }) => running !== undefined && record.spec.networks?.some((one) => one.name === name),
    );
    if (attached)
      throw new ContainerError("in-use", `error while removing network: network ${name} has active endpoints`);
    await this.#networks.remove(name);
  }

  networkChanged(): void {
    this.#tellNetworks();
  }

  onChange(listener: (container: Container) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async resume(): Promise<void> {
    const again = [...this.#containers.values()].filter(({ record }) => {
      const policy = record.spec.restart?.name;
      return (
        record.state.startedAt !== undefined && (policy === "always" || (policy === "unless-stopped" && record.wanted))
      );
    });
    // Why one does not start is in its state.
    await Promise.allSettled(again.map((container) => container.start()));
  }

  async stopAll(): Promise<void> {
    this.#closed = true;
    const containers = [...this.#containers.values()];
    await Promise.all(containers.map((container) => container.stop(undefined, true)));
    await Promise.all(containers.map((container) => container.settled()));
    await this.#host.close();
  }

  #lookUp(container: string): ManagedContainer | undefined {
    const all = [...this.#containers.values()];
    const exact = all.find(({ record }) => record.name === container || record.id === container);
    if (exact || container === "") return exact;
    const beginning = all.filter(({ record }) => record.id.startsWith(container));
    return beginning.length === 1 ? beginning[0] : undefined;
  }

  #existing(container: string): ManagedContainer {
    const found = this.#lookUp(container);
    if (found) return found;
    throw new ContainerError("no-such-container", `No such container: ${container}`);
  }

  async #mounts({ spec, runs }: ContainerRecord): Promise<Mount[]> {
    const folders = await Promise.all((spec.volumes ?? []).map((volume) => this.#volumes.mount(volume, runs)));
    return (spec.volumes ?? []).map(({ target, readOnly = false }, at) => ({
      target: posix.normalize(target),
      folder: folders[at] ?? "",
      readOnly,
    }));
  }

  /** Those that processes see: a database lies apart. */
  async #mountsSeen(record: ContainerRecord): Promise<Mount[]> {
    return record.runs === "postgres" ? [] : this.#mounts(record);
  }

  async #bindPorts(record: ContainerRecord): Promise<BoundPort[]> {
    const { localPort = (port: number) => port } = this.#options;
    const bound: BoundPort[] = [];
    for (const { containerPort } of portsOf(record.spec, { config: record.image })) {
      const published = record.spec.ports?.filter((one) => one.containerPort === containerPort) ?? [];
      const asked = published.find(({ hostPort }) => hostPort !== 0)?.hostPort;
      const local = asked === undefined ? await anyPort() : await localPort(asked, record.id);
      if (asked !== undefined) await checkPort(local, asked, record.name);
      const hostPort = asked ?? (published.length > 0 ? local : undefined);
      bound.push({ containerPort, ...(hostPort !== undefined && { hostPort }), localPort: local });
    }
    return bound;
  }

  async #launch(container: ManagedContainer, ports: readonly BoundPort[]): Promise<RunningContainer> {
    if (this.#closed) throw new ContainerError("failed", "the sandbox is stopping");
    const { record } = container;
    const root = this.#roots.folderOf(record);
    const mounts = await this.#mounts(record);
    if (await this.#roots.restore(record)) {
      await this.#mounted.prepare(record, root, await this.#mountsSeen(record));
      container.log.write(`${filesWereGone(record, root)}\n`, "stderr");
    } else await this.#mounted.refresh(record, root);
    await writeHosts(record, root, GATEWAY);
    const options = {
      record,
      folder: join(this.#folder, record.id),
      root,
      mounts,
      ports,
      network: this.#viewOf(container),
      onOutput: (chunk: string, stream: "stdout" | "stderr") => container.log.write(chunk, stream),
      onUsage: (usage: Usage) => container.noteUsage(usage),
      onListening: (listening: ProcessPort) => {
        container.noteListening(listening);
        this.#tellNetworks();
      },
    };
    if (record.runs === "postgres") return startPostgresContainer(this.#host, this.#options.cache, options);
    const running = await startNodeContainer(this.#host, options);
    const ended = running.ended.then(async (how) => {
      await this.#collect(record).catch(() => {});
      return how;
    });
    return { ...running, ended };
  }

  #viewOf(container: ManagedContainer): NetworkView {
    const outside = this.#options.outside?.() ?? { hosts: {}, ports: {} };
    return networkViewOf(container, [...this.#containers.values()], outside);
  }

  #tellNetworks(): void {
    // A container whose process is just ending needs no network any more.
    for (const one of this.#containers.values()) one.running?.setNetwork(this.#viewOf(one)).catch(() => {});
  }

  #changed(container: ManagedContainer): void {
    this.#tellNetworks();
    const view = publicView(container.record);
    for (const listener of this.#listeners) listener(view);
  }
}

function filesWereGone({ spec }: ContainerRecord, folder: string): string {
  return `bia-infra sandbox: the files of this container in ${folder} had been deleted; they were made again from ${spec.image}.`;
}

/**
 * Opens the engine of a folder. What a crashed engine left running there is ended; call `resume` to start what ran.
 */
export function openContainers(options: EngineOptions): Promise<ContainerEngine> {
  return Engine.open(options);
}

/** Deletes the folder of an engine that nobody uses, and what it holds elsewhere. */
export async function removeContainers(folder: string): Promise<void> {
  await removePlainFolder(folder);
}
