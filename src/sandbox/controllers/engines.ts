import { mkdtempSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DockerEngine, DockerHost, MachineFiles } from "../machine/machine.ts";
import type { Container, ContainerEngine, EngineOptions } from "../plane/container.ts";
import { interfaceOf } from "../world/ec2/interface-of.ts";
import type { Region, World } from "../world/world.ts";
import { dockerRegistries } from "./docker-registries.ts";
import type { HostNames } from "./host-names.ts";
import { PublishedPorts, type Reached } from "./published-ports.ts";
import { Registries } from "./registries.ts";

/** Folders that the engines keep their things in. */
export interface EngineFolders {
  /** What the machines hold, a folder each. Absent: a temporary one, deleted at the end. */
  readonly machines?: string | undefined;
  /** What all machines share, and can be made again. Absent: beside that of the machines. */
  readonly cache?: string | undefined;
}

/** Where the engines of the machines are kept beside a world's state. */
export function machinesFolder(state: string): string {
  return join(state, "machines");
}

/** A container of a machine, and where its ports are reached. */
export interface ContainerRow {
  readonly name: string;
  readonly image: string;
  readonly status: Container["state"]["status"];
  readonly ports: readonly (Reached & { readonly hostPort: number; readonly containerPort: number })[];
}

/** The docker engines of the machines. */
export class Engines {
  readonly #world: World;
  readonly #folders: EngineFolders;
  readonly #names: HostNames;
  /** Those that are under way. */
  readonly #removals = new Set<Promise<void>>();
  readonly #engines = new Map<string, MachineEngine>();
  /** The account's registries, which the engines push to and pull from. */
  readonly registries: Registries;
  readonly #watchers: (() => void)[] = [];
  #temporary: string | undefined;

