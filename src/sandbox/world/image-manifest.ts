import type { RepositoryImage } from "./records.ts";
import type { Region } from "./world.ts";

/** What a manifest says of something that it mentions (OCI image-spec, descriptor.md). */
export interface ImageDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** In an index: what the image is for. */
  readonly platform?: { readonly architecture: string; readonly os: string };
}

/** What stands in a manifest, of either sort: that of an image, or an index of several (docker: a manifest list). */
export interface ImageManifest {
  readonly mediaType: string | undefined;
  readonly artifactType: string | undefined;
  /** Absent: it is an index. */
  readonly config: ImageDescriptor | undefined;
  readonly layers: readonly ImageDescriptor[];
  /** Those of an index. */
  readonly manifests: readonly ImageDescriptor[];
  /** Digest of the manifest that this one says something about. */
  readonly subject: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Undefined: the text is no manifest. */
export function readManifest(text: string): ImageManifest | undefined {
  const read = parsed(text);
  if (!isObject(read)) return undefined;
  const { mediaType, artifactType, config, layers = [], manifests = [], subject, annotations } = read;
  const mentioned = [config, subject].filter((one) => one !== undefined);
  if (!Array.isArray(layers) || !Array.isArray(manifests)) return undefined;
  if (![...mentioned, ...layers, ...manifests].every(isDescriptor)) return undefined;
  if (config === undefined && read.manifests === undefined) return undefined;
  return {
    mediaType: typeof mediaType === "string" ? mediaType : undefined,
    artifactType: typeof artifactType === "string" ? artifactType : undefined,
    config: config as ImageDescriptor | undefined,
    layers,
    manifests,
    subject: isDescriptor(subject) ? subject.digest : undefined,
    annotations: annotations as Record<string, string> | undefined,
  };
}

/** Digests of the blobs that an image of a repository is made of; an index has none. */
export function blobsOf({ hidden }: RepositoryImage): string[] {
  const { config, layers = [] } = readManifest(hidden.manifest) ?? {};
  return [...(config ? [config] : []), ...layers].map(({ digest }) => digest);
}

/** Digests of the indexes of its repository that mention an image, which therefore cannot be deleted. */
export function indexesOf(region: Region, { repositoryName, imageDigest }: RepositoryImage): string[] {
  const others = region.ecr.images.filter(
    (image) => image.repositoryName === repositoryName && image.hidden.manifest.includes(imageDigest),
  );
  const isMentioned = ({ hidden }: RepositoryImage) =>
    readManifest(hidden.manifest)?.manifests.some(({ digest }) => digest === imageDigest) ?? false;
  return others.filter(isMentioned).map((index) => index.imageDigest);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is ImageDescriptor {
  return (
    isObject(value) &&
    typeof value.mediaType === "string" &&
    typeof value.size === "number" &&
    /^sha256:[0-9a-f]{64}$/.test(String(value.digest))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
