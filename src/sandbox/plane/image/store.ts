import { randomBytes } from "node:crypto";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { BuildOptions, BuildResult, Image, ImageConfig, ImageStep, ImageStore, Progress } from "../image.ts";
import { plainFolder, removePlainFolder } from "../plain-folder.ts";
import { ProcessHost } from "../process/process-host.ts";
import { baseImage } from "./base.ts";
import { baseKey, build, finalConfig } from "./build.ts";
import { BuildCache, cacheKey } from "./build-cache.ts";
import { explained, ImageError } from "./error.ts";
import { packLayer, unpackLayer } from "./layer.ts";
import { type Descriptor, Layout, type Manifest, mediaTypes, NAME } from "./layout.ts";
import { nameOf, parseReference } from "./reference.ts";
import type { History, StageBase, StageLayer } from "./stage.ts";

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md */
interface ConfigFile {
  readonly created: string;
  readonly architecture: string;
  readonly os: string;
  readonly config: ImageConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly string[] };
  readonly history: readonly History[];
}

/** Annotation of a manifest: which of the plane's programs the image runs. */
const RUNS = "dev.bia-infra.runs";
/** Annotation of the manifest of an image that `pull` made: what it was made of. */
const BASE = "dev.bia-infra.base";
/** When the images that `pull` makes say they were made: whoever pulls one has the same, with the same digest. */
const PUBLISHED = "2026-01-01T00:00:00.000Z";

