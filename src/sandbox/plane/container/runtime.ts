import type { BoundPort } from "../container.ts";
import type { NetworkView } from "../process/inside/scope.ts";
import type { ProcessPort, Usage } from "../process/process-host.ts";
import type { Mount } from "../process/root-folder.ts";
import type { Output } from "../process/shell.ts";
import type { ContainerRecord } from "./record.ts";

/** What a container's process is started with. */
export interface StartOptions {
  readonly record: ContainerRecord;
  /** Folder of the container. */
  readonly folder: string;
  /** What it has as `/`. */
  readonly root: string;
  readonly mounts: readonly Mount[];
  readonly ports: readonly BoundPort[];
  readonly network: NetworkView;
  readonly onOutput: Output;
  readonly onUsage: (usage: Usage) => void;
  /** It listens on a port that is neither published nor exposed, or on some of its network interfaces alone. */
  readonly onListening: (listening: ProcessPort) => void;
}

/** How the process of a container ended. */
export interface Ended {
  readonly exitCode: number;
  /** In words, if there is more to say than the code. */
  readonly error?: string;
}

export interface ExecRequest {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly input?: Uint8Array | undefined;
  readonly onOutput: Output;
  readonly signal: AbortSignal | undefined;
}

/** The process of a running container. */
export interface RunningContainer {
  readonly pid: number | undefined;
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and all that it started, at once. */
  kill(): void;
  /** Resolves with the exit code. @throws NotExecutable */
  exec(request: ExecRequest): Promise<number>;
  setNetwork(view: NetworkView): Promise<void>;
}
