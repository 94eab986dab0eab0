import { join } from "node:path";
import type { BoundPort, ContainerState } from "../container.ts";
import { PostgresError } from "../postgres.ts";
import { NotExecutable } from "../process/command.ts";
import type { ProcessPort, Usage } from "../process/process-host.ts";
import { ContainerError } from "./error.ts";
import { commandOf, HealthMonitor } from "./health-monitor.ts";
import { ContainerLog } from "./log.ts";
import { type ContainerRecord, writeRecord } from "./record.ts";
import type { Ended, ExecRequest, RunningContainer } from "./runtime.ts";

/** What a container needs of its engine. */
export interface Surroundings {
  /** Folder of all containers. */
  readonly folder: string;
  /** The ports that it will be reached on. @throws ContainerError if one is taken */
  bindPorts(record: ContainerRecord): Promise<readonly BoundPort[]>;
  launch(container: ManagedContainer, ports: readonly BoundPort[]): Promise<RunningContainer>;
  /** Its record has changed. */
  changed(container: ManagedContainer): void;
  /** It has stopped for good and was made to be removed then. */
  removeWhenStopped(container: ManagedContainer): void;
}

/** Docker's: the delay doubles from 100 ms to a minute, and starts anew after a run of 10 s. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
const GOOD_RUN_MS = 10_000;
const DEFAULT_STOP_TIMEOUT_S = 10;

/** One container from `create` to `remove`: its process, its restarts, its health, its log. */
export class ManagedContainer {
  readonly log: ContainerLog;
  /** Ports that its processes listen on without having announced them. */
  readonly otherPorts = new Map<number, number>();
  /** What is different on its loopback interface; see `NetworkView`. */
  readonly loopbackPorts = new Map<number, number | null>();
  #record: ContainerRecord;
  readonly #surroundings: Surroundings;
  #running: RunningContainer | undefined;
  #usage: Usage | undefined;
  /** Resolves when the process has ended and the record says so. */
  #ending: Promise<void> | undefined;
  #monitor: HealthMonitor | undefined;
  #oomKilled = false;
  #stopAsked = false;
  #delay = FIRST_DELAY_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  /** Commands wait for one another. */
  #turn: Promise<unknown> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();

  constructor(record: ContainerRecord, surroundings: Surroundings) {
    this.#record = record;
    this.#surroundings = surroundings;
    this.log = new ContainerLog(join(surroundings.folder, record.id, "container.log"));
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  /** Undefined: it does not run, or its processes have not told yet. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  get running(): RunningContainer | undefined {
    return this.#running;
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#running) return;
      clearTimeout(this.#restartTimer);
      this.#delay = FIRST_DELAY_MS;
      this.#update({ wanted: true, restartCount: 0 });
      await this.#launch();
    });
  }

  /** `wanted`: it shall run again when the engine is opened again. */
  stop(timeoutSeconds = this.#record.spec.stopTimeoutSeconds ?? DEFAULT_STOP_TIMEOUT_S, wanted = false): Promise<void> {
    return this.#inTurn(async () => {
      this.#update({ wanted: wanted && this.#record.wanted });
      this.#stopAsked = true;
      clearTimeout(this.#restartTimer);
      const running = this.#running;
      if (!running) {
        if (this.#record.state.status === "restarting") this.#setState({ status: "exited" });
        return;
      }
      const { spec, image } = this.#record;
      running.signal(spec.stopSignal ?? (image.StopSignal as NodeJS.Signals | undefined) ?? "SIGTERM");
      const timer = setTimeout(() => running.kill(), timeoutSeconds * 1000);
      await this.#ending;
      clearTimeout(timer);
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const running = this.#existing();
    if (signal === "SIGKILL") {
      // As `docker kill`: whoever asks for it does not want it to start again.
      this.#stopAsked = true;
      this.#update({ wanted: false });
      running.kill();
      await this.#ending;
    } else running.signal(signal);
  }

  exec(request: ExecRequest): Promise<number> {
    return this.#existing().exec(request);
  }

  /** Resolves when nothing is left to be written. */
  async settled(): Promise<void> {
    await this.log.flush();
    await this.#saving;
  }

  #existing(): RunningContainer {
    if (this.#running) return this.#running;
    throw new ContainerError("not-running", `container ${this.#record.id} is not running`);
  }

  /** Takes down that one of its processes listens on a port that is not announced, or on some interfaces alone. */
  noteListening({ port, localPort, at }: ProcessPort): void {
    this.loopbackPorts.delete(port);
    if (at !== "all") this.loopbackPorts.set(port, at === "loopback" ? localPort : null);
    if (at !== "loopback" && !this.#record.ports.some(({ containerPort }) => containerPort === port)) {
      this.otherPorts.set(port, localPort);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    // What was asked for is on disk before it is answered.
    const done = this.#turn.then(act).finally(() => this.#saving);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #launch(): Promise<void> {
    this.#stopAsked = false;
    this.#oomKilled = false;
    this.otherPorts.clear();
    this.loopbackPorts.clear();
    try {
      const ports = await this.#surroundings.bindPorts(this.#record);
      this.#update({ ports });
      const running = await this.#surroundings.launch(this, ports);
      this.#running = running;
      this.#ending = running.ended.then((ended) => this.#ended(ended));
      const startedAt = new Date().toISOString();
      const { pid } = running;
      const { health: _, pid: __, ...state } = this.#record.state;
      this.#update({
        state: {
          ...state,
          ...(pid !== undefined && { pid }),
          status: "running",
          exitCode: 0,
          oomKilled: false,
          error: "",
          startedAt,
        },
      });
      this.#watchHealth(running);
    } catch (error) {
      const failure = explained(error);
      const exitCode = error instanceof NotExecutable ? error.exitCode : 128;
      const finishedAt = new Date().toISOString();
      this.#update({
        ports: unbound(this.#record),
        state: { ...this.#record.state, status: "exited", exitCode, error: failure.message, finishedAt },
      });
      throw failure;
    }
  }

  #watchHealth(running: RunningContainer): void {
    const { spec, image } = this.#record;
    // One without a test only changes the times of the image's.
    const { Test = [], ...times } = spec.healthcheck ?? {};
    const check = Test.length === 0 && image.Healthcheck ? { ...image.Healthcheck, ...times } : spec.healthcheck;
    if (!check || !commandOf(check)) return;
    this.#monitor = new HealthMonitor(
      check,
      (argv, onOutput, signal) => running.exec({ argv, env: {}, workingDir: undefined, onOutput, signal }),
      (health) => this.#setState({ health }),
    );
  }

