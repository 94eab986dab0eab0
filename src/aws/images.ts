import { BatchGetImageCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";

type Ecr = Pick<Clients, "ecr">;

/** An image of a repository. */
export interface ImagePlace {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** `HOST/NAME` */
  readonly repositoryUri: string;
  /** How registries are reached from this computer: all at one url, or at their own names. Absent: not at all. */
  readonly registry?: { readonly url?: string };
}

/** What an image is for. (OCI image-spec) */
export interface Platform {
  readonly os?: string;
  readonly architecture?: string;
}

/** What a manifest says: that of an image, or an index of several. */
export interface Manifest {
  /** Of the manifest itself. */
  readonly digest: string;
  readonly config?: { readonly digest: string };
  /** Of an index. */
  readonly manifests?: readonly { readonly digest: string; readonly platform?: Platform }[];
}

/** What an image is started with, and what it is for. */
export interface ImageConfiguration extends Platform {
  readonly config?: { readonly Labels?: Readonly<Record<string, string>> };
}

/** The manifest of an image; undefined: there is no such image, or repository. */
export async function manifestOf(
  { ecr }: Ecr,
  { repository, reference }: Pick<ImagePlace, "repository" | "reference">,
): Promise<Manifest | undefined> {
  const id = reference.startsWith("sha256:") ? { imageDigest: reference } : { imageTag: reference };
  try {
    const asked = new BatchGetImageCommand({ repositoryName: repository, imageIds: [id] });
    const { imageManifest, imageId } = (await ecr.send(asked)).images?.[0] ?? {};
    return imageManifest === undefined
      ? undefined
      : { ...JSON.parse(imageManifest), digest: imageId?.imageDigest ?? "" };
  } catch (error) {
    if (isCode(error, "RepositoryNotFoundException")) return undefined;
    throw error;
  }
}

/**
 * The configuration of an image that is no index. ECR's API does not show it: it comes from the registry, as docker takes it.
 *
 * @throws Error the registry cannot be reached, or does not give it away
 */
export async function configurationOf(
  { ecr }: Ecr,
  { registry, repository, repositoryUri }: ImagePlace,
  { config }: Manifest,
): Promise<ImageConfiguration> {
  if (!registry) throw new Error("its registry cannot be reached from here, and only that knows what it is for");
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData[0]?.authorizationToken}`;
  const at = registry.url ?? `https://${repositoryUri.split("/")[0]}`;
  const answer = await fetch(`${at}/v2/${repository}/blobs/${config?.digest}`, { headers: { authorization } });
  if (!answer.ok) throw new Error(`the registry answered ${answer.status} to the question what the image is for`);
  return (await answer.json()) as ImageConfiguration;
}

/** Whether a tag of a repository can never be on another image than the one that it is on. */
export async function isImmutable({ ecr }: Ecr, repository: string, tag: string): Promise<boolean> {
  const asked = new DescribeRepositoriesCommand({ repositoryNames: [repository] });
  const { imageTagMutability = "", imageTagMutabilityExclusionFilters = [] } =
    (await ecr.send(asked)).repositories?.[0] ?? {};
  const isExcluded = imageTagMutabilityExclusionFilters.some(({ filter = "" }) => matches(filter, tag));
  return imageTagMutability.startsWith("IMMUTABLE") !== (imageTagMutability.endsWith("WITH_EXCLUSION") && isExcluded);
}

/** Only `*` is a wildcard. (ecr:ImageTagMutabilityExclusionFilter) */
function matches(filter: string, tag: string): boolean {
  const parts = filter.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(tag);
}
