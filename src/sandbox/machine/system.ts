import { randomBytes } from "node:crypto";
import type { AwsAccess } from "./aws-access.ts";
import { Disk, type DiskSnapshot } from "./disk.ts";
import { DockerDaemon } from "./docker/daemon.ts";
import type { DockerHost } from "./docker/engine.ts";
import { filesOf } from "./docker/machine-files.ts";
import { architectureOf, type MachineFacts } from "./facts.ts";
import { catalogue, type Package, type Unit, versionOf } from "./packages.ts";
import type { Vpc } from "./vpc.ts";

/** State of cloud-init, in the words of `cloud-init status`. */
export type CloudInitStatus = "not run" | "running" | "done" | "error";

/** A swap area in use. */
export interface Swap {
  readonly path: string;
  readonly bytes: number;
  readonly priority: number;
}

/** What the running system knows beside its disk, as JSON. */
export interface SystemSnapshot {
  disk: DiskSnapshot;
  packages: string[];
  services: [unit: string, started: RunningService][];
  swaps: Swap[];
  hostname: string;
  bootedAt: number;
  nextPid: number;
  cloudInit: { status: CloudInitStatus; endedAt: number; errors: string[] };
}

interface RunningService {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const DOCKER = "docker.service";

/** The operating system of a machine: its disk, what is installed and what runs. Commands read and change it. */
export class System {
  readonly facts: MachineFacts;
  readonly disk = new Disk();
  readonly architecture: ReturnType<typeof architectureOf>;
  readonly installed = new Set<string>();
  readonly services = new Map<string, RunningService>();
  swaps: Swap[] = [];
  /** Session token of the instance metadata service. */
  readonly metadataToken = randomBytes(42).toString("base64");
  hostname: string;
  bootedAt = Date.now();
  #volumeGiB: number;
  readonly docker: DockerDaemon;
  /** Undefined: nobody gives this machine credentials. */
  readonly aws: AwsAccess | undefined;
  /** Undefined: it is alone. */
  readonly vpc: Vpc | undefined;
  readonly cloudInit = { status: "not run" as CloudInitStatus, endedAt: 0, errors: [] as string[] };
  private nextPid = 1600;
  private readonly waiting = new Set<() => void>();
  private readonly commandListeners = new Set<(name: string) => void>();

  /** One with an empty disk. */
  constructor(facts: MachineFacts, docker?: DockerHost, aws?: AwsAccess, vpc?: Vpc) {
    this.facts = facts;
    this.#volumeGiB = facts.volumeGiB;
    this.aws = aws;
    this.vpc = vpc;
    this.docker = new DockerDaemon(docker, filesOf(this.disk));
    this.architecture = architectureOf(facts);
    this.hostname = facts.hostname;
  }

  /** Size of the root file system in bytes. */
  get volumeBytes(): number {
    return this.#volumeGiB * 2 ** 30;
  }

  /** Makes the root file system as large as its volume is now, as cloud-init does at every start. */
  growRoot(): void {
    this.#volumeGiB = this.facts.volumeGiB;
  }

  newPid(): number {
    return this.nextPid++;
  }

  /** The installed package that brings a systemd unit, and the unit. */
  unit(name: string): Unit | undefined {
    const full = name.includes(".") ? name : `${name}.service`;
    for (const installed of this.installed) {
      const unit = catalogue[installed]?.units?.find((candidate) => candidate.name === full);
      if (unit) return unit;
    }
    return undefined;
  }

  isEnabled(unit: Unit): boolean {
    return this.disk.at(`/etc/systemd/system/${unit.wantedBy}.wants/${unit.name}`) !== undefined;
  }

  setEnabled(unit: Unit, enabled: boolean): void {
    const path = `/etc/systemd/system/${unit.wantedBy}.wants/${unit.name}`;
    if (enabled) this.disk.put(path, this.disk.newLink(`/usr/lib/systemd/system/${unit.name}`));
    else this.disk.remove(path);
  }

  start(unit: Unit): void {
    if (this.services.has(unit.name)) return;
    for (const needed of unit.requires ?? []) {
      const other = this.unit(needed);
      if (other) this.start(other);
    }
    this.services.set(unit.name, { pid: this.newPid(), since: Date.now() });
    if (unit.name === DOCKER) this.docker.start();
    for (const socket of unit.sockets ?? []) {
      this.disk.write(socket, "", { mode: 0o660, gid: this.gidOf(unit.socketGroup) });
    }
    this.journal("systemd[1]", `Started ${unit.name} - ${unit.description}.`);
  }

  stop(unit: Unit): void {
    if (!this.services.delete(unit.name)) return;
    if (unit.name === DOCKER) this.docker.stop();
    for (const socket of unit.sockets ?? []) this.disk.remove(socket);
    this.journal("systemd[1]", `Stopped ${unit.name} - ${unit.description}.`);
  }

