import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../replace-file.ts";

/** A layer of an earlier build; a step that changed no file has none. */
export interface CachedLayer {
  readonly digest: string;
  readonly size: number;
}

/** How many steps are remembered: those used last. */
const KEPT = 60;

/** Remembers which layer came out of a step, by a key that stands for everything that went into it. */
export class BuildCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async find(key: string): Promise<CachedLayer | "no-change" | undefined> {
    const file = this.#file(key);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const now = new Date();
    await utimes(file, now, now).catch(() => {});
    return JSON.parse(text) as CachedLayer | "no-change";
  }

  async keep(key: string, layer: CachedLayer | undefined): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await replaceFile(this.#file(key), JSON.stringify(layer ?? "no-change"));
  }

  /** Forgets what was not used for long. @returns the digests of the layers of what it forgot */
  async trim(): Promise<string[]> {
    const old = (await this.#files()).slice(KEPT);
    const layers = await Promise.all(old.map(layerIn));
    for (const file of old) await rm(file, { force: true });
    return layers.filter((digest) => digest !== undefined);
  }

  /** Digests of all layers that the next build may use. */
  async layers(): Promise<Set<string>> {
    const layers = await Promise.all((await this.#files()).map(layerIn));
    return new Set(layers.filter((digest) => digest !== undefined));
  }

  /** Used last first. */
  async #files(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => {
        const file = join(this.#folder, name);
        return { file, used: (await stat(file)).mtimeMs };
      }),
    );
    return files.sort((a, b) => b.used - a.used).map(({ file }) => file);
  }

  #file(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}

async function layerIn(file: string): Promise<string | undefined> {
  const layer = JSON.parse(await readFile(file, "utf8")) as CachedLayer | "no-change";
  return layer === "no-change" ? undefined : layer.digest;
}

/** A key for everything that the values say. */
export function cacheKey(...values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}
