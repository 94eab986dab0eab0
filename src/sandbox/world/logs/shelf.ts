import { appendFile, mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where a log group's files stand, by names such as `stream/0`. */
export interface Shelf {
  list(): Promise<string[]>;
  /** Empty if there is none. */
  read(name: string): Promise<string>;
  /**
   * @param size bytes that the file has had of this; what stands behind them, of an `append` that failed, is overwritten
   * @throws Error of node:fs, e.g. ENOSPC
   */
  append(name: string, text: string, size: number): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Files of this computer, which only their user can read. */
export class FolderShelf implements Shelf {
  readonly #folder: string;
  /** Files that are known to end with what was last appended to them. */
  readonly #whole = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<string[]> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true }).catch(unlessMissing([]));
    return entries.filter((entry) => entry.isFile()).map((file) => `${basenameOf(file.parentPath)}/${file.name}`);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.#folder, name), "utf8").catch(unlessMissing(""));
  }

  async append(name: string, text: string, size: number): Promise<void> {
    const path = join(this.#folder, name);
    if (size === 0) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (!this.#whole.delete(name)) await truncate(path, size).catch(unlessMissing(undefined));
    await appendFile(path, text, { mode: 0o600 });
    this.#whole.add(name);
  }

  async remove(name: string): Promise<void> {
    this.#whole.delete(name);
    await rm(join(this.#folder, name), { force: true });
  }
}

/** The same in memory. */
export class MemoryShelf implements Shelf {
  readonly #files = new Map<string, string>();

  async list(): Promise<string[]> {
    return [...this.#files.keys()];
  }

  async read(name: string): Promise<string> {
    return this.#files.get(name) ?? "";
  }

  async append(name: string, text: string): Promise<void> {
    this.#files.set(name, (this.#files.get(name) ?? "") + text);
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }
}

function basenameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? "";
}

function unlessMissing<Instead>(instead: Instead): (error: unknown) => Instead {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return instead;
    throw error;
  };
}
