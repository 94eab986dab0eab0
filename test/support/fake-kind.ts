import type { Clock } from "../../src/engine/clock.ts";
import type { ErrorClass } from "../../src/engine/errors.ts";
import type { Change, TaskEvent } from "../../src/engine/event.ts";
import type { Run } from "../../src/engine/run.ts";
import { type AnyTask, type Kind, type Task, task } from "../../src/engine/task.ts";

/** A thing of the fake world. */
export interface Thing {
  value: string;
  tags: Record<string, string>;
  state: "pending" | "ready" | "leaving";
}

/** What a fake task asks for; `needs` carries refs to other things. */
export interface FakeDesired {
  readonly name: string;
  readonly value: string;
  readonly needs: readonly string[];
}

/** An error with a class, as AWS's errors have one. */
export class FakeError extends Error {
  readonly sort: ErrorClass;

  constructor(sort: ErrorClass, message: string = sort) {
    super(message);
    this.sort = sort;
  }
}

/** A promise that the test settles by hand. */
export interface Held {
  readonly reached: Promise<void>;
  release(error?: Error): void;
}

/**
 * A small cloud whose calls the test can hold and release one by one, and whose clock jumps as soon as everybody
 * sleeps, so that no test waits for real time.
 */
export class FakeCloud {
  readonly things = new Map<string, Thing>();
  /** Every call that was made, e.g. `create a`. */
  readonly calls: string[] = [];
  /** How many finds of a name answer nothing although the thing is there. */
  readonly lag = new Map<string, number>();
  /** Finds after a create for which the thing stays pending. */
  readonly slow = new Map<string, number>();
  readonly #errors = new Map<string, Error[]>();
  readonly #held = new Map<string, { reach: () => void; gate: Promise<void> }>();

  /** Makes the next call of this name fail. */
  failNext(call: string, ...errors: Error[]): void {
    this.#errors.set(call, [...(this.#errors.get(call) ?? []), ...errors]);
  }

  /** Holds the next call of this name until it is released. */
  hold(call: string): Held {
    let reach = () => {};
    let open = (_error?: Error) => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const gate = new Promise<void>((resolve, reject) => {
      open = (error) => (error ? reject(error) : resolve());
    });
    this.#held.set(call, { reach, gate });
    return { reached, release: (error) => open(error) };
  }

  async #enter(call: string): Promise<void> {
    this.calls.push(call);
    const held = this.#held.get(call);
    this.#held.delete(call);
    held?.reach();
    await held?.gate;
    const error = this.#errors.get(call)?.shift();
    if (error) throw error;
  }

  /** A kind over this cloud. */
  kind(
    extra: Partial<Kind<FakeDesired, Thing, Record<string, string>>> = {},
  ): Kind<FakeDesired, Thing, Record<string, string>> {
    return {
      type: "fake.thing",
      find: async (_, { name }) => {
        await this.#enter(`find ${name}`);
        const lag = this.lag.get(name) ?? 0;
        if (lag > 0) {
          this.lag.set(name, lag - 1);
          return undefined;
        }
        const thing = this.things.get(name);
        if (thing?.state === "pending") {
          const slow = this.slow.get(name) ?? 0;
          if (slow <= 0) thing.state = "ready";
          this.slow.set(name, slow - 1);
        }
        if (thing?.state === "leaving") {
          const slow = this.slow.get(name) ?? 0;
          this.slow.set(name, slow - 1);
          if (slow <= 0) this.things.delete(name);
        }
        return thing && { ...thing };
      },
      diff: (desired, actual): Change[] =>
        desired.value === actual.value ? [] : [{ field: "value", from: actual.value, to: desired.value }],
      create: async (tags, { name, value, needs }) => {
        await this.#enter(`create ${name}`);
        for (const need of needs) if (!this.things.has(need)) throw new Error(`${name} needs ${need}`);
        if (this.things.has(name)) throw new FakeError("exists", `${name} exists`);
        this.things.set(name, { value, tags: { ...tags }, state: "pending" });
      },
      update: async (_, { name, value }) => {
        await this.#enter(`update ${name}`);
        const thing = this.things.get(name);
        if (thing) thing.value = value;
      },
      remove: async (_, { value }) => {
        const name = [...this.things].find(([, thing]) => thing.value === value)?.[0] ?? value;
        await this.#enter(`remove ${name}`);
        const thing = this.things.get(name);
        if (thing) thing.state = "leaving";
      },
      pending: ({ state }) => (state === "pending" ? "pending" : undefined),
      leaving: ({ state }) => state === "leaving",
      tags: ({ tags }) => tags,
      ...extra,
    };
  }

  /** A task of this cloud that needs other ones to be ready; its value is its name unless it is given. */
  task(name: string, needs: readonly FakeTask[] = [], options: TaskOptions = {}): FakeTask {
    const read = (earlier: FakeTask) =>
      options.early ? earlier.early(() => earlier.id) : earlier.out(() => earlier.id);
    return task(name, name, this.kind(options.kind), { name, value: options.value ?? name, needs: needs.map(read) });
  }
}

export interface TaskOptions {
  readonly value?: string;
  /** Needs the others only to exist. */
  readonly early?: boolean;
  readonly kind?: Partial<Kind<FakeDesired, Thing, Record<string, string>>>;
}

export type FakeTask = Task<FakeDesired, Thing, Record<string, string>>;

/** A clock whose sleeps end at once while its time passes. */
export function jumpingClock(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      now += ms;
      // Lets everything else that can go on do so first, as a real pause would.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
  };
}

/** A run over a fake cloud, and what it said. */
export function fakeRun(over: Partial<Run<Record<string, string>>> = {}): Run<Record<string, string>> & {
  readonly events: Without<TaskEvent, "at">[];
  readonly taken: () => number;
} {
  const events: Without<TaskEvent, "at">[] = [];
  let taken = 0;
  const lease = {
    held: false,
    async take() {
      taken += 1;
      lease.held = true;
    },
  };
  const ownership = (one: AnyTask) => ({ stack: "ours", task: one.id });
  return {
    events,
    taken: () => taken,
    aws: ownership,
    clock: jumpingClock(),
    isUsual: true,
    signal: new AbortController().signal,
    concurrency: 8,
    errors: {
      classify: (error) => (error instanceof FakeError ? error.sort : "final"),
      explain: (error) => ({ why: (error as Error).message, next: "" }),
    },
    lease,
    ownership,
    owns: (tags) => tags.stack === "ours",
    elsewhere: ({ region }) =>
      region === undefined || region === "here" ? undefined : { region, next: "use another name" },
    locate: async () => {},
    forget: () => {},
    emit: (event) => events.push(event),
    ...over,
  };
}

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
