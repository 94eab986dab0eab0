import type { Healthcheck, ImageStore } from "./image.ts";
import type { Usage } from "./process/process-host.ts";

export interface EngineOptions {
  /** Containers, volumes and networks are kept here. One engine at a time uses a folder. */
  readonly folder: string;
  /** Folder for what the engines of all machines share. */
  readonly cache: string;
  readonly images: ImageStore;
  /**
   * Port of 127.0.0.1 that a machine's published port is served on; default: the same. It is asked at every start of a
   * container, whose id it is given. What it throws ends the start.
   */
  readonly localPort?: (hostPort: number, container: string) => number | Promise<number>;
  /** What containers may have mounted of the machine's files. Default: nothing. */
  readonly files?: MachineFiles;
  /** What containers reach outside of their machine. Asked at every change; see `networkChanged`. Default: nothing. */
  readonly outside?: () => Outside;
}

/** The files of the machine that an engine belongs to. */
export interface MachineFiles {
  /**
   * The file or the folder at a path, links followed, and everything in it: parents first, paths relative, that of the
   * first one empty. Where nothing is, a folder is made, as docker does.
   */
  list(path: string): readonly MachineEntry[];
  /** Puts a file, a folder or a link there as root; a folder keeps what is in it. @returns its stamp */
  put(path: string, entry: Placed): string;
  remove(path: string): void;
}

export interface MachineEntry extends Placed {
  /** Another one when the file is. */
  readonly stamp: string;
}

/** A file, folder or link; paths are relative to what they are part of, whose own path is empty. */
export interface Placed {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits. */
  readonly mode: number;
  /** Of a symlink. */
  readonly target?: string;
  /** Of a file. */
  read(): Uint8Array;
}

/** Names and addresses outside of a machine. */
export interface Outside {
  /** Addresses by name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Where `<address>:<port>` is served on this computer; null: no security group lets the machine in. */
  readonly ports: Readonly<Record<string, { readonly host: string; readonly port: number } | null>>;
}

