import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import type { RunEvent } from "../engine/event.ts";
import { fileName, numberOf } from "./folder.ts";
import type { AnswersHeard, CallMade, KeptEvent, LivesKept } from "./kept.ts";

/** How many runs are kept; the oldest make room. */
const MOST = 100;

/** Commands whose runs are worth looking at again: those that change something. */
const KEPT = new Set(["create", "destroy", "deploy-version", "rollback", "restart"]);

/**
 * Keeps what a run says, line by line as it is said, so that one which is killed is kept as far as it came, and one that goes
 * on can be watched. It is read by its user only. A run goes on when it cannot be kept: that is said once.
 */
export class RunKeeper {
  readonly #folder: string;
  readonly #failed: (why: string) => void;
  /** Undefined: not opened yet; null: nothing is kept. */
  #file: number | null | undefined;
  /** What was said before it was known what the run is. */
  #early: KeptEvent[] = [];

  /** @param failed is told why the run is not kept */
  constructor(folder: string, failed: (why: string) => void) {
    this.#folder = folder;
    this.#failed = failed;
  }

  keep(event: RunEvent | CallMade | AnswersHeard | LivesKept): void {
    if (this.#file === null) return;
    if (this.#file === undefined) {
      this.#early.push(event);
      if (event.type === "run") this.#open(event.command);
    } else this.#write([event]);
  }

  close(): void {
    if (typeof this.#file === "number") closeSync(this.#file);
    this.#file = null;
  }

  #open(command: string): void {
    const early = this.#early;
    this.#early = [];
    this.#file = null;
    if (!KEPT.has(command)) return;
    try {
      this.#file = openNext(this.#folder, command);
      this.#write([{ type: "keeping", at: early[0]?.at ?? Date.now(), pid: process.pid }, ...early]);
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }

  #write(events: readonly KeptEvent[]): void {
    try {
      for (const event of events) writeSync(this.#file as number, `${JSON.stringify(event)}\n`);
    } catch (error) {
      this.close();
      this.#failed((error as Error).message);
    }
  }
}

/** Opens the file of the next number; another run may take it at the same time. */
function openNext(folder: string, command: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const numbers = readdirSync(folder).flatMap((name) => numberOf(name) ?? []);
    forgetOldest(folder, numbers);
    const next = Math.max(0, ...numbers) + 1;
    if (readdirSync(folder).some((name) => numberOf(name) === next)) continue;
    try {
      return openSync(path.join(folder, fileName(next, command)), "ax", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function forgetOldest(folder: string, numbers: readonly number[]): void {
  const old = new Set([...numbers].sort((a, b) => b - a).slice(MOST - 1));
  for (const name of readdirSync(folder)) {
    if (old.has(numberOf(name) ?? -1)) rmSync(path.join(folder, name), { force: true });
  }
}
