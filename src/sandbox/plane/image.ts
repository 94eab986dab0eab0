import type { Readable } from "node:stream";

/** One line of a build's or pull's progress, as `docker build --progress=plain` prints it, without the line break. */
export type Progress = (line: string) => void;

/** The images of one docker engine. On disk they are an OCI image layout: `oci-layout`, `index.json`, `blobs/sha256`. */
export interface ImageStore {
  readonly folder: string;
  /** Builds an image from a Dockerfile. @throws ImageError */
  build(options: BuildOptions): Promise<BuildResult>;
  /**
   * Makes a base image available under its name: `node` (its content is the user's own Node, which `onProgress` says)
   * and `postgres`, whose programs may have to be fetched. There is nowhere else to pull from. @throws ImageError for any other name
   */
  pull(reference: string, onProgress?: Progress): Promise<Image>;
  /** By `name[:tag]`, `name@sha256:...`, id, or at least four digits of an id. */
  find(reference: string): Promise<Image | undefined>;
  /** Newest first. */
  list(): Promise<Image[]>;
  /** Gives an image another name; one that had the name loses it. @throws ImageError if there is no such image */
  tag(reference: string, name: string): Promise<void>;
  /**
   * Takes a name away, and with its last name the image; an id takes all its names. Blobs that no image uses are deleted.
   *
   * @returns lines as `docker rmi` prints them (`Untagged: ...`, `Deleted: ...`)
   * @throws ImageError if there is no such image
   */
  remove(reference: string): Promise<string[]>;
  /** How an image came to be, the oldest step first. @throws ImageError if there is no such image */
  history(reference: string): Promise<readonly ImageStep[]>;
  /** Writes the files of the image's layers into a folder, which is made if it is absent. */
  unpack(image: Image, folder: string): Promise<void>;
  /** Size in bytes of a blob; undefined: it is not here. */
  blobSize(digest: string): Promise<number | undefined>;
  /** Content of a blob, for a push. */
  readBlob(digest: string): Readable;
  /** Keeps a pulled blob. @throws ImageError if its content has another digest */
  writeBlob(digest: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Keeps a pulled manifest, under a name if it has one; its blobs must be here. @returns the image */
  putManifest(name: string | undefined, manifest: Uint8Array): Promise<Image>;
}

export interface ImageStep {
  /** ISO 8601. */
  readonly created: string;
  readonly createdBy: string;
  /** Bytes of the layer that it made. */
  readonly size: number;
}

export interface BuildOptions {
  readonly context: BuildContext;
  /** Path of the Dockerfile in the context; default `Dockerfile`. */
  readonly dockerfile?: string;
  /** Names for the image, `name[:tag]`. */
  readonly tags?: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Other places that COPY --from may name; a text is an image, which FROM may name by it, too. */
  readonly contexts?: Readonly<Record<string, BuildContext | string>>;
  /** Stage to build; default: the last. */
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** True: no step is taken from the cache. */
  readonly noCache?: boolean;
  readonly onProgress?: Progress;
  /** Ends the running step and throws. */
  readonly signal?: AbortSignal;
}

export interface BuildResult {
  readonly image: Image;
  /** Steps that came from the cache, and all steps that make layers. */
  readonly cached: number;
  readonly steps: number;
  /** What differs from a real build, each a sentence; also sent to `onProgress`. */
  readonly warnings: readonly string[];
}

/** The files that a build may copy. Paths are relative to the context, with `/`. */
export interface BuildContext {
  /** All entries below the context except those that `skip` says, and what is below those. */
  list(skip: (path: string, isDirectory: boolean) => boolean): Promise<ContextEntry[]>;
  /** @throws an error with code ENOENT if there is no such file */
  read(path: string): Promise<Uint8Array>;
}

export interface ContextEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Of a symlink. */
  readonly target?: string;
}

export interface Image {
  /** Digest of the config, `sha256:...`; what `docker images` calls the image's id. */
  readonly id: string;
  /** Digest of the manifest, `sha256:...`; what a registry knows the image by. */
  readonly digest: string;
  /** `name:tag` each; empty: the image lost its name to a newer one. */
  readonly names: readonly string[];
  readonly config: ImageConfig;
  /** ISO 8601. */
  readonly created: string;
  /** Bytes of its layers. */
  readonly size: number;
  /** Which of the plane's programs it runs. */
  readonly runs: "node" | "postgres";
  /** Digests of its layers, lowest first. */
  readonly layers: readonly string[];
}

/** The `config` of an OCI image configuration, with docker's Healthcheck and Shell. */
export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir: string;
  readonly User: string;
  /** `8080/tcp` each. */
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck?: Healthcheck;
  readonly StopSignal?: string;
  /** Of the Dockerfile's shell forms; absent: `/bin/sh -c`. */
  readonly Shell?: readonly string[];
}

/** As docker keeps it: times in nanoseconds, absent or 0 is docker's default. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", ...arguments]` or `["CMD-SHELL", command]`. */
  readonly Test: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}
