import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DockerEngine, RegistryLogin } from "../machine/machine.ts";
import type { Image, ImageStore } from "../plane/image.ts";
import type { RepositoryImage } from "../world/records.ts";
import { readRegistryPassword, registryHost } from "../world/registry.ts";
import type { Region, World } from "../world/world.ts";
import { denial } from "./instance-aws.ts";
import { allows } from "./role-permissions.ts";

type Engines = DockerEngine["registries"];
type Progress = (line: string) => void;

/** Why a registry says no, in docker's and its own words; docker's commands know it by its name. */
class RegistryRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ImageError";
  }
}

/** What a reference names in a registry. */
interface Place {
  readonly region: Region;
  readonly repository: string;
  /** The reference as it was given, without tag and digest. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const HOST = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/;
const REFERENCE = /^([^/]+)\/([^:@]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
const PUSHING = [
  "InitiateLayerUpload",
  "UploadLayerPart",
  "CompleteLayerUpload",
  "BatchCheckLayerAvailability",
  "PutImage",
];
const PULLING = ["BatchGetImage", "GetDownloadUrlForLayer"];

/**
 * The account's registries of images, one a region: what is in which repository is the world's, the images themselves are
 * files. What nobody's record knows any more is deleted.
 */
export class Registries {
  readonly #world: World;
  readonly #folder: () => string;
  readonly #stores = new Map<string, Promise<ImageStore>>();
  /** Pushes and deletions of a registry's files wait for one another. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param folder where the images are kept; asked for when there is something to keep */
  constructor(world: World, folder: () => string) {
    this.#world = world;
    this.#folder = folder;
    world.watch("ecr", "images", (region, { before, after }) => {
      if (before && !after && !this.#closed)
        world.background(() => this.#inTurn(() => this.#deleteUnknown(region, before.imageDigest)));
    });
  }

  /** Resolves when no file is written or deleted any more: whoever has the folder may take it away. */
  async close(): Promise<void> {
    // Watchers are told of a change a moment after it.
    await Promise.resolve();
    this.#closed = true;
    await this.#last;
  }

  /** The registries as the docker engine with these images reaches them. */
  of(images: ImageStore): Engines {
    return {
      has: (host) => this.#regionOf(host) !== undefined,
      login: async (host, login) => {
        const region = this.#regionOf(host);
        if (region && this.#principal(region, login) !== undefined) return;
        throw new RegistryRefusal(`login attempt to https://${host}/v2/ failed with status: 400 Bad Request`);
      },
      push: (reference, login, onProgress) =>
        this.#inTurn(() => this.#push(images, this.#placeOf(reference), reference, login, onProgress)),
      pull: (reference, login, onProgress) => this.#pull(images, this.#placeOf(reference), login, onProgress),
    };
  }

  async #push(
    images: ImageStore,
    place: Place,
    reference: string,
    login: RegistryLogin | undefined,
    onProgress: Progress,
  ): Promise<void> {
    const { region, tag = "latest" } = place;
    const image = await images.find(reference);
    if (!image) throw new RegistryRefusal(`An image does not exist locally with the tag: ${place.name}`);
    const layers = [...image.layers].reverse();
    for (const layer of layers) onProgress(`${short(layer)}: Preparing`);
    const denied = this.#denied(place, login, PUSHING);
    if (denied !== undefined) throw new RegistryRefusal(denied);
    const missing = this.#missing(place);
    if (missing !== undefined) throw new RegistryRefusal(`name unknown: ${missing}`);
    const store = await this.#store(region);
    for (const layer of layers) {
      const isThere = (await store.blobSize(layer)) !== undefined;
      if (!isThere) await store.writeBlob(layer, images.readBlob(layer));
      onProgress(`${short(layer)}: ${isThere ? "Layer already exists" : "Pushed"}`);
    }
    if ((await store.blobSize(image.id)) === undefined) await store.writeBlob(image.id, images.readBlob(image.id));
    const manifest = await textOf(images, image.digest);
    await store.putManifest(undefined, Buffer.from(manifest));
    try {
      this.#record(place, tag, image, manifest);
    } catch (error) {
      await this.#deleteUnknown(region, image.digest);
      throw error;
    }
    onProgress(`${tag}: digest: ${image.digest} size: ${Buffer.byteLength(manifest)}`);
  }

  /**
   * Puts the image into the repository, with the tag that another one may have had.
   *
   * @throws RegistryRefusal if that one keeps it, or the repository was deleted while the layers travelled
   */
  #record(place: Place, tag: string, image: Image, manifest: string): void {
    const { region, repository } = place;
    const { images, repositories } = region.ecr;
    const missing = this.#missing(place);
    if (missing !== undefined) throw new RegistryRefusal(`name unknown: ${missing}`);
    const holder = this.#holderOf(place, tag);
    if (holder?.imageDigest === image.digest) return;
    if (holder && repositories.get(repository)?.imageTagMutability === "IMMUTABLE") {
      throw new RegistryRefusal(
        `tag invalid: The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
      );
    }
    if (holder) images.put({ ...holder, imageTags: holder.imageTags.filter((one) => one !== tag) });
    const known = images.get(`${repository}@${image.digest}`);
    images.put(
      known
        ? { ...known, imageTags: [...known.imageTags, tag] }
        : {
            repositoryName: repository,
            registryId: this.#world.account,
            imageDigest: image.digest,
            imageTags: [tag],
            imageSizeInBytes: image.size,
            imagePushedAt: this.#world.now(),
            imageManifestMediaType: "application/vnd.oci.image.manifest.v1+json",
            artifactMediaType: "application/vnd.oci.image.config.v1+json",
            hidden: { manifest },
          },
    );
  }

  async #pull(
    images: ImageStore,
    place: Place,
    login: RegistryLogin | undefined,
    onProgress: Progress,
  ): Promise<Image> {
    const { name, tag = "latest", digest } = place;
    const version = digest ?? tag;
    const separator = digest === undefined ? ":" : "@";
    const url = `https://${name.replace("/", "/v2/")}/manifests/${version}`;
    const denied = this.#denied(place, login, PULLING);
    if (denied !== undefined) {
      throw new RegistryRefusal(
        denied.startsWith("denied: User")
          ? `pull access denied for ${name}, repository does not exist or may require 'docker login': ${denied}`
          : `Head "${url}": ${denied}`,
      );
    }
    const missing = this.#missing(place);
    if (missing !== undefined) throw new RegistryRefusal(`repository ${name} not found: name unknown: ${missing}`);
    const record =
      digest === undefined ? this.#holderOf(place, tag) : place.region.ecr.images.get(`${place.repository}@${digest}`);
    if (!record) {
      throw new RegistryRefusal(
        `manifest for ${name}${separator}${version} not found: manifest unknown: Requested image not found`,
      );
    }
    onProgress(`${version}: Pulling from ${place.repository}`);
    const before = await images.find(`${name}@${record.imageDigest}`);
    const image = await this.#fetch(
      images,
      place.region,
      record,
      digest === undefined ? `${name}:${tag}` : undefined,
      onProgress,
    );
    onProgress(`Digest: ${image.digest}`);
    onProgress(
      `Status: ${before ? "Image is up to date" : "Downloaded newer image"} for ${name}${separator}${version}`,
    );
    return image;
  }

  /** Copies an image of the registry into an engine's images; undefined as its name: it has none there. */
  async #fetch(
    images: ImageStore,
    region: Region,
    { imageDigest, hidden }: RepositoryImage,
    name: string | undefined,
    onProgress: Progress,
  ): Promise<Image> {
    const store = await this.#store(region);
    const stored = await store.find(`image@${imageDigest}`);
    if (!stored)
      throw new RegistryRefusal(`manifest unknown: the files of ${imageDigest} are gone from the sandbox's folder`);
    for (const layer of stored.layers) {
      const isThere = (await images.blobSize(layer)) !== undefined;
      if (!isThere) await images.writeBlob(layer, store.readBlob(layer));
      onProgress(`${short(layer)}: ${isThere ? "Already exists" : "Pull complete"}`);
    }
    if ((await images.blobSize(stored.id)) === undefined) await images.writeBlob(stored.id, store.readBlob(stored.id));
    return images.putManifest(name, Buffer.from(hidden.manifest));
  }

  /** Why this login may not do that, as the registry says it; undefined: it may. */
  #denied(
    { region, repository }: Place,
    login: RegistryLogin | undefined,
    actions: readonly string[],
  ): string | undefined {
    if (!login) return "no basic auth credentials";
    const principal = this.#principal(region, login);
    if (principal === undefined) return "denied: Not Authorized";
    if (principal === "expired") return "denied: Your authorization token has expired. Reauthenticate and try again.";
    const [, roleName] = /:assumed-role\/([^/]+)\//.exec(principal) ?? [];
    // The sandbox's own user may do everything.
    if (roleName === undefined) return undefined;
    const arn = `arn:aws:ecr:${region.name}:${this.#world.account}:repository/${repository}`;
    const role = this.#world.iam.roles.get(roleName);
    const refused = actions.find((action) => !role || !allows(role, `ecr:${action}`, arn));
    return refused && `denied: ${denial(principal, `ecr:${refused}`, arn)}`;
  }

