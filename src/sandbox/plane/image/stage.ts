import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Image, ImageConfig } from "../image.ts";
import { parseEnv } from "../process/environment.ts";
import { RootFolder } from "../process/root-folder.ts";
import { type BuildCache, type CachedLayer, cacheKey } from "./build-cache.ts";
import { type LayerEntry, packLayer, unpackLayer } from "./layer.ts";
import { type Layout, mediaTypes } from "./layout.ts";

/** One line of an image's history (image-spec, config.md). */
export interface History {
  readonly created: string;
  readonly created_by: string;
  readonly empty_layer?: true;
}

/** What a stage starts from: a base image, an image of the store or another stage. */
export interface StageBase {
  readonly key: string;
  readonly runs: Image["runs"];
  readonly config: ImageConfig;
  readonly layers: readonly StageLayer[];
  readonly history: readonly History[];
}

export interface StageLayer extends CachedLayer {
  readonly mediaType: string;
  /** Digest of the layer as it is without compression. */
  readonly diffId: string;
}

/** An image in the making. */
export class Stage {
  readonly name: string | undefined;
  readonly runs: Image["runs"];
  readonly args = new Map<string, string>();
  config: ImageConfig;
  /** How many lines of its history are those of the image that it started from. */
  readonly inherited: number;
  readonly layers: StageLayer[];
  readonly history: History[];
  /** Stands for everything that went into it so far. */
  key: string;
  readonly #layout: Layout;
  readonly #cache: BuildCache;
  readonly #folder: string;
  #root: RootFolder | undefined;

  constructor(name: string | undefined, base: StageBase, layout: Layout, cache: BuildCache, folder: string) {
    this.name = name;
    this.runs = base.runs;
    this.config = base.config;
    this.layers = [...base.layers];
    this.history = [...base.history];
    this.inherited = base.history.length;
    this.key = base.key;
    this.#layout = layout;
    this.#cache = cache;
    this.#folder = folder;
  }

  get env(): Record<string, string> {
    return parseEnv(this.config.Env);
  }

  /** What an instruction that makes no layer does: it changes the config. */
  configure(text: string, change: Partial<ImageConfig>): void {
    this.config = { ...this.config, ...change };
    this.key = cacheKey(this.key, text);
    this.history.push({ created: new Date().toISOString(), created_by: text, empty_layer: true });
  }

  /** The files of all its layers so far, in a folder; they are unpacked when they are first needed. */
  async root(): Promise<RootFolder> {
    if (this.#root) return this.#root;
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const { digest, mediaType } of this.layers) {
      await unpackLayer(this.#layout.blobStream(digest), mediaType, this.#folder);
    }
    this.#root = new RootFolder(this.#folder);
    return this.#root;
  }

  /**
   * What an instruction that makes a layer does. `inputs` stand for what goes into it besides the layers below; `make`
   * is only called if the cache has no layer for these.
   *
   * @returns whether it came from the cache
   */
  async addLayer(
    text: string,
    inputs: readonly unknown[],
    useCache: boolean,
    make: (root: RootFolder) => Promise<readonly LayerEntry[]>,
  ): Promise<boolean> {
    const key = cacheKey(this.key, text, ...inputs);
    const known = useCache ? await this.#cache.find(key) : undefined;
    const isHere = known === "no-change" || (known && (await this.#layout.blobSize(known.digest)) !== undefined);
    const layer = isHere ? known : await this.#makeLayer(key, make);
    this.key = key;
    const created = new Date().toISOString();
    if (layer === "no-change") this.history.push({ created, created_by: text, empty_layer: true });
    else {
      this.layers.push({ ...layer, mediaType: mediaTypes.layer, diffId: layer.digest });
      this.history.push({ created, created_by: text });
    }
    return isHere === true;
  }

  async #makeLayer(
    key: string,
    make: (root: RootFolder) => Promise<readonly LayerEntry[]>,
  ): Promise<CachedLayer | "no-change"> {
    const entries = await make(await this.root());
    if (entries.length === 0) {
      await this.#cache.keep(key, undefined);
      return "no-change";
    }
    const layer = await this.#layout.write(packLayer(entries));
    await this.#cache.keep(key, layer);
    return layer;
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The folder of a path of the image, WORKDIR for relative ones. */
  path(path: string): string {
    return join("/", path.startsWith("/") ? "" : this.config.WorkingDir, path).replaceAll("\\", "/");
  }
}