/** One docker engine: its containers are processes of this computer that listen on 127.0.0.1. */
export interface ContainerEngine {
  /** Makes a container without starting it. @throws ContainerError */
  create(spec: ContainerSpec): Promise<Container>;
  /** Resolves when its process runs; a running one is left alone. @throws ContainerError */
  start(container: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after the stop timeout. A stopped one is left alone. */
  stop(container: string, options?: { readonly timeoutSeconds?: number }): Promise<void>;
  restart(container: string, options?: { readonly timeoutSeconds?: number }): Promise<void>;
  /** @throws ContainerError if it does not run */
  kill(container: string, signal?: NodeJS.Signals): Promise<void>;
  /** Also deletes its anonymous volumes. @throws ContainerError if it runs and `force` is not set */
  remove(container: string, options?: { readonly force?: boolean }): Promise<void>;
  /** By name, id or the beginning of an id. */
  find(container: string): Container | undefined;
  /** Newest first; running ones only unless `all`. */
  list(options?: { readonly all?: boolean }): Container[];
  /** What its processes use now; undefined: it does not run, has not told yet, or is a database. */
  usage(container: string): Usage | undefined;
  /** Resolves with the exit code when the container has stopped. */
  wait(container: string): Promise<number>;
  /** Resolves when the test is true of the container; looks at it whenever anything changes. Undefined: it was removed. */
  until(
    container: string,
    test: (container: Container) => boolean,
    signal?: AbortSignal,
  ): Promise<Container | undefined>;
  /** What it wrote, oldest first; `follow` goes on until it stops. Kept until the container is removed. */
  logs(container: string, options?: LogOptions): AsyncIterable<LogLine>;
  /** Runs a command in a running container. @returns its exit code. @throws ContainerError */
  exec(container: string, options: ExecOptions): Promise<number>;
  /** Puts a file or a folder with everything in it at a path of a container, which need not run. */
  put(container: string, path: string, entries: readonly Placed[]): Promise<void>;
  /** What is at a path of a container, parents first. @throws ContainerError if there is nothing */
  take(container: string, path: string): Promise<readonly Placed[]>;
  /** What is at a path of a container, links not followed; undefined: nothing. */
  kind(container: string, path: string): Promise<Placed["type"] | undefined>;
  /** Brings what has changed in running containers to the machine's files that they have mounted, and the other way round. */
  refresh(): Promise<void>;

  /** Makes a volume; one that exists is left alone. */
  createVolume(name: string, labels?: Readonly<Record<string, string>>): Promise<Volume>;
  volumes(): Volume[];
  /** Deletes a volume with its data. @throws ContainerError if there is none or a container uses it */
  removeVolume(name: string): Promise<void>;
  /** Makes a network; one that exists is left alone. */
  createNetwork(name: string, labels?: Readonly<Record<string, string>>): Promise<Network>;
  networks(): Network[];
  /** @throws ContainerError if there is none or a running container is attached */
  removeNetwork(name: string): Promise<void>;

  /** `outside` answers something else from now on. */
  networkChanged(): void;
  /** Calls the listener after every change of a container; returns what ends that. */
  onChange(listener: (container: Container) => void): () => void;
  /**
   * Starts what ran when the engine ended, however it ended, as the docker engine does: containers with the restart
   * policy `always`, and those with `unless-stopped` that nobody stopped.
   */
  resume(): Promise<void>;
  /** Stops all containers at once and ends the engine; none of their processes is left. */
  stopAll(): Promise<void>;
}

export interface ContainerSpec {
  /** Default: `sandbox_` and a part of the id. */
  readonly name?: string;
  /** Reference of an image in the engine's store. */
  readonly image: string;
  /** Replaces the image's Cmd. */
  readonly command?: readonly string[];
  /** Replaces the image's Entrypoint, and drops its Cmd. */
  readonly entrypoint?: readonly string[];
  /** Exactly what the process gets on top of the image's, but PORT: see `PublishedPort`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly PublishedPort[];
  /** Volumes by name, made if absent, and where they are in the container. */
  readonly volumes?: readonly { readonly name: string; readonly target: string; readonly readOnly?: boolean }[];
  /** Files and folders of the machine, and where they are in the container. */
  readonly binds?: readonly { readonly source: string; readonly target: string; readonly readOnly?: boolean }[];
  /** Folders that keep what the image has in them, whatever is mounted above: volumes without a name. */
  readonly anonymous?: readonly string[];
  /** Default: none, and no other container knows its name. */
  readonly networks?: readonly { readonly name: string; readonly aliases?: readonly string[] }[];
  /** Names beside those of the networks, in `/etc/hosts`, too; `host-gateway` stands for the machine's own address. */
  readonly extraHosts?: readonly { readonly name: string; readonly address: string }[];
  readonly restart?: RestartPolicy;
  /** Replaces the image's. */
  readonly healthcheck?: Healthcheck;
  /** Bytes that all its processes may hold together; the container is killed (137, oomKilled) when they hold more. */
  readonly memory?: number;
  readonly workingDir?: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 10. */
  readonly stopTimeoutSeconds?: number;
  readonly stopSignal?: NodeJS.Signals;
  /** True: it is removed when it has stopped. */
  readonly autoRemove?: boolean;
}

/**
 * A container's port, served on a port of the machine. The process is told PORT=<local port> (unless `env` sets PORT),
 * and one that listens on the container's port itself is led to the local port.
 */
export interface PublishedPort {
  readonly containerPort: number;
  /** Port of the machine; 0: any free one. */
  readonly hostPort: number;
}

export interface RestartPolicy {
  readonly name: "no" | "on-failure" | "always" | "unless-stopped";
  /** Of `on-failure`: how often at most. */
  readonly maximumRetryCount?: number;
}

export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly imageId: string;
  /** What runs: entrypoint and command together. */
  readonly argv: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  readonly state: ContainerState;
  /** Published and exposed ports with the ports of 127.0.0.1 that answer for them while it runs. */
  readonly ports: readonly BoundPort[];
  /** Address in its networks as the other containers see it, `172.18.0.2`; absent without networks. */
  readonly address?: string;
  readonly restartCount: number;
}

export interface ContainerState {
  readonly status: "created" | "running" | "restarting" | "exited";
  /** Of this computer; absent: no process runs. */
  readonly pid?: number;
  /** Of the last run; 128 + the signal's number if a signal ended it. */
  readonly exitCode: number;
  /** True: the last run held more memory than allowed. */
  readonly oomKilled: boolean;
  /** Why it could not be started, or why its database ended; empty: no such reason. */
  readonly error: string;
  /** ISO 8601; absent: it never ran. */
  readonly startedAt?: string;
  /** ISO 8601; absent: it never ended. */
  readonly finishedAt?: string;
  /** Absent: no health check. */
  readonly health?: Health;
}

export interface Health {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  /** The last five checks, oldest first. */
  readonly log: readonly { start: string; end: string; exitCode: number; output: string }[];
}

export interface BoundPort {
  readonly containerPort: number;
  /** Port of the machine; absent: exposed, not published. */
  readonly hostPort?: number;
  /** Port of 127.0.0.1; absent while it does not run. */
  readonly localPort?: number;
}

export interface LogOptions {
  readonly follow?: boolean;
  /** Only the last so many lines before it follows. */
  readonly tail?: number;
  /** ISO 8601. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly stream: "stdout" | "stderr";
  /** ISO 8601. */
  readonly time: string;
  /** Without the line break. */
  readonly text: string;
}

export interface ExecOptions {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** What is on its standard input. */
  readonly input?: Uint8Array;
  readonly onOutput?: (chunk: string, stream: "stdout" | "stderr") => void;
  /** Kills the command. */
  readonly signal?: AbortSignal;
}

export interface Volume {
  readonly name: string;
  /** Folder of this computer that holds its data. */
  readonly folder: string;
  /** ISO 8601. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Network {
  readonly name: string;
  readonly id: string;
  /** ISO 8601. */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
}