  #ended({ exitCode, error = "" }: Ended): void {
    this.#monitor?.stop();
    this.#running = undefined;
    this.#usage = undefined;
    this.#ending = undefined;
    const { pid: _, ...state } = this.#record.state;
    const ran = Date.now() - Date.parse(state.startedAt ?? "");
    if (ran >= GOOD_RUN_MS) this.#delay = FIRST_DELAY_MS;
    const restarts = !this.#stopAsked && this.#mayRestart(this.#oomKilled ? 137 : exitCode);
    void this.log.flush();
    this.#update({
      ports: unbound(this.#record),
      state: {
        ...state,
        status: restarts ? "restarting" : "exited",
        exitCode: this.#oomKilled ? 137 : exitCode,
        oomKilled: this.#oomKilled,
        error,
        finishedAt: new Date().toISOString(),
      },
    });
    if (restarts) this.#restartLater();
    else if (this.#record.spec.autoRemove) this.#surroundings.removeWhenStopped(this);
  }

  #mayRestart(exitCode: number): boolean {
    const { name, maximumRetryCount = 0 } = this.#record.spec.restart ?? { name: "no" };
    if (name === "always" || name === "unless-stopped") return true;
    const mayRetry = maximumRetryCount === 0 || this.#record.restartCount < maximumRetryCount;
    return name === "on-failure" && exitCode !== 0 && mayRetry;
  }

  #restartLater(): void {
    this.#restartTimer = setTimeout(() => {
      void this.#inTurn(async () => {
        if (this.#running || this.#stopAsked) return;
        this.#update({ restartCount: this.#record.restartCount + 1 });
        // Why it failed is in its state; the next try comes by itself.
        await this.#launch().catch(() => {
          if (this.#mayRestart(this.#record.state.exitCode)) {
            this.#setState({ status: "restarting" });
            this.#restartLater();
          }
        });
      });
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
  }

  /** All its processes together use so much. */
  noteUsage(usage: Usage): void {
    if (!this.#running) return;
    this.#usage = usage;
    const { memory } = this.#record.spec;
    if (memory === undefined || memory === 0 || usage.memory <= memory) return;
    this.#oomKilled = true;
    this.#running.kill();
  }

  #setState(state: Partial<ContainerState>): void {
    this.#update({ state: { ...this.#record.state, ...state } });
  }

  #update(change: Partial<ContainerRecord>): void {
    this.#record = { ...this.#record, ...change };
    const record = this.#record;
    // A full disk must not end the sandbox; what is in memory holds, and the next change is written again.
    this.#saving = this.#saving.then(() => writeRecord(this.#surroundings.folder, record)).catch(() => {});
    this.#surroundings.changed(this);
  }
}

/** The ports of a container that does not run: those that it may choose anew are unknown. */
export function unbound({ ports, spec }: Pick<ContainerRecord, "ports" | "spec">): BoundPort[] {
  return ports.map(({ containerPort }) => {
    const hostPort = spec.ports?.find((port) => port.containerPort === containerPort)?.hostPort;
    return { containerPort, ...(hostPort && { hostPort }) };
  });
}

function explained(error: unknown): Error {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof NotExecutable) {
    const kind = error.exitCode === 127 ? "not-found" : "not-executable";
    return new ContainerError(kind, `OCI runtime create failed: unable to start container process: ${message}`);
  }
  if (error instanceof PostgresError) {
    return new ContainerError(/is full/.test(error.next) ? "disk-full" : "failed", `${message} ${error.next}`);
  }
  if (code === "ENOSPC") return new ContainerError("disk-full", message);
  return error instanceof ContainerError ? error : new ContainerError("failed", message);
}