  constructor(world: World, folders: EngineFolders, names: HostNames) {
    this.#world = world;
    this.#folders = folders;
    this.#names = names;
    this.registries = new Registries(world, () => join(this.#paths().machines, "..", "registries"));
    names.onChange(() => this.#tellNetworks());
    const refresh = (region: Region) => {
      for (const engine of this.#engines.values()) {
        if (engine.region === region && !engine.ports.isEmpty) world.background(() => engine.ports.refresh());
      }
      this.#tellNetworks();
    };
    world.watch("ec2", "securityGroupRules", refresh);
    world.watch("ec2", "networkInterfaces", refresh);
  }

  /** The engine behind the docker daemon of an instance's machine. It is opened when that starts. */
  of(region: Region, instanceId: string): MachineEngine {
    const present = this.#engines.get(instanceId);
    if (present) return present;
    const { machines, cache } = this.#paths();
    const folders = { folder: join(machines, instanceId), cache };
    const engine = new MachineEngine(this.#world, region, instanceId, folders, this.#names, this.registries, () => {
      for (const watcher of this.#watchers) watcher();
    });
    this.#engines.set(instanceId, engine);
    return engine;
  }

  /** Containers of an instance's machine, newest first; those that were stopped too. */
  containers(instanceId: string): ContainerRow[] {
    return this.#engines.get(instanceId)?.rows() ?? [];
  }

  /**
   * Where on this computer a published port of an instance's machine answers, whatever security groups say: for those
   * whose own rules decide, such as load balancers. Undefined: no running container has the port.
   */
  reach(region: Region, instanceId: string, hostPort: number): { host: string; port: number } | undefined {
    const engine = this.#engines.get(instanceId);
    const port = engine?.region === region ? engine.ports.local(hostPort) : undefined;
    return port === undefined ? undefined : { host: "127.0.0.1", port };
  }

  /** Tells when a container has started or ended, and so what `reach` says may be another. */
  onChange(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Deletes everything that an instance's engine holds: containers, volumes and images. */
  async remove(region: Region, instanceId: string): Promise<void> {
    const engine = this.of(region, instanceId);
    const removal = engine.close().then(() => {
      this.#engines.delete(instanceId);
      return removeEngine(engine.folder, this.#paths().cache);
    });
    this.#removals.add(removal);
    await removal.finally(() => this.#removals.delete(removal));
  }

  /** From now on what stops does so because the sandbox ends, and runs again at its next start. */
  suspend(): void {
    for (const engine of this.#engines.values()) engine.suspend();
  }

  /** Ends all engines and deletes what was only temporary. */
  async close(): Promise<void> {
    await Promise.all([...this.#engines.values()].map((engine) => engine.close()));
    // Two that delete the same files are in each other's way.
    await Promise.allSettled(this.#removals);
    await this.registries.close();
    const folder = this.#temporary;
    if (folder === undefined) return;
    await removeEngines(folder, join(folder, "cache"));
    await rm(folder, { recursive: true, force: true });
  }

  #tellNetworks(): void {
    for (const engine of this.#engines.values()) engine.networkChanged();
  }

  #paths(): { machines: string; cache: string } {
    const { machines = machinesFolder(this.#temporaryFolder()) } = this.#folders;
    return { machines, cache: this.#folders.cache ?? join(machines, "..", "cache") };
  }

  #temporaryFolder(): string {
    this.#temporary ??= mkdtempSync(join(tmpdir(), "bia-sandbox-"));
    return this.#temporary;
  }
}

/** The docker engine of one machine, open while its daemon runs. */
class MachineEngine implements DockerHost {
  readonly region: Region;
  readonly folder: string;
  readonly ports: PublishedPorts;
  readonly #world: World;
  readonly #instanceId: string;
  readonly #cache: string;
  readonly #names: HostNames;
  readonly #registries: Registries;
  readonly #onChange: () => void;
  #containers: ContainerEngine | undefined;
  /** What starts and stops now does so because somebody on the machine wants it. */
  #isOpen = false;
  #suspended = false;
  /** What was asked before; the folder serves one engine at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    world: World,
    region: Region,
    instanceId: string,
    { folder, cache }: { folder: string; cache: string },
    names: HostNames,
    registries: Registries,
    onChange: () => void,
  ) {
    this.#onChange = onChange;
    this.#world = world;
    this.region = region;
    this.#instanceId = instanceId;
    this.folder = folder;
    this.#cache = cache;
    this.#names = names;
    this.#registries = registries;
    this.ports = new PublishedPorts({
      address: () => interfaceOf(region, instanceId)?.Association?.PublicIp,
      isOpen: (port) => isOpen(region, instanceId, port),
    });
  }

  /**
   * Opens the engine. After the sandbox had ended, what ran runs again, as if nothing had happened: for the machine
   * nothing has. After a stop of the daemon the restart policies say what runs.
   */
  open(files: MachineFiles): Promise<DockerEngine> {
    return this.#inTurn(async () => {
      const { images, containers } = await openEngine(this.folder, this.#cache, {
        files,
        localPort: (port, id) => this.ports.publish(port, id),
        outside: () => this.#names.seenFrom(this.region, this.#instanceId),
      });
      this.#containers = containers;
      containers.onChange((container) => this.#world.background(() => this.#changed(container)));
      const paused = this.region.ec2.runningContainers.get(this.#instanceId);
      if (!paused) await containers.resume();
      for (const id of paused?.ids ?? []) {
        if (containers.find(id)) await containers.start(id).catch(ignoreRefusal);
      }
      this.#isOpen = true;
      this.#remember();
      return { images, containers, registries: dockerRegistries(this.#registries, images) };
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const containers = this.#containers;
      this.#isOpen = false;
      await containers?.stopAll();
      this.#containers = undefined;
      await this.ports.close();
      if (!this.#suspended) this.region.ec2.runningContainers.delete(this.#instanceId);
    });
  }

  suspend(): void {
    this.#suspended = true;
  }

  networkChanged(): void {
    this.#containers?.networkChanged();
  }

  rows(): ContainerRow[] {
    return (this.#containers?.list({ all: true }) ?? []).map(({ name, spec, state, ports }) => ({
      name,
      image: spec.image,
      status: state.status,
      ports: ports.flatMap(({ hostPort, containerPort, localPort }) => {
        // Of one that has stopped, another container may have the port by now.
        if (hostPort === undefined || localPort === undefined) return [];
        const reached = this.ports.reached(hostPort);
        return reached ? [{ ...reached, hostPort, containerPort }] : [];
      }),
    }));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #changed({ id, ports }: Container): Promise<void> {
    this.#remember();
    // While it starts and runs, its ports have a place on this computer.
    await this.ports.release(
      id,
      ports.flatMap(({ hostPort, localPort }) => (localPort === undefined ? [] : (hostPort ?? []))),
    );
    this.#onChange();
  }

  /** Keeps which containers run, oldest first, for the next start of the sandbox. */
  #remember(): void {
    if (this.#suspended || !this.#isOpen || !this.#containers) return;
    const ids = this.#containers
      .list()
      .map(({ id }) => id)
      .reverse();
    const table = this.region.ec2.runningContainers;
    if (table.get(this.#instanceId)?.ids.join() === ids.join()) return;
    table.put({ instanceId: this.#instanceId, ids });
  }
}

/** Deletes the engines of all machines that are kept beside a world's state; no sandbox may use them at this time. */
export async function removeEngines(state: string, cache: string): Promise<void> {
  const machines = machinesFolder(state);
  const names = await readdir(machines).catch(() => []);
  for (const name of names) await removeEngine(join(machines, name), cache);
}

/** Volumes are removed one by one, because not all of their data needs to be in the folder (see `PostgresOptions`). */
async function removeEngine(folder: string, cache: string): Promise<void> {
  if (!(await stat(folder).catch(() => undefined))) return;
  const { containers } = await openEngine(folder, cache, { localPort: () => 0 });
  for (const { id } of containers.list({ all: true })) await containers.remove(id, { force: true });
  for (const { name } of containers.volumes()) await containers.removeVolume(name);
  await containers.stopAll();
  const { removeContainers } = await import("../plane/container/engine.ts");
  await removeContainers(containersFolder(folder));
  await rm(folder, { recursive: true, force: true });
}

function containersFolder(engine: string): string {
  return join(engine, "containers");
}

/** Imported only here, because few sandboxes need it in their first second. */
async function openEngine(
  folder: string,
  cache: string,
  options: Pick<EngineOptions, "files" | "localPort" | "outside">,
) {
  const { openImages } = await import("../plane/image/store.ts");
  const { openContainers } = await import("../plane/container/engine.ts");
  const images = await openImages(join(folder, "images"), cache);
  const containers = await openContainers({ folder: containersFolder(folder), cache, images, ...options });
  return { images, containers };
}

/** A container that cannot be started says so itself; `docker start` says why. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Error) || error.name !== "ContainerError") throw error;
}

/**
 * Whether this computer may connect to a port of an instance: if a rule of its security groups opens it to any addresses.
 * To which ones is not looked at, because no address of AWS's is this computer's.
 */
function isOpen(region: Region, instanceId: string, port: number): boolean {
  const groups = (interfaceOf(region, instanceId)?.Groups ?? []).map(({ GroupId }) => GroupId);
  return region.ec2.securityGroupRules
    .filter(({ GroupId, IsEgress }) => !IsEgress && groups.includes(GroupId))
    .some(({ IpProtocol, FromPort = -1, ToPort = -1, CidrIpv4, CidrIpv6 }) => {
      const isTcp = IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && port <= ToPort);
      return isTcp && (CidrIpv4 !== undefined || CidrIpv6 !== undefined);
    });
}
