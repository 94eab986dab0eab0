import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { replaceFile } from "../replace-file.ts";
import { ImageError } from "./error.ts";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Annotation of the index by which an image is known under a name. */
export const NAME = "org.opencontainers.image.ref.name";

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** An OCI image layout on disk (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md). */
export class Layout {
  readonly folder: string;
  readonly #blobs: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#blobs = join(folder, "blobs", "sha256");
  }

  async make(): Promise<void> {
    await mkdir(this.#blobs, { recursive: true, mode: 0o700 });
    await writeFile(join(this.folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}\n');
  }

  /** The images and their names. */
  async index(): Promise<Descriptor[]> {
    const text = await readFile(join(this.folder, "index.json"), "utf8").catch(() => undefined);
    return text === undefined ? [] : (JSON.parse(text) as { manifests: Descriptor[] }).manifests;
  }

  async writeIndex(manifests: readonly Descriptor[]): Promise<void> {
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
    await replaceFile(join(this.folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
  }

  /** Undefined: it is not here. */
  async blobSize(digest: string): Promise<number | undefined> {
    return stat(this.#path(digest)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  /** @param range first and last byte; absent: all of it */
  blobStream(digest: string, range: { readonly start?: number; readonly end?: number } = {}): Readable {
    return createReadStream(this.#path(digest), range);
  }

  async readJson<T>(digest: string): Promise<T> {
    return JSON.parse(await readFile(this.#path(digest), "utf8")) as T;
  }

  /** Keeps content under its digest. @throws ImageError if it is not the expected one */
  async write(content: AsyncIterable<Uint8Array>, expected?: string): Promise<{ digest: string; size: number }> {
    const temporary = this.#temporary();
    const hash = createHash("sha256");
    let size = 0;
    const counted = async function* () {
      for await (const chunk of content) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    try {
      await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(temporary));
      const digest = `sha256:${hash.digest("hex")}`;
      if (expected !== undefined && digest !== expected)
        throw new ImageError(`digest mismatch: ${digest} is not ${expected}`);
      await rename(temporary, this.#path(digest));
      return { digest, size };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Keeps a file, which must be on the same disk, as the blob that it is. @throws ImageError as `write`; the file stays */
  async take(file: string, expected: string): Promise<void> {
    const path = this.#path(expected);
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    const digest = `sha256:${hash.digest("hex")}`;
    if (digest !== expected) throw new ImageError(`digest mismatch: ${digest} is not ${expected}`);
    await rename(file, path);
  }

  async writeJson(value: unknown, mediaType: string): Promise<Descriptor> {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const stream = async function* () {
      yield Buffer.from(text);
    };
    return { mediaType, ...(await this.write(stream())) };
  }

  async remove(digest: string): Promise<void> {
    await rm(this.#path(digest), { force: true });
  }

  /** In the folder of the blobs: a rename must not cross disks. */
  #temporary(): string {
    return join(this.#blobs, `${randomBytes(8).toString("hex")}.unfinished`);
  }

  #path(digest: string): string {
    const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
    if (hex === undefined) throw new ImageError(`invalid digest: ${digest}`);
    return join(this.#blobs, hex);
  }
}
