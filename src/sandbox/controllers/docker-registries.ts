import type { DockerEngine, RegistryLogin } from "../machine/machine.ts";
import type { Image, ImageStore } from "../plane/image.ts";
import { readManifest } from "../world/image-manifest.ts";
import type { RepositoryImage } from "../world/records.ts";
import { type Registries, RegistryRefusal, type RepositoryPlace } from "./registries.ts";

type Engines = DockerEngine["registries"];
type Progress = (line: string) => void;

/** What a reference names in a registry. */
interface Place extends RepositoryPlace {
  /** The reference as it was given, without tag and digest. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** What docker itself says. */
class DockerRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ImageError";
  }
}

const REFERENCE = /^([^/]+)\/([^:@]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
const PUSHING = [
  "InitiateLayerUpload",
  "UploadLayerPart",
  "CompleteLayerUpload",
  "BatchCheckLayerAvailability",
  "PutImage",
];
const PULLING = ["BatchGetImage", "GetDownloadUrlForLayer"];

/** The account's registries as the docker engine with these images reaches them: in docker's words. */
export function dockerRegistries(registries: Registries, images: ImageStore): Engines {
  async function push(place: Place, reference: string, login: RegistryLogin | undefined, onProgress: Progress) {
    const { region, tag = "latest" } = place;
    const image = await images.find(reference);
    if (!image) throw new DockerRefusal(`An image does not exist locally with the tag: ${place.name}`);
    const layers = [...image.layers].reverse();
    for (const layer of layers) onProgress(`${short(layer)}: Preparing`);
    checkLogin(place, login, PUSHING);
    registries.checkName(place);
    for (const layer of [...layers, image.id]) {
      const isThere = (await registries.blobSize(place, layer)) !== undefined;
      if (!isThere) {
        await registries.addBlob(place, layer, async (store) => {
          if ((await store.size(layer)) === undefined) await store.write(layer, images.readBlob(layer));
        });
      }
      if (layer !== image.id) onProgress(`${short(layer)}: ${isThere ? "Layer already exists" : "Pushed"}`);
    }
    const manifest = await textOf(images, image.digest);
    await registries.put({ region, repository: place.repository }, manifest, { tag });
    onProgress(`${tag}: digest: ${image.digest} size: ${Buffer.byteLength(manifest)}`);
  }

  async function pull(place: Place, login: RegistryLogin | undefined, onProgress: Progress): Promise<Image> {
    const { name, tag = "latest", digest } = place;
    const version = digest ?? tag;
    const separator = digest === undefined ? ":" : "@";
    checkPulling(place, login, version);
    const record = registries.find(place, version);
    if (!record) {
      throw new DockerRefusal(
        `manifest for ${name}${separator}${version} not found: manifest unknown: Requested image not found`,
      );
    }
    onProgress(`${version}: Pulling from ${place.repository}`);
    const own = ownImage(place, record);
    const before = await images.find(`${name}@${own.imageDigest}`);
    const image = await fetched(place, own, digest === undefined ? `${name}:${tag}` : undefined, onProgress);
    onProgress(`Digest: ${record.imageDigest}`);
    onProgress(
      `Status: ${before ? "Image is up to date" : "Downloaded newer image"} for ${name}${separator}${version}`,
    );
    return image;
  }

  function checkPulling(place: Place, login: RegistryLogin | undefined, version: string): void {
    const { name } = place;
    try {
      checkLogin(place, login, PULLING);
    } catch (error) {
      const { message } = error as Error;
      throw new DockerRefusal(
        message.startsWith("denied: User")
          ? `pull access denied for ${name}, repository does not exist or may require 'docker login': ${message}`
          : `Head "https://${name.replace("/", "/v2/")}/manifests/${version}": ${message}`,
      );
    }
    try {
      registries.checkName(place);
    } catch (error) {
      throw new DockerRefusal(`repository ${name} not found: ${(error as Error).message}`);
    }
  }

  /** The image itself, or that of an index for a computer like this one. */
  function ownImage(place: Place, record: RepositoryImage): RepositoryImage {
    const { config, manifests = [] } = readManifest(record.hidden.manifest) ?? {};
    if (config) return record;
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const own = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture);
    const image = own && registries.find(place, own.digest);
    if (image) return image;
    throw new DockerRefusal(`no matching manifest for linux/${architecture} in the manifest list entries`);
  }

  /** Copies an image into the engine's; undefined as its name: it has none there. */
  async function fetched(
    { region }: Place,
    { hidden, imageDigest }: RepositoryImage,
    name: string | undefined,
    onProgress: Progress,
  ): Promise<Image> {
    const { config, layers = [] } = readManifest(hidden.manifest) ?? {};
    const store = await registries.blobs(region);
    for (const { digest } of [...layers, ...(config ? [config] : [])]) {
      const isThere = (await images.blobSize(digest)) !== undefined;
      if (!isThere && (await store.size(digest)) === undefined) {
        throw new DockerRefusal(`manifest unknown: the files of ${imageDigest} are gone from the sandbox's folder`);
      }
      if (!isThere) await images.writeBlob(digest, store.read(digest));
      if (digest !== config?.digest) onProgress(`${short(digest)}: ${isThere ? "Already exists" : "Pull complete"}`);
    }
    return images.putManifest(name, Buffer.from(hidden.manifest));
  }

  /** @throws an error as docker says it */
  function checkLogin(place: Place, login: RegistryLogin | undefined, actions: readonly string[]): void {
    if (!login) throw new DockerRefusal("no basic auth credentials");
    try {
      registries.check(place, login, actions);
    } catch (error) {
      throw error instanceof RegistryRefusal ? new DockerRefusal(`denied: ${error.reason}`) : error;
    }
  }

  function placeOf(reference: string): Place {
    const [, host = "", repository = "", tag, digest] = REFERENCE.exec(reference) ?? [];
    const region = registries.regionOf(host);
    if (!region) throw new DockerRefusal(`invalid reference format: ${reference}`);
    return { region, repository, name: `${host}/${repository}`, tag, digest };
  }

  return {
    has: (host) => registries.regionOf(host) !== undefined,
    login: async (host, login) => {
      const region = registries.regionOf(host);
      if (region && registries.regionOfPassword(login) === region) return;
      throw new DockerRefusal(`login attempt to https://${host}/v2/ failed with status: 400 Bad Request`);
    },
    push: (reference, login, onProgress) => push(placeOf(reference), reference, login, onProgress),
    pull: (reference, login, onProgress) => pull(placeOf(reference), login, onProgress),
  };
}

async function textOf(images: ImageStore, digest: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of images.readBlob(digest)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
