/**
 * What the machine's docker commands need of the engine behind them. The machine has none of its own: whoever creates it
 * gives it one (see `DockerHost`).
 */

/** One docker engine. Its failures are `ContainerError` and `ImageError`, see `isDockerError`. */
export interface DockerEngine {
  readonly containers: Containers;
  readonly images: Images;
  readonly registries: Registries;
}

/** Where a machine's docker daemon finds its engine. */
export interface DockerHost {
  /** Opens the engine; containers whose restart policy says so run again. Called when the daemon starts. */
  open(files: MachineFiles): Promise<DockerEngine>;
  /** Stops all containers and resolves when none of their processes is left. Called when the daemon stops. */
  close(): Promise<void>;
}

/** The files of the machine, of which containers may have some mounted. */
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
  readonly mode: number;
  /** Of a symlink. */
  readonly target?: string;
  /** Of a file. */
  read(): Uint8Array;
}

export interface Containers {
  create(spec: ContainerSpec): Promise<Container>;
  start(container: string): Promise<void>;
  stop(container: string, options?: { readonly timeoutSeconds?: number }): Promise<void>;
  restart(container: string, options?: { readonly timeoutSeconds?: number }): Promise<void>;
  kill(container: string, signal?: NodeJS.Signals): Promise<void>;
  remove(container: string, options?: { readonly force?: boolean }): Promise<void>;
  /** By name, id or the beginning of an id. */
  find(container: string): Container | undefined;
  /** Newest first; running ones only unless `all`. */
  list(options?: { readonly all?: boolean }): Container[];
  /** What its processes use now; undefined: it does not run, has not told yet, or is a database. */
  usage(container: string): ContainerUsage | undefined;
  /** Resolves with the exit code when the container has stopped. */
  wait(container: string): Promise<number>;
  /** Resolves when the test is true of the container, or it was removed; rejects when the signal is aborted. */
  until(
    container: string,
    test: (container: Container) => boolean,
    signal?: AbortSignal,
  ): Promise<Container | undefined>;
  logs(container: string, options?: LogOptions): AsyncIterable<LogLine>;
  /** Runs a command in a running container. @returns its exit code */
  exec(container: string, options: ExecOptions): Promise<number>;
  /**
   * Puts a file or a folder with everything in it at a path of a container, which need not run: entries as `MachineFiles.list`
   * gives them.
   */
  put(container: string, path: string, entries: readonly Placed[]): Promise<void>;
  /** What is at a path of a container. @throws an error of the engine if there is nothing */
  take(container: string, path: string): Promise<readonly Placed[]>;
  /** What is at a path of a container, links not followed; undefined: nothing. */
  kind(container: string, path: string): Promise<Placed["type"] | undefined>;
  /** Brings what has changed in running containers to the machine's files that they have mounted, and the other way round. */
  refresh(): Promise<void>;

  createVolume(name: string, labels?: Readonly<Record<string, string>>): Promise<Volume>;
  volumes(): Volume[];
  removeVolume(name: string): Promise<void>;
  createNetwork(name: string, labels?: Readonly<Record<string, string>>): Promise<Network>;
  networks(): Network[];
  removeNetwork(name: string): Promise<void>;
}

export interface Images {
  build(options: BuildOptions): Promise<{ readonly image: Image }>;
  pull(reference: string, onProgress?: (line: string) => void): Promise<Image>;
  /** By `name[:tag]`, id or the beginning of an id. */
  find(reference: string): Promise<Image | undefined>;
  /** Newest first. */
  list(): Promise<Image[]>;
  tag(reference: string, name: string): Promise<void>;
  /** How an image came to be, the oldest step first; sizes in bytes. @throws an error of the engine if there is none */
  history(reference: string): Promise<readonly ImageStep[]>;
  /** @returns lines as `docker rmi` prints them */
  remove(reference: string): Promise<string[]>;
}

export interface ImageStep {
  /** ISO 8601. */
  readonly created: string;
  readonly createdBy: string;
  readonly size: number;
}

