import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { RegistryLogin } from "../machine/machine.ts";
import type { BlobStore } from "../plane/image/blob-store.ts";
import { refusalOf } from "../world/acting-roles.ts";
import { blobsOf, type ImageManifest, indexesOf, readManifest } from "../world/image-manifest.ts";
import type { RepositoryImage } from "../world/records.ts";
import { readRegistryPassword, registryHost } from "../world/registry.ts";
import { denial } from "../world/role-permissions.ts";
import type { Region, World } from "../world/world.ts";

/** Codes of a registry's refusals. (OCI distribution-spec, "Error Codes") */
export type RefusalCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

/** Why a registry says no; its message is as docker prints it, whose commands know it by its name. */
export class RegistryRefusal extends Error {
  readonly code: RefusalCode;
  /** In the registry's own words. */
  readonly reason: string;

  constructor(code: RefusalCode, reason: string) {
    super(`${code.toLowerCase().replaceAll("_", " ")}: ${reason}`);
    this.name = "ImageError";
    this.code = code;
    this.reason = reason;
  }
}

/** A repository of one of the account's registries. */
export interface RepositoryPlace {
  readonly region: Region;
  readonly repository: string;
}

/** What else the one who pushes a manifest says. */
export interface PushedAs {
  /** Another image may have had it. Absent: it gets none. */
  readonly tag?: string;
  /** What it shall be. */
  readonly digest?: string;
  /** Absent: the one that it names itself. */
  readonly mediaType?: string;
}

const HOST = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/;

/** What can be pushed, and what each is called in `Content-Type`. */
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** How long a blob may wait for the image that it is for. */
const LOOSE_MS = 24 * 3_600_000;

/**
 * The account's registries of images, one a region: what is in which repository is the world's, blobs are files. What
 * nobody's record knows any more is deleted.
 */