export class ImageStoreOnDisk implements ImageStore {
  readonly folder: string;
  readonly #fetched: string;
  readonly #layout: Layout;
  readonly #cache: BuildCache;
  /** Changes of the index wait for one another. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, fetched: string) {
    this.folder = folder;
    this.#fetched = fetched;
    this.#layout = new Layout(folder);
    this.#cache = new BuildCache(join(folder, "build-cache"));
  }

  static async open(folder: string, fetched: string): Promise<ImageStoreOnDisk> {
    const store = new ImageStoreOnDisk(folder, fetched);
    await store.#layout.make();
    // What an interrupted build left.
    await removePlainFolder(join(folder, "building"));
    return store;
  }

  async build(options: BuildOptions): Promise<BuildResult> {
    const tags = (options.tags ?? []).map((tag) => this.#validName(tag));
    const building = await plainFolder(join(this.folder, "building"));
    const scratch = join(building, randomBytes(4).toString("hex"));
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const host = await ProcessHost.open(join(scratch, "processes"));
    try {
      const scope = await host.openScope();
      const base = (reference: string) => this.#base(reference);
      const built = await build({ layout: this.#layout, cache: this.#cache, scope, scratch, base }, options);
      const { stage, cached, steps, warnings } = built;
      const config = finalConfig(stage, options.labels);
      const image = await this.#keep(tags, config, stage.layers, stage.history, { [RUNS]: stage.runs });
      for (const line of [
        "",
        "exporting to image",
        `writing image ${image.id} done`,
        ...tags.map((tag) => `naming to ${tag} done`),
      ]) {
        options.onProgress?.(line);
      }
      return { image, cached, steps, warnings };
    } catch (error) {
      throw explained(error);
    } finally {
      await host.close();
      await rm(scratch, { recursive: true, force: true });
      // Another build may go on in it.
      await rmdir(building).catch(() => {});
      await this.#deleteUnused(await this.#cache.trim());
    }
  }

  async pull(reference: string, onProgress: Progress = () => {}): Promise<Image> {
    const parsed = parseReference(reference);
    if (!parsed) throw new ImageError(`invalid reference format: ${reference}`);
    const base = await baseImage(parsed, reference, this.#fetched, onProgress);
    onProgress(base.note);
    const layers = base.files.length > 0 ? [await this.#layout.write(packLayer(base.files))] : [];
    const history = [{ created: PUBLISHED, created_by: `bia-infra sandbox: ${base.note}` }];
    const annotations = { [RUNS]: base.runs, [BASE]: base.note };
    return this.#keep([nameOf(parsed)], base.config, layers.map(asStageLayer), history, annotations, PUBLISHED);
  }

  async find(reference: string): Promise<Image | undefined> {
    const images = await this.list();
    const parsed = parseReference(reference);
    const name = parsed && nameOf(parsed);
    const named = images.find(({ names, digest }) =>
      parsed?.digest === undefined ? names.includes(name ?? "") : digest === parsed.digest,
    );
    if (named) return named;
    const id = reference.replace(/^sha256:/, "");
    if (!/^[0-9a-f]{4,64}$/.test(id)) return undefined;
    const byId = images.filter((image) => image.id.startsWith(`sha256:${id}`));
    return byId.length === 1 ? byId[0] : undefined;
  }

  async list(): Promise<Image[]> {
    const byDigest = new Map<string, string[]>();
    for (const { digest, annotations } of await this.#layout.index()) {
      const names = byDigest.get(digest) ?? [];
      byDigest.set(digest, names);
      if (annotations?.[NAME] !== undefined) names.push(annotations[NAME]);
    }
    const images = await Promise.all([...byDigest].map(([digest, names]) => this.#read(digest, names)));
    return images.sort((a, b) => (a.created < b.created ? 1 : -1));
  }

  async history(reference: string): Promise<ImageStep[]> {
    const image = await this.#existing(reference);
    const { layers, config } = await this.#layout.readJson<Manifest>(image.digest);
    const { history } = await this.#layout.readJson<ConfigFile>(config.digest);
    const sizes = layers.map(({ size }) => size);
    return history.map(({ created, created_by: createdBy, empty_layer: isEmpty }) => ({
      created,
      createdBy,
      size: isEmpty ? 0 : (sizes.shift() ?? 0),
    }));
  }

  async tag(reference: string, name: string): Promise<void> {
    const image = await this.#existing(reference);
    await this.#name(image.digest, [this.#validName(name)]);
  }

  async remove(reference: string): Promise<string[]> {
    const image = await this.#existing(reference);
    const parsed = parseReference(reference);
    const name = parsed && nameOf(parsed);
    const going = name !== undefined && image.names.includes(name) ? [name] : image.names;
    const isLast = going.length === image.names.length;
    await this.#changeIndex((index) =>
      index.filter(
        ({ digest, annotations }) => digest !== image.digest || (!isLast && !going.includes(annotations?.[NAME] ?? "")),
      ),
    );
    if (isLast) await this.#deleteUnused([image.digest, image.id, ...image.layers]);
    return [...going.map((one) => `Untagged: ${one}`), ...(isLast ? [`Deleted: ${image.id}`] : [])];
  }

  async unpack({ digest }: Image, folder: string): Promise<void> {
    const { layers } = await this.#layout.readJson<Manifest>(digest);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const layer of layers) await unpackLayer(this.#layout.blobStream(layer.digest), layer.mediaType, folder);
  }

  blobSize(digest: string): Promise<number | undefined> {
    return this.#layout.blobSize(digest);
  }

  readBlob(digest: string): Readable {
    return this.#layout.blobStream(digest);
  }

  async writeBlob(digest: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#layout.write(content, digest);
  }

  async putManifest(name: string | undefined, bytes: Uint8Array): Promise<Image> {
    const names = name === undefined ? [] : [this.#validName(name)];
    const manifest = JSON.parse(Buffer.from(bytes).toString()) as Manifest;
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      if ((await this.#layout.blobSize(digest)) === undefined) throw new ImageError(`manifest blob unknown: ${digest}`);
    }
    const { digest } = await this.#layout.writeJson(Buffer.from(bytes).toString(), manifest.mediaType);
    await this.#name(digest, names);
    return this.#existing(`image@${digest}`);
  }

  /** What FROM starts with: an image of this store, or one that is made of what is on this computer. */
  async #base(reference: string): Promise<{ base: StageBase; note: string | undefined }> {
    const parsed = parseReference(reference);
    if (!parsed) {
      const why = /^[^:@]*[A-Z]/.test(reference)
        ? `: repository name (library/${reference.replace(/[:@].*$/, "")}) must be lowercase`
        : "";
      throw new ImageError(`failed to parse stage name ${JSON.stringify(reference)}: invalid reference format${why}`);
    }
    const own = await this.find(reference);
    if (own && !(await this.#isBase(own))) return { base: await this.#stageBase(own), note: undefined };
    let note: string | undefined;
    const stored = await this.pull(reference, (line) => {
      note = line;
    });
    return { base: { ...(await this.#stageBase(stored)), key: cacheKey(baseKey(reference), stored.layers) }, note };
  }

  /** Made by `pull`, not built or pushed. */
  async #isBase({ digest }: Image): Promise<boolean> {
    const { annotations } = await this.#layout.readJson<Manifest>(digest);
    return annotations?.[BASE] !== undefined;
  }

  async #stageBase(image: Image): Promise<StageBase> {
    const manifest = await this.#layout.readJson<Manifest>(image.digest);
    const { rootfs, history } = await this.#layout.readJson<ConfigFile>(manifest.config.digest);
    const layers = manifest.layers.map((layer, at) => ({ ...layer, diffId: rootfs.diff_ids[at] ?? layer.digest }));
    return { key: cacheKey(image.id), runs: image.runs, config: image.config, layers, history };
  }

  async #keep(
    names: readonly string[],
    config: ImageConfig,
    layers: readonly StageLayer[],
    history: readonly History[],
    annotations: Readonly<Record<string, string>>,
    created = new Date().toISOString(),
  ): Promise<Image> {
    const same = await this.#unchanged(config, layers, annotations);
    const digest = same?.digest ?? (await this.#write({ created, config, history }, layers, annotations));
    await this.#name(digest, names);
    return this.#read(digest, [...new Set([...(same?.names ?? []), ...names])]);
  }

  /** The image that was made of the same before: building it again gives no new one, as in docker. */
  async #unchanged(
    config: ImageConfig,
    layers: readonly StageLayer[],
    annotations: Readonly<Record<string, string>>,
  ): Promise<Image | undefined> {
    const wanted = JSON.stringify([sorted(config), layers.map(({ digest }) => digest), sorted(annotations)]);
    for (const image of await this.list()) {
      const manifest = await this.#layout.readJson<Manifest>(image.digest);
      if (JSON.stringify([sorted(image.config), image.layers, sorted(manifest.annotations ?? {})]) === wanted)
        return image;
    }
    return undefined;
  }

  async #write(
    { created, config, history }: Pick<ConfigFile, "created" | "config" | "history">,
    layers: readonly StageLayer[],
    annotations: Readonly<Record<string, string>>,
  ): Promise<string> {
    const file: ConfigFile = {
      created,
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      // Packages of npm may hold programs of this platform.
      os: process.platform === "win32" ? "windows" : process.platform,
      config,
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      history,
    };
    const manifest: Manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await this.#layout.writeJson(file, mediaTypes.config),
      layers: layers.map(({ digest, size, mediaType }) => ({ mediaType, digest, size })),
      annotations,
    };
    return (await this.#layout.writeJson(manifest, mediaTypes.manifest)).digest;
  }

