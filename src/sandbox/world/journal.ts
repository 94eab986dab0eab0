import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** One change to keep: where, and what is there now. */
export interface Line {
  readonly table: string;
  readonly key: string;
  /** Absent: it is gone. */
  readonly record?: object;
}

/** Everything, at one moment. */
export interface Saved {
  /** The world's time, in milliseconds since the epoch. */
  readonly time: number;
  readonly lines: readonly Line[];
}

/** Another process serves the folder now. */
export class FolderLost extends Error {
  constructor() {
    super("The folder of the sandbox's state belongs to another process now.");
    this.name = "FolderLost";
  }
}

const STATE = "world.json";
/** A state is written anew when the journal has grown to this many bytes. */
const LARGEST_JOURNAL = 8 * 1024 * 1024;
const PRIVATE = 0o600;

/**
 * Keeps changes in a folder: the state of one moment, and a journal of the changes since. A change is an appended line,
 * so that it costs the same whatever the size of the world; what `append` has resolved for survives the end of the
 * process (but not, unlike a database, a power cut in the next seconds). Each state names its journal, so that replacing
 * both is one atomic rename.
 */
export class Journal {
  readonly #folder: string;
  readonly #mayWrite: () => boolean;
  #generation = 0;
  #file: FileHandle | undefined;
  /** Bytes of the journal's whole lines. */
  #size = 0;
  /** There may be more in the journal than whole lines, because an `append` failed. */
  #torn = false;

  private constructor(folder: string, mayWrite: () => boolean) {
    this.#folder = folder;
    this.#mayWrite = mayWrite;
  }

  /**
   * Opens a folder, made if need be.
   *
   * @param mayWrite asked before each write; false: the folder belongs to another process by now
   * @returns what is in it; undefined if it is new
   * @throws Error if the state cannot be read: it is then left as it is
   */
  static async open(folder: string, mayWrite: () => boolean): Promise<{ journal: Journal; saved: Saved | undefined }> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const journal = new Journal(folder, mayWrite);
    return { journal, saved: await journal.#load() };
  }

  /** True once the journal has become so large that it is time for `compact`. */
  get isLarge(): boolean {
    return this.#size > LARGEST_JOURNAL;
  }

  /** True if there is something to go on from. */
  get isKept(): boolean {
    return this.#file !== undefined;
  }

  /**
   * After a failure the next `append` writes over what is there of this one.
   *
   * @throws FolderLost
   * @throws Error of node:fs, e.g. ENOSPC
   */
  async append({ time, lines }: Saved): Promise<void> {
    if (!this.#mayWrite()) throw new FolderLost();
    const text = [...lines, { time }].map((line) => `${encode(line)}\n`).join("");
    if (this.#torn) await this.#file?.truncate(this.#size);
    this.#torn = true;
    await this.#file?.appendFile(text);
    this.#torn = false;
    this.#size += Buffer.byteLength(text);
  }

  /**
   * Writes everything anew, with an empty journal. After a failure the former ones are as they were.
   *
   * @throws Error of node:fs, e.g. ENOSPC
   */
  async compact(saved: Saved): Promise<void> {
    if (!this.#mayWrite()) return;
    const generation = this.#generation + 1;
    const temporary = join(this.#folder, `${STATE}.${process.pid}`);
    // One of this number may have been left by a process that ended in the middle of this.
    await rm(this.#path(generation), { force: true });
    const journal = await open(this.#path(generation), "a", PRIVATE);
    try {
      await writeThrough(temporary, encode({ journal: generation, ...saved }));
      await rename(temporary, join(this.#folder, STATE));
    } catch (error) {
      await journal.close();
      await Promise.all([temporary, this.#path(generation)].map((path) => rm(path, { force: true })));
      throw error;
    }
    await this.#file?.close();
    this.#file = journal;
    this.#generation = generation;
    this.#size = 0;
    this.#torn = false;
    await this.#removeOthers();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #load(): Promise<Saved | undefined> {
    const text = await readIfThere(join(this.#folder, STATE));
    if (text === undefined) return undefined;
    const { journal, time, lines } = decode(text) as Saved & { journal: number };
    this.#generation = journal;
    const appended = (await readIfThere(this.#path(journal))) ?? "";
    // A last line without its end was never acknowledged: the process ended while it was being written.
    const whole = appended.slice(0, appended.lastIndexOf("\n") + 1);
    this.#size = Buffer.byteLength(whole);
    this.#torn = appended.length > whole.length;
    this.#file = await open(this.#path(journal), "a", PRIVATE);
    const later = whole.split("\n").flatMap((line) => (line === "" ? [] : (decode(line) as Line | { time: number })));
    const times = later.flatMap((line) => ("time" in line ? line.time : []));
    return {
      time: Math.max(time, ...times.slice(-1)),
      lines: [...lines, ...later.filter((line) => "table" in line)],
    };
  }

  async #removeOthers(): Promise<void> {
    const current = this.#path(this.#generation);
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (/^journal-\d+\.jsonl$/.test(name) && path !== current) await rm(path, { force: true });
    }
  }

  #path(generation: number): string {
    return join(this.#folder, `journal-${generation}.jsonl`);
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, "w", PRIVATE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** JSON in which dates and bytes survive. */
function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, encoded) {
    const original = this[key];
    if (original instanceof Date) return { $date: original.toISOString() };
    if (original instanceof Uint8Array) return { $bytes: Buffer.from(original).toString("base64") };
    return encoded;
  });
}

function decode(text: string): unknown {
  return JSON.parse(text, (_key, value) => {
    if (typeof value?.$date === "string") return new Date(value.$date);
    if (typeof value?.$bytes === "string") return Buffer.from(value.$bytes, "base64");
    return value;
  });
}
