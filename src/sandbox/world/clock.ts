import { setImmediate as nextTurn } from "node:timers/promises";

/** Something that will happen unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** How the time of a world passes. */
export interface ClockOptions {
  /** World seconds per real second, e.g. 60; `manual`: it stands still until `advance`. Default 1. */
  readonly speed?: number | "manual";
  /** Milliseconds since the epoch that it shows at first. Default: the real time. */
  readonly start?: number;
}

/** Longest delay that Node's timers take; a longer one would fire at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The time of a world. A timer never keeps the process alive. */
export class Clock {
  /** World seconds per real second; 0 when it is moved by hand. */
  readonly speed: number;
  readonly #start: number;
  readonly #madeAt = Date.now();
  readonly #entries = new Set<Entry>();
  /** Work under way that takes none of the world's time. */
  readonly #held = new Set<Promise<unknown>>();
  #manual: number | undefined;
  #count = 0;

  constructor({ speed = 1, start = Date.now() }: ClockOptions = {}) {
    if (speed !== "manual" && !(speed > 0)) throw new RangeError(`A clock cannot run at speed ${speed}.`);
    this.speed = speed === "manual" ? 0 : speed;
    this.#start = start;
    this.#manual = speed === "manual" ? start : undefined;
  }

  now(): Date {
    return new Date(this.#time());
  }

  /** Real milliseconds since the epoch at which it shows a time; undefined: it is moved by hand. */
  realTimeOf(time: Date): number | undefined {
    if (this.#manual !== undefined) return undefined;
    return this.#madeAt + (time.getTime() - this.#start) / this.speed;
  }

  /** What it shows, in milliseconds since the epoch, at a real time; undefined: it is moved by hand. */
  timeAt(real: number): number | undefined {
    return this.#manual === undefined ? this.#start + (real - this.#madeAt) * this.speed : undefined;
  }

  /** Runs `action` once, `milliseconds` of the world's time from now. */
  after(milliseconds: number, action: () => void): Timer {
    const entry: Entry = { due: this.#time() + milliseconds, order: this.#count++, run: action, handle: undefined };
    this.#entries.add(entry);
    if (this.#manual === undefined) this.#arm(entry);
    return { cancel: () => this.#drop(entry) };
  }

  /** Runs `action` once at a time of the world; at the next turn of the event loop if it has passed. */
  at(time: Date, action: () => void): Timer {
    return this.after(Math.max(0, time.getTime() - this.#time()), action);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /**
   * Keeps a manual clock from being moved on while `work` is under way: what takes real time only, such as ending
   * processes, would else be over at a later time of the world, how much later depending on the computer. Such work must
   * not wait for this clock.
   */
  hold(work: Promise<unknown>): void {
    const held: Promise<unknown> = work.then(
      () => this.#held.delete(held),
      () => this.#held.delete(held),
    );
    this.#held.add(held);
  }

  /**
   * Moves a manual clock on. Everything that becomes due happens in order, each at its own time and not before what is
   * held by then is over; what the consequences themselves plan happens too, if it is due by then.
   */
  async advance(milliseconds: number): Promise<void> {
    if (this.#manual === undefined) throw new TypeError("Only a manual clock can be advanced.");
    const end = this.#manual + milliseconds;
    for (;;) {
      await this.#settle();
      const next = this.#next();
      if (!next || next.due > end) break;
      this.#manual = Math.max(this.#manual, next.due);
      this.#drop(next);
      next.run();
    }
    this.#manual = end;
  }

  /** Cancels every timer. */
  close(): void {
    for (const entry of this.#entries) this.#drop(entry);
  }

  async #settle(): Promise<void> {
    await nextTurn();
    while (this.#held.size > 0) {
      await Promise.all(this.#held);
      await nextTurn();
    }
  }

  #time(): number {
    return this.#manual ?? Math.floor(this.#start + (Date.now() - this.#madeAt) * this.speed);
  }

  #arm(entry: Entry): void {
    const wait = Math.ceil((entry.due - this.#time()) / this.speed);
    const fire = () => {
      if (entry.due > this.#time()) return this.#arm(entry);
      this.#drop(entry);
      entry.run();
    };
    entry.handle = setTimeout(fire, Math.min(Math.max(0, wait), LONGEST_TIMEOUT)).unref();
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.handle);
    this.#entries.delete(entry);
  }

  #next(): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (!next || entry.due < next.due || (entry.due === next.due && entry.order < next.order)) next = entry;
    }
    return next;
  }
}