  async #name(digest: string, names: readonly string[]): Promise<void> {
    const size = (await this.#layout.blobSize(digest)) ?? 0;
    await this.#changeIndex((index) => {
      const others = index.flatMap((one): Descriptor[] => {
        const { annotations, ...nameless } = one;
        if (!names.includes(annotations?.[NAME] ?? "")) return [one];
        // Its last name is taken away: it stays without one.
        const hasOthers = index.some((other) => other !== one && other.digest === one.digest);
        return hasOthers || one.digest === digest ? [] : [nameless];
      });
      const kept = names.length > 0 ? others.filter((one) => one.digest !== digest || one.annotations) : others;
      const isThere = kept.some((one) => one.digest === digest);
      const entry = { mediaType: mediaTypes.manifest, digest, size };
      const added = names.map((name) => ({ ...entry, annotations: { [NAME]: name } }));
      return [...kept, ...(names.length === 0 && !isThere ? [entry] : added)];
    });
  }

  async #read(digest: string, names: readonly string[]): Promise<Image> {
    const manifest = await this.#layout.readJson<Manifest>(digest);
    const { config, created } = await this.#layout.readJson<ConfigFile>(manifest.config.digest);
    return {
      id: manifest.config.digest,
      digest,
      names,
      config,
      created,
      size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
      runs: manifest.annotations?.[RUNS] === "postgres" ? "postgres" : "node",
      layers: manifest.layers.map((layer) => layer.digest),
    };
  }

  async #existing(reference: string): Promise<Image> {
    const image = await this.find(reference);
    if (image) return image;
    throw new ImageError(`No such image: ${reference}`);
  }

  #validName(name: string): string {
    const parsed = parseReference(name);
    if (parsed && parsed.digest === undefined) return nameOf(parsed);
    throw new ImageError(`invalid reference format: ${name}`);
  }

  #changeIndex(change: (index: Descriptor[]) => Descriptor[]): Promise<void> {
    const changed = this.#changing.then(async () => this.#layout.writeIndex(change(await this.#layout.index())));
    this.#changing = changed.catch(() => {});
    return changed;
  }

  /** Deletes those of the blobs that no image uses, nor the next build. */
  async #deleteUnused(blobs: readonly string[]): Promise<void> {
    const used = await this.#cache.layers();
    for (const image of await this.list()) for (const blob of [image.digest, image.id, ...image.layers]) used.add(blob);
    for (const blob of blobs) if (!used.has(blob)) await this.#layout.remove(blob);
  }
}

function asStageLayer({ digest, size }: { digest: string; size: number }): StageLayer {
  return { digest, size, mediaType: mediaTypes.layer, diffId: digest };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

/**
 * Opens the images kept in a folder; an empty or absent folder holds none.
 *
 * @param cache folder for what is fetched once for the stores of all machines
 */
export function openImages(folder: string, cache = join(folder, "fetched")): Promise<ImageStore> {
  return ImageStoreOnDisk.open(folder, cache);
}