export class Registries {
  readonly #world: World;
  readonly #folder: () => string;
  readonly #stores = new Map<string, Promise<BlobStore>>();
  /** Whatever adds to a registry's files or deletes some waits for one another. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param folder where the blobs are kept; asked for when there is something to keep */
  constructor(world: World, folder: () => string) {
    this.#world = world;
    this.#folder = folder;
    world.watch("ecr", "images", (region, { before, after }) => {
      if (before && !after) this.#forget(region, [before.imageDigest, ...blobsOf(before)]);
    });
    world.watch("ecr", "looseBlobs", (region, { key, before, after }) => {
      if (after) world.at(new Date(after.since.getTime() + LOOSE_MS), () => this.#dropLoose(region, key));
      else if (before) this.#forget(region, [before.digest]);
    });
    world.watch("ecr", "repositories", (region, { key, after }) => {
      if (after) return;
      for (const blob of region.ecr.looseBlobs.filter(({ repositoryName }) => repositoryName === key))
        region.ecr.looseBlobs.delete(`${key}@${blob.digest}`);
    });
    for (const region of world.regions()) {
      for (const [key, { since }] of region.ecr.looseBlobs.entries())
        world.at(new Date(since.getTime() + LOOSE_MS), () => this.#dropLoose(region, key));
    }
  }

  /** Resolves when no file is written or deleted any more: whoever has the folder may take it away. */
  async close(): Promise<void> {
    // Watchers are told of a change a moment after it.
    await Promise.resolve();
    this.#closed = true;
    await this.#last;
  }

  /** Id of the account whose registries these are. */
  get account(): string {
    return this.#world.account;
  }

  /** The region whose registry has this name; undefined: none of this account has. */
  regionOf(host: string): Region | undefined {
    const [, account, name = ""] = HOST.exec(host) ?? [];
    if (account !== this.#world.account) return undefined;
    try {
      return registryHost(account, name) === host ? this.#world.region(name) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The region whose registry gave a password away, whoever it was given to and however long ago. */
  regionOfPassword({ username, password }: RegistryLogin): Region | undefined {
    if (username !== "AWS") return undefined;
    const regions = this.#world.regions().filter(({ ecr }) => ecr.registryKeys.size > 0);
    return regions.find(({ name }) => readRegistryPassword(this.#world, name, password) !== undefined);
  }

  /** @throws RegistryRefusal UNAUTHORIZED if it is no login of this registry, DENIED if it is none any more */
  principal(region: Region, login: RegistryLogin | undefined): string {
    const principal =
      login?.username === "AWS" ? readRegistryPassword(this.#world, region.name, login.password) : undefined;
    if (principal === undefined) throw new RegistryRefusal("UNAUTHORIZED", "Not Authorized");
    if (principal !== "expired") return principal;
    throw new RegistryRefusal("DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  }

  /** @throws RegistryRefusal if this login may not do all of that */
  check({ region, repository }: RepositoryPlace, login: RegistryLogin | undefined, actions: readonly string[]): void {
    const principal = this.principal(region, login);
    const [, roleName, name = ""] = /:assumed-role\/([^/]+)\/(.+)$/.exec(principal) ?? [];
    // The sandbox's own user may do everything.
    if (roleName === undefined) return;
    const resource = `arn:aws:ecr:${region.name}:${this.#world.account}:repository/${repository}`;
    const role = this.#world.iam.roles.get(roleName);
    for (const action of actions.map((one) => `ecr:${one}`)) {
      const request = { action, resource, region: region.name };
      const why = role
        ? refusalOf(this.#world, { role, name, sourceIp: undefined }, request)
        : denial(principal, action, resource);
      if (why !== undefined) throw new RegistryRefusal("DENIED", why);
    }
  }

  /** @throws RegistryRefusal NAME_UNKNOWN if there is no such repository */
  checkName({ region, repository }: RepositoryPlace): void {
    if (region.ecr.repositories.get(repository)) return;
    throw new RegistryRefusal(
      "NAME_UNKNOWN",
      `The repository with name '${repository}' does not exist in the registry with id '${this.#world.account}'`,
    );
  }

  /** An image by its digest, or the one that has a tag now. */
  find({ region, repository }: RepositoryPlace, reference: string): RepositoryImage | undefined {
    if (reference.startsWith("sha256:")) return region.ecr.images.get(`${repository}@${reference}`);
    return region.ecr.images.find(
      ({ repositoryName, imageTags }) => repositoryName === repository && imageTags.includes(reference),
    );
  }

  /** Takes a tag away from an image, or deletes it with all its tags. @throws RegistryRefusal DENIED if an index has it */
  async delete(
    { region, repository }: RepositoryPlace,
    image: RepositoryImage,
    tag: string | undefined,
  ): Promise<void> {
    const { images } = region.ecr;
    const users = tag === undefined ? indexesOf(region, image) : [];
    if (users.length > 0)
      throw new RegistryRefusal("DENIED", `Requested image referenced by manifest list: [${users.join(", ")}]`);
    if (tag === undefined) images.delete(`${repository}@${image.imageDigest}`);
    else images.put({ ...image, imageTags: image.imageTags.filter((one) => one !== tag) });
    await this.#world.flush();
  }

  /** The files of a region's registry. */
  blobs({ name }: Region): Promise<BlobStore> {
    const known = this.#stores.get(name);
    if (known) return known;
    const folder = join(this.#folder(), name);
    // Imported only here, because few sandboxes need it in their first second.
    const opened = import("../plane/image/blob-store.ts").then(({ BlobStore }) => BlobStore.open(folder));
    this.#stores.set(name, opened);
    return opened;
  }

  /** Size in bytes of a blob that a repository has; undefined: it has none such, whatever others have. */
  async blobSize({ region, repository }: RepositoryPlace, digest: string): Promise<number | undefined> {
    const isThere =
      region.ecr.looseBlobs.get(`${repository}@${digest}`) !== undefined ||
      region.ecr.images.find((image) => image.repositoryName === repository && blobsOf(image).includes(digest)) !==
        undefined;
    return isThere ? (await this.blobs(region)).size(digest) : undefined;
  }

  /**
   * Adds a blob to a repository, whose image is still to come.
   *
   * @param write puts it into the files; called in turn with all that deletes some
   * @throws RegistryRefusal if the repository is gone
   */
  addBlob(place: RepositoryPlace, digest: string, write: (store: BlobStore) => Promise<void>): Promise<void> {
    return this.#lasting(async () => {
      await write(await this.blobs(place.region));
      const { region, repository } = place;
      try {
        this.checkName(place);
      } catch (error) {
        await this.#deleteUnknown(region, [digest]);
        throw error;
      }
      region.ecr.looseBlobs.put({ repositoryName: repository, digest, since: this.#world.now() });
    });
  }

  /**
   * Puts an image into a repository.
   *
   * @throws RegistryRefusal if it is no manifest or another one, mentions what the repository has not, or may not have the tag
   */
  async put(place: RepositoryPlace, text: string, { tag, digest, mediaType }: PushedAs): Promise<RepositoryImage> {
    const imageDigest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    if (digest !== undefined && digest !== imageDigest)
      throw new RegistryRefusal("DIGEST_INVALID", "provided digest did not match uploaded content");
    const manifest = readManifest(text);
    const type = mediaType ?? manifest?.mediaType ?? "";
    const isKnown = MANIFEST_TYPES.includes(type) && (manifest?.mediaType ?? type) === type;
    if (!manifest || !isKnown) throw new RegistryRefusal("MANIFEST_INVALID", "Invalid image manifest or media type");
    return this.#lasting(async () => {
      this.checkName(place);
      await this.#checkMentioned(place, manifest);
      const image = { imageDigest, text, manifest: { ...manifest, mediaType: type } };
      return this.#record(place, image, tag);
    });
  }

  async #checkMentioned(place: RepositoryPlace, { config, layers, manifests }: ImageManifest): Promise<void> {
    for (const { digest, size } of [...(config ? [config] : []), ...layers]) {
      if ((await this.blobSize(place, digest)) === size) continue;
      const where = `in the registry with id '${this.#world.account}'`;
      throw new RegistryRefusal("MANIFEST_BLOB_UNKNOWN", `Layers with digests '[${digest}]' do not exist ${where}`);
    }
    for (const { digest } of manifests) {
      if (this.find(place, digest)) continue;
      throw new RegistryRefusal(
        "MANIFEST_BLOB_UNKNOWN",
        `Images with digests '[${digest}]' required for pushing image into repository '${place.repository}' do not exist`,
      );
    }
  }

  #record(
    place: RepositoryPlace,
    { imageDigest, text, manifest }: { imageDigest: string; text: string; manifest: ImageManifest },
    tag: string | undefined,
  ): RepositoryImage {
    const { region, repository } = place;
    const { images, looseBlobs } = region.ecr;
    const holder = tag === undefined ? undefined : this.find(place, tag);
    const known = this.find(place, imageDigest);
    if (known && (tag === undefined || known.imageTags.includes(tag))) return known;
    if (holder) this.#checkMutable(place, tag ?? "");
    if (holder) images.put({ ...holder, imageTags: holder.imageTags.filter((one) => one !== tag) });
    const added = tag === undefined ? [] : [tag];
    if (known) return images.put({ ...known, imageTags: [...known.imageTags, ...added] });
    const image = images.put({
      repositoryName: repository,
      registryId: this.#world.account,
      imageDigest,
      imageTags: added,
      imageSizeInBytes: this.#sizeOf(place, manifest),
      imagePushedAt: this.#world.now(),
      ...(manifest.mediaType !== undefined && { imageManifestMediaType: manifest.mediaType }),
      ...artifactTypeOf(manifest),
      ...(manifest.subject !== undefined && { subjectManifestDigest: manifest.subject }),
      hidden: { manifest: text },
    });
    for (const digest of blobsOf(image)) looseBlobs.delete(`${repository}@${digest}`);
    return image;
  }

  #checkMutable({ region, repository }: RepositoryPlace, tag: string): void {
    if (region.ecr.repositories.get(repository)?.imageTagMutability !== "IMMUTABLE") return;
    throw new RegistryRefusal(
      "TAG_INVALID",
      `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
    );
  }

  /** That of an index is its largest image's. (ecr:ImageDetail, imageSizeInBytes) */
  #sizeOf(place: RepositoryPlace, { layers, manifests }: ImageManifest): number {
    const sizes = manifests.map(({ digest }) => this.find(place, digest)?.imageSizeInBytes ?? 0);
    return manifests.length > 0 ? Math.max(...sizes) : layers.reduce((sum, { size }) => sum + size, 0);
  }

  #dropLoose(region: Region, key: string): void {
    const { since } = region.ecr.looseBlobs.get(key) ?? {};
    if (since && since.getTime() + LOOSE_MS <= this.#world.now().getTime()) region.ecr.looseBlobs.delete(key);
  }

  #forget(region: Region, digests: readonly string[]): void {
    if (!this.#closed) this.#world.background(() => this.#inTurn(() => this.#deleteUnknown(region, digests)));
  }

  /** Deletes those of the blobs that are in no repository (any more). */
  async #deleteUnknown(region: Region, digests: readonly string[]): Promise<void> {
    const wasUsed = this.#stores.has(region.name) || (await exists(join(this.#folder(), region.name)));
    if (!wasUsed) return;
    const { images, looseBlobs } = region.ecr;
    const used = new Set([
      ...images.all().flatMap((image) => [image.imageDigest, ...blobsOf(image)]),
      ...looseBlobs.all().map(({ digest }) => digest),
    ]);
    const store = await this.blobs(region);
    for (const digest of digests) if (!used.has(digest)) await store.remove(digest);
  }

  /** In turn, and until it survives the end of this process. @throws Unsaved */
  async #lasting<T>(act: () => Promise<T>): Promise<T> {
    const done = await this.#inTurn(act);
    await this.#world.flush();
    return done;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function artifactTypeOf({ artifactType, config }: ImageManifest): { artifactMediaType?: string } {
  const type = artifactType ?? config?.mediaType;
  return type === undefined ? {} : { artifactMediaType: type };
}

function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