/** Registries that the engine can reach. What they refuse is an `ImageError` with docker's and their words. */
export interface Registries {
  /** Whether there is a registry at a host, e.g. `000000000000.dkr.ecr.us-east-1.amazonaws.com`. */
  has(host: string): boolean;
  /** Asks a registry whether it knows the password. */
  login(host: string, login: RegistryLogin): Promise<void>;
  /** Sends an image of the engine to the registry that its name tells of; `onProgress` gets docker's lines. */
  push(reference: string, login: RegistryLogin | undefined, onProgress: (line: string) => void): Promise<void>;
  /** Brings an image from the registry that its name tells of. */
  pull(reference: string, login: RegistryLogin | undefined, onProgress: (line: string) => void): Promise<Image>;
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface BuildOptions {
  readonly context: BuildContext;
  /** Path in the context. */
  readonly dockerfile?: string;
  readonly tags?: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Other places that COPY --from may name, and images that FROM may. */
  readonly contexts?: Readonly<Record<string, BuildContext | string>>;
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly noCache?: boolean;
  /** Lines of `docker build --progress=plain`. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The files that a build may copy. Paths are relative to the context, with `/`. */
export interface BuildContext {
  list(skip: (path: string, isDirectory: boolean) => boolean): Promise<ContextEntry[]>;
  read(path: string): Promise<Uint8Array>;
}

export interface ContextEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Of a symlink. */
  readonly target?: string;
}

export interface Image {
  /** `sha256:...` */
  readonly id: string;
  readonly digest: string;
  /** `name:tag` each. */
  readonly names: readonly string[];
  readonly config: ImageConfig;
  /** ISO 8601. */
  readonly created: string;
  /** Bytes. */
  readonly size: number;
  readonly layers: readonly string[];
}

export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir: string;
  readonly User: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck?: Healthcheck;
  readonly StopSignal?: string;
  /** Of the Dockerfile's shell forms; absent: `/bin/sh -c`. */
  readonly Shell?: readonly string[];
}

/** Times in nanoseconds. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", ...arguments]` or `["CMD-SHELL", command]`. */
  readonly Test: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface ContainerSpec {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly PublishedPort[];
  readonly volumes?: readonly { readonly name: string; readonly target: string; readonly readOnly?: boolean }[];
  /** Files and folders of the machine. */
  readonly binds?: readonly { readonly source: string; readonly target: string; readonly readOnly?: boolean }[];
  /** Volumes without a name. */
  readonly anonymous?: readonly string[];
  readonly networks?: readonly { readonly name: string; readonly aliases?: readonly string[] }[];
  /** Names beside those of the networks; `host-gateway` stands for the machine's own address. */
  readonly extraHosts?: readonly { readonly name: string; readonly address: string }[];
  readonly restart?: RestartPolicy;
  readonly healthcheck?: Healthcheck;
  /** Bytes. */
  readonly memory?: number;
  readonly workingDir?: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds?: number;
  readonly stopSignal?: NodeJS.Signals;
  readonly autoRemove?: boolean;
}

export interface PublishedPort {
  readonly containerPort: number;
  /** Port of the machine; 0: any free one. */
  readonly hostPort: number;
}

export interface RestartPolicy {
  readonly name: "no" | "on-failure" | "always" | "unless-stopped";
  readonly maximumRetryCount?: number;
}

export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly imageId: string;
  readonly argv: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  readonly state: ContainerState;
  readonly ports: readonly BoundPort[];
  /** Address in its networks; absent without networks. */
  readonly address?: string;
  readonly restartCount: number;
}

export interface ContainerState {
  readonly status: "created" | "running" | "restarting" | "exited";
  readonly pid?: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  /** ISO 8601; absent: it never ran. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Absent: no health check. */
  readonly health?: Health;
}

export interface Health {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  readonly log: readonly {
    readonly start: string;
    readonly end: string;
    readonly exitCode: number;
    readonly output: string;
  }[];
}

/** What the processes of a container use together. */
export interface ContainerUsage {
  /** Bytes that they hold. */
  readonly memory: number;
  /** Seconds that they have had a processor for, since it was started. */
  readonly cpu: number;
  /** How many there are. */
  readonly processes: number;
}

export interface BoundPort {
  readonly containerPort: number;
  /** Port of the machine; absent: exposed, not published. */
  readonly hostPort?: number;
  /** Port of 127.0.0.1 of the user's computer; absent while the container does not run. */
  readonly localPort?: number;
}

export interface LogOptions {
  readonly follow?: boolean;
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
  readonly signal?: AbortSignal;
}

export interface Volume {
  readonly name: string;
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

/** True of what docker's user is to read; any other error is a defect. */
export function isDockerError(error: unknown): error is Error & { readonly code?: string } {
  return error instanceof Error && (error.name === "ContainerError" || error.name === "ImageError");
}
