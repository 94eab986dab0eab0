import { compare, type Entry, type Id, textOf } from "./entry.ts";

/** An entry that a consumer was given and has not acknowledged. */
export interface Pending {
  readonly id: Id;
  consumer: string;
  /** Milliseconds since 1970. */
  given: number;
  times: number;
}

/** Consumers that share the entries of a stream. */
export class Group {
  /** The last entry that any of them was given. */
  last: Id;
  readonly pending = new Map<string, Pending>();
  /** By name, when each was last seen, in milliseconds since 1970. */
  readonly consumers = new Map<string, number>();

  constructor(last: Id) {
    this.last = last;
  }

  /** Whether it is a new one. */
  see(consumer: string): boolean {
    const isNew = !this.consumers.has(consumer);
    this.consumers.set(consumer, Date.now());
    return isNew;
  }

  give(entries: readonly Entry[], consumer: string, isKept: boolean): void {
    for (const { id } of entries) {
      this.last = id;
      if (isKept) this.pending.set(textOf(id), { id, consumer, given: Date.now(), times: 1 });
    }
  }

  /** Who else had it has it no more. */
  claim(one: Pending, consumer: string): void {
    one.consumer = consumer;
    one.given = Date.now();
    one.times++;
  }

  /** In the order of their ids. */
  waiting(consumer?: string): Pending[] {
    return [...this.pending.values()]
      .filter((one) => consumer === undefined || one.consumer === consumer)
      .sort((a, b) => compare(a.id, b.id));
  }
}
