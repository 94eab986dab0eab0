/** A record came, changed or went. */
export interface Change<Record> {
  readonly key: string;
  readonly before: Record | undefined;
  /** Undefined: it is gone. */
  readonly after: Record | undefined;
}

/** How far back the present reader sees, and how far back anybody may. Shared by all tables of a world. */
export interface Horizon {
  /** Reads so far. */
  count: number;
  /** The present reader sees what there was this many reads ago; 0: what there is. */
  lag: number;
  /** The most that `lag` may become; older versions are forgotten. */
  most: number;
}

interface Version<Record> {
  readonly record: Record | undefined;
  /** Reads that had been made when it was replaced. */
  readonly until: number;
}

/**
 * Records of one sort by key, in the order in which they came. A record is never changed in place: `update` replaces it
 * by a changed copy, so that whoever holds the old one keeps an unchanged view.
 */
export class Table<Record extends object> {
  readonly #records = new Map<string, Record>();
  /** Former versions, oldest first, for readers that lag. */
  readonly #past = new Map<string, Version<Record>[]>();
  readonly #keyOf: (record: Record) => string;
  readonly #horizon: Horizon;
  readonly #changed: (change: Change<Record>) => void;

  constructor(keyOf: (record: Record) => string, horizon: Horizon, changed: (change: Change<Record>) => void) {
    this.#keyOf = keyOf;
    this.#horizon = horizon;
    this.#changed = changed;
  }

  get(key: string): Record | undefined {
    return this.#horizon.lag > 0 ? this.#formerly(key) : this.#records.get(key);
  }

  all(): Record[] {
    if (this.#horizon.lag === 0) return [...this.#records.values()];
    const keys = new Set([...this.#past.keys(), ...this.#records.keys()]);
    return [...keys].flatMap((key) => this.#formerly(key) ?? []);
  }

  /** How many there are. */
  get size(): number {
    return this.#records.size;
  }

  find(matches: (record: Record) => boolean): Record | undefined {
    return this.all().find(matches);
  }

  filter(matches: (record: Record) => boolean): Record[] {
    return this.all().filter(matches);
  }

  put(record: Record): Record {
    this.#set(this.#keyOf(record), record);
    return record;
  }

  /** Replaces a record by a copy that `change` has changed. Does nothing if there is none. */
  update(key: string, change: (draft: Record) => void): Record | undefined {
    const before = this.#records.get(key);
    if (!before) return undefined;
    const draft = structuredClone(before);
    change(draft);
    this.#set(key, draft);
    return draft;
  }

  delete(key: string): void {
    if (this.#records.has(key)) this.#set(key, undefined);
  }

  /** All present records with their keys. */
  entries(): [key: string, record: Record][] {
    return [...this.#records];
  }

  /** Brings a record back from a saved state; nobody is told. */
  restore(key: string, record: Record | undefined): void {
    if (record) this.#records.set(key, record);
    else this.#records.delete(key);
  }

  #set(key: string, after: Record | undefined): void {
    const before = this.#records.get(key);
    this.#remember(key, before);
    if (after) this.#records.set(key, after);
    else this.#records.delete(key);
    this.#changed({ key, before, after });
  }

  #remember(key: string, former: Record | undefined): void {
    const { count, most } = this.#horizon;
    if (most === 0) {
      this.#past.delete(key);
      return;
    }
    const versions = (this.#past.get(key) ?? []).filter(({ until }) => count - until <= most);
    versions.push({ record: former, until: count });
    this.#past.set(key, versions);
  }

  /** The oldest version that was replaced within the last `lag` reads; the present one if none was. */
  #formerly(key: string): Record | undefined {
    const { count, lag } = this.#horizon;
    const version = this.#past.get(key)?.find(({ until }) => count - until <= lag);
    return version ? version.record : this.#records.get(key);
  }
}
