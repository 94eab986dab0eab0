import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { isSecret, type Listening, listen } from "../listen.ts";
import { EndedUsage } from "./ended-usage.ts";
import type { FromProcess, Interfaces, NetworkView, ScopeFile, ToProcess } from "./inside/scope.ts";
import { insideFile } from "./inside-file.ts";
import { readMessages } from "./messages.ts";

/** How a process ended; exactly one of the two. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface SpawnOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Given to its stdin, which is closed then. */
  readonly input?: string | Uint8Array;
  readonly onOutput: (chunk: string, stream: "stdout" | "stderr") => void;
}

export interface RunningProcess {
  /** Undefined: it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when it is gone and its output is complete. @throws the error of a process that could not be started */
  readonly exited: Promise<Exit>;
  /** Signals the process alone, as docker does with a container's first process. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it with everything that it started. */
  kill(): void;
}

/** What processes use together. */
export interface Usage {
  /** Bytes that they hold. */
  readonly memory: number;
  /** Seconds that they, and those that have ended, have had a processor for. */
  readonly cpu: number;
  /** How many there are. */
  readonly processes: number;
}

/** A port that a process listens on, as it calls it, and the port of 127.0.0.1 that this is. */
export interface ProcessPort {
  readonly port: number;
  readonly localPort: number;
  readonly at: Interfaces;
}

/** Processes that belong together and end together, such as a container's. */
export interface Scope {
  spawn(options: SpawnOptions): RunningProcess;
  /** Tells its processes, also those that run, what they see of the network. */
  setNetwork(view: NetworkView): Promise<void>;
  /** Calls the listener with what all its processes use together, whenever that changes. */
  onUsage(listener: (usage: Usage) => void): void;
  /** Calls the listener when a process listens in another way than `NetworkView` says. */
  onListening(listener: (listening: ProcessPort) => void): void;
  /** Ends all its processes; resolves when they are gone. */
  end(): Promise<void>;
}

/**
 * Starts the processes of containers and builds, and sees that none outlives this process: each holds a connection to
 * it, in a thread of its own, and kills itself when that breaks. So no process id has to be remembered, and no process
 * that is not ours can ever be signalled.
 */
export class ProcessHost {
  readonly #folder: string;
  readonly #inside: string;
  readonly #scopes = new Set<ProcessScope>();
  #port: Listening | undefined;

  private constructor(folder: string, inside: string) {
    this.#folder = folder;
    this.#inside = inside;
  }

  /** Files for the processes are kept in the folder; what an earlier host left there is deleted. */
  static async open(folder: string): Promise<ProcessHost> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const host = new ProcessHost(folder, await insideFile(folder));
    const server = createServer((socket) => host.#greet(socket)).unref();
    host.#port = await listen(server, { port: 0 });
    return host;
  }