  #principal(region: Region, { username, password }: RegistryLogin): string | undefined {
    return username === "AWS" ? readRegistryPassword(this.#world, region.name, password) : undefined;
  }

  /** That there is no such repository, as ECR says it; undefined: there is. */
  #missing({ region, repository }: Place): string | undefined {
    if (region.ecr.repositories.get(repository)) return undefined;
    return `The repository with name '${repository}' does not exist in the registry with id '${this.#world.account}'`;
  }

  /** The image that has a tag now. */
  #holderOf({ region, repository }: Pick<Place, "region" | "repository">, tag: string): RepositoryImage | undefined {
    return region.ecr.images.find((image) => image.repositoryName === repository && image.imageTags.includes(tag));
  }

  #placeOf(reference: string): Place {
    const [, host = "", repository = "", tag, digest] = REFERENCE.exec(reference) ?? [];
    const region = this.#regionOf(host);
    if (!region) throw new RegistryRefusal(`invalid reference format: ${reference}`);
    return { region, repository, name: `${host}/${repository}`, tag, digest };
  }

  /** The region whose registry is at a host; undefined: none of this account is. */
  #regionOf(host: string): Region | undefined {
    const [, account, name = ""] = HOST.exec(host) ?? [];
    if (account !== this.#world.account) return undefined;
    try {
      return registryHost(account, name) === host ? this.#world.region(name) : undefined;
    } catch {
      return undefined;
    }
  }

  #store({ name }: Region): Promise<ImageStore> {
    const known = this.#stores.get(name);
    if (known) return known;
    const folder = join(this.#folder(), name);
    // Imported only here, because few sandboxes need it in their first second.
    const opened = import("../plane/image/store.ts").then(({ openImages }) => openImages(folder));
    this.#stores.set(name, opened);
    return opened;
  }

  /** Deletes the files of an image that is in no repository (any more). */
  async #deleteUnknown(region: Region, digest: string): Promise<void> {
    if (region.ecr.images.find(({ imageDigest }) => imageDigest === digest)) return;
    const wasUsed = this.#stores.has(region.name) || (await exists(join(this.#folder(), region.name)));
    if (!wasUsed) return;
    const store = await this.#store(region);
    const reference = `image@${digest}`;
    if (await store.find(reference)) await store.remove(reference);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

async function textOf(images: ImageStore, digest: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of images.readBlob(digest)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