  /** Puts a package's files, groups and units onto the machine. */
  install(name: string): void {
    const content = catalogue[name];
    if (!content || this.installed.has(name)) return;
    this.installed.add(name);
    content.install?.(this.disk);
    for (const path of content.commands ?? [])
      this.addCommand(path, versionOf(path, /^nodesource-(\d+)$/.exec(name)?.[1]));
    for (const { name: unit, description } of content.units ?? []) {
      this.disk.write(`/usr/lib/systemd/system/${unit}`, `[Unit]\nDescription=${description}\n`);
    }
    if (name.startsWith("nodejs")) this.chooseNode();
  }

  uninstall(name: string): void {
    const content: Package | undefined = catalogue[name];
    if (!content || !this.installed.delete(name)) return;
    for (const unit of content.units ?? []) {
      this.stop(unit);
      this.setEnabled(unit, false);
      this.disk.remove(`/usr/lib/systemd/system/${unit.name}`);
    }
    for (const path of content.commands ?? []) this.disk.remove(path);
    if (name.startsWith("nodejs")) this.chooseNode();
  }

  /** Makes a command reachable at a path such as `/usr/bin/git`; what it does is in `commands/`. */
  addCommand(path: string, version = ""): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const binary = `\u007fELF ${version}`.trimEnd();
    this.disk.write(`/usr/bin/${name}`, binary, { mode: 0o755 });
    for (const listener of this.commandListeners) listener(name);
    if (path.startsWith("/usr/bin/")) return;
    // just-bash looks for the commands it knows in /usr/bin; elsewhere a file is a script, which inherits `set -x`.
    this.disk.write(path, `#!/bin/bash\n{ set +x; } 2>/dev/null\n/usr/bin/${name} "$@"\n`, { mode: 0o755 });
  }

  /** Calls back with the names of all commands that are there, and later with each that is added. */
  onCommand(listener: (name: string) => void): () => void {
    const folder = this.disk.directory("/usr/bin");
    for (const name of folder.entries.keys()) listener(name);
    this.commandListeners.add(listener);
    return () => this.commandListeners.delete(listener);
  }

  /**
   * `alternatives` in automatic mode: all Node.js packages have the same priority and the first one installed stays
   * (https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html).
   */
  private chooseNode(): void {
    const [major] = [...this.installed].flatMap((name) => /^nodejs(\d+)$/.exec(name)?.[1] ?? []);
    for (const command of ["node", "npm", "npx"]) {
      const path = `/usr/bin/${command}`;
      const target = `${path}-${major}`;
      if (major !== undefined && this.disk.at(target)) this.useAlternative(command, target);
      else this.disk.remove(path);
    }
  }

  /** Lets `/usr/bin/NAME` be another file, by way of /etc/alternatives. */
  useAlternative(name: string, target: string): void {
    this.disk.put(`/etc/alternatives/${name}`, this.disk.newLink(target));
    this.disk.put(`/usr/bin/${name}`, this.disk.newLink(`/etc/alternatives/${name}`));
    for (const listener of this.commandListeners) listener(name);
  }

  /** A line of the system's journal. */
  journal(unit: string, message: string): void {
    const [host = ""] = this.hostname.split(".");
    const time = new Date().toUTCString().replace(/^\w+, (\d+) (\w+) \d+ ([\d:]+) GMT$/, "$2 $1 $3");
    this.disk.append("/run/log/journal/system", `${time} ${host} ${unit}: ${message}\n`);
  }

  setCloudInit(status: CloudInitStatus, errors: string[] = []): void {
    Object.assign(this.cloudInit, { status, errors, endedAt: status === "running" ? 0 : Date.now() });
    for (const wake of this.waiting) wake();
  }

  /** Resolves when cloud-init has ended, or the signal is aborted. */
  async cloudInitEnded(signal?: AbortSignal): Promise<void> {
    while (["not run", "running"].includes(this.cloudInit.status) && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.waiting.add(wake);
        signal?.addEventListener("abort", wake, { once: true });
      });
    }
  }

  snapshot(): SystemSnapshot {
    const { hostname, bootedAt, nextPid, cloudInit } = this;
    return {
      disk: this.disk.snapshot(),
      packages: [...this.installed],
      services: [...this.services],
      swaps: this.swaps,
      hostname,
      bootedAt,
      nextPid,
      cloudInit: { ...cloudInit },
    };
  }

  restore(snapshot: SystemSnapshot): void {
    this.disk.restore(snapshot.disk);
    this.installed.clear();
    for (const name of snapshot.packages) this.installed.add(name);
    this.services.clear();
    for (const [unit, started] of snapshot.services) this.services.set(unit, started);
    if (this.services.has(DOCKER)) this.docker.start();
    this.swaps = snapshot.swaps;
    this.hostname = snapshot.hostname;
    this.bootedAt = snapshot.bootedAt;
    this.nextPid = snapshot.nextPid;
    // User data that was cut off with the process that interpreted it runs again when the machine is told to.
    const { status } = snapshot.cloudInit;
    Object.assign(this.cloudInit, snapshot.cloudInit, { status: status === "running" ? "not run" : status });
  }

  private gidOf(group: string | undefined): number {
    const line = (this.disk.text("/etc/group") ?? "").split("\n").find((entry) => entry.startsWith(`${group}:`));
    return Number(line?.split(":")[2] ?? 0);
  }
}
