import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Layout } from "./layout.ts";

/** The blobs of a registry, by digest, and uploads of more, which may come in several pieces. */
export class BlobStore {
  readonly #layout: Layout;
  readonly #uploads: string;

  private constructor(folder: string) {
    this.#layout = new Layout(folder);
    this.#uploads = join(folder, "uploads");
  }

  /** Opens the blobs in a folder; an empty or absent one holds none. Uploads that were under way are given up. */
  static async open(folder: string): Promise<BlobStore> {
    const store = new BlobStore(folder);
    await store.#layout.make();
    await rm(store.#uploads, { recursive: true, force: true });
    await mkdir(store.#uploads, { mode: 0o700 });
    return store;
  }

  /** In bytes; undefined: it is not here. */
  size(digest: string): Promise<number | undefined> {
    return this.#layout.blobSize(digest);
  }

  /** @param range first and last byte; absent: all of it */
  read(digest: string, range?: { readonly start: number; readonly end: number }): Readable {
    return this.#layout.blobStream(digest, range);
  }

  /** @throws ImageError if the content has another digest */
  async write(digest: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#layout.write(content, digest);
  }

  remove(digest: string): Promise<void> {
    return this.#layout.remove(digest);
  }

  /** Begins an upload. @returns its id */
  async begin(): Promise<string> {
    const id = randomUUID();
    await writeFile(join(this.#uploads, id), "", { mode: 0o600 });
    return id;
  }

  /** How many bytes of an upload are here. */
  async uploaded(id: string): Promise<number> {
    return (await stat(join(this.#uploads, id))).size;
  }

  /** What comes is kept also if it breaks off: whoever sent it can go on there. */
  async append(id: string, content: Readable): Promise<void> {
    await pipeline(content, createWriteStream(join(this.#uploads, id), { flags: "a" }));
  }

  /** Ends an upload, well or not. @throws ImageError if it has another digest */
  async finish(id: string, digest: string): Promise<void> {
    const file = join(this.#uploads, id);
    try {
      await this.#layout.take(file, digest);
    } finally {
      await rm(file, { force: true });
    }
  }

  async cancel(id: string): Promise<void> {
    await rm(join(this.#uploads, id), { force: true });
  }
}