  /** @param writing where its Node processes may not write, and where they may within these */
  async openScope(writing: ScopeFile["writing"] = []): Promise<Scope> {
    const id = randomBytes(8).toString("hex");
    const token = randomBytes(16).toString("hex");
    const network = join(this.#folder, `${id}.json`);
    const ended = join(this.#folder, `${id}.ended`);
    await mkdir(ended, { mode: 0o700 });
    const about: ScopeFile = { port: this.#port?.port ?? 0, token, network, ended, writing };
    const entry = join(this.#folder, `${id}.cjs`);
    await writeFile(entry, `globalThis.biaScope=${JSON.stringify(about)};require(${JSON.stringify(this.#inside)});\n`, {
      mode: 0o600,
    });
    const scope = new ProcessScope(token, entry, network, new EndedUsage(ended), async () => {
      this.#scopes.delete(scope);
      await Promise.all([entry, network, ended].map((file) => rm(file, { force: true, recursive: true })));
    });
    this.#scopes.add(scope);
    return scope;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await Promise.all([...this.#scopes].map((scope) => scope.end()));
    await this.#port?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Whoever does not begin with the token of one of our processes is cut off. */
  #greet(socket: Socket): void {
    let scope: ProcessScope | undefined;
    socket.unref();
    readMessages(socket, (message) => {
      if (scope) return scope.receive(socket, message);
      if (!("token" in message)) return socket.destroy();
      scope = [...this.#scopes].find(({ token }) => isSecret(message.token, token));
      if (!scope) return socket.destroy();
      this.#port?.admit(socket);
      scope.add(socket, message.pid);
    });
  }
}

class ProcessScope implements Scope {
  /** Proves that a process is one of this scope. */
  readonly token: string;
  readonly #entry: string;
  readonly #networkFile: string;
  readonly #forget: () => Promise<void>;
  readonly #children = new Set<ChildProcess>();
  readonly #held = new Map<Socket, { pid: number; rss: number; cpu: number }>();
  readonly #endedUsage: EndedUsage;
  #ended = false;
  #network = "";
  #writing: Promise<void> = Promise.resolve();
  #onUsage: (usage: Usage) => void = () => {};
  #onListening: (listening: ProcessPort) => void = () => {};

  constructor(token: string, entry: string, networkFile: string, endedUsage: EndedUsage, forget: () => Promise<void>) {
    this.token = token;
    this.#entry = entry;
    this.#networkFile = networkFile;
    this.#endedUsage = endedUsage;
    this.#forget = forget;
  }

  spawn({ file, args, cwd, env, input, onOutput }: SpawnOptions): RunningProcess {
    if (this.#ended) throw new Error("the scope of this process has ended");
    const child = spawn(file, args, {
      cwd,
      env: { ...env, NODE_OPTIONS: nodeOptions(this.#entry, env.NODE_OPTIONS) },
      // A process group of its own, which can be ended as a whole.
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#children.add(child);
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (chunk: string) => onOutput(chunk, stream));
    }
    // What it started must not go on without it, and might hold its output open.
    child.once("exit", () => killGroup(child));
    const exited = new Promise<Exit>((done, fail) => {
      child.once("error", (error) => {
        this.#children.delete(child);
        fail(error);
      });
      child.once("close", (code, signal) => {
        this.#children.delete(child);
        // Of it, or of what it has started, that were over before they were heard of.
        const isHeld = (pid: number) => [...this.#held.values()].some((process) => process.pid === pid);
        void this.#endedUsage.sweep(isHeld).then(() => this.#tellUsage());
        done({ code: code ?? undefined, signal: signal ?? undefined });
      });
    });
    exited.catch(() => {});
    return {
      pid: child.pid,
      exited,
      signal: (signal) => {
        if (process.platform === "win32" && signal !== "SIGKILL") this.#send(child.pid, { signal });
        else child.kill(signal);
      },
      kill: () => killGroup(child),
    };
  }

  setNetwork(view: NetworkView): Promise<void> {
    const text = JSON.stringify(view);
    if (text === this.#network) return this.#writing;
    this.#network = text;
    this.#writing = this.#writing.then(() => this.#writeNetwork(text));
    return this.#writing;
  }

  /** A process that reads it sees the old view or the new one, never half of one. */
  async #writeNetwork(text: string): Promise<void> {
    if (this.#ended) return;
    const temporary = `${this.#networkFile}.unfinished`;
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, this.#networkFile);
  }

  onUsage(listener: (usage: Usage) => void): void {
    this.#onUsage = listener;
  }

  onListening(listener: (listening: ProcessPort) => void): void {
    this.#onListening = listener;
  }

  async end(): Promise<void> {
    this.#ended = true;
    const gone = [...this.#children].map((child) => new Promise((done) => child.once("close", done)));
    const connected = [...this.#held.keys()].filter(({ closed }) => !closed);
    const disconnected = connected.map((socket) => new Promise((done) => socket.once("close", done)));
    for (const child of this.#children) killGroup(child);
    for (const socket of this.#held.keys()) socket.destroy();
    await Promise.all([...gone, ...disconnected]);
    await this.#writing.catch(() => {});
    await this.#forget();
  }

  add(socket: Socket, pid: number): void {
    const process = { pid, rss: 0, cpu: 0 };
    this.#held.set(socket, process);
    socket.once("close", () => {
      // Until it is counted among the ended it counts as it is.
      void this.#endedUsage.add(pid, process.cpu).then(() => {
        this.#held.delete(socket);
        this.#tellUsage();
      });
    });
  }

  receive(socket: Socket, message: FromProcess): void {
    const process = this.#held.get(socket);
    if (process && "rss" in message) {
      process.rss = message.rss;
      process.cpu = message.cpu;
      this.#tellUsage();
    }
    if ("listens" in message) {
      this.#onListening({ port: message.listens, localPort: message.on, at: message.at });
    }
  }

  #tellUsage(): void {
    const held = [...this.#held.values()];
    const memory = held.reduce((sum, { rss }) => sum + rss, 0);
    const cpu = held.reduce((sum, process) => sum + process.cpu, this.#endedUsage.cpu) / 1e6;
    this.#onUsage({ memory, cpu, processes: held.length });
  }

  #send(pid: number | undefined, message: ToProcess): void {
    for (const [socket, process] of this.#held) if (process.pid === pid) socket.write(`${JSON.stringify(message)}\n`);
  }
}

/** Ends a process and all that it started. Its id cannot be another's: Node has not yet told us that it is gone. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    if (child.exitCode !== null || child.signalCode !== null) return;
    spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).once(
      "error",
      () => child.kill(),
    );
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

/** NODE_OPTIONS knows quotes and, within them, backslashes (https://nodejs.org/api/cli.html#node_optionsoptions). */
function nodeOptions(entry: string, others: string | undefined): string {
  const ours = `--require "${entry.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return others ? `${ours} ${others}` : ours;
}
