import { BatchGetImageCommand, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { type Finding, findingsOn } from "../../aws/finding.ts";
import type { RegistryPlace } from "../../engine/task.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";

/** An image of a repository, and what it is to run on. */
export interface ImageToVerify {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly definition: Pick<TaskDefinitionDesired, "runtimePlatform">;
  /** `HOST/NAME` */
  readonly repositoryUri: string;
  /** How registries are reached from this computer; absent: not at all. */
  readonly registry?: RegistryPlace;
}

const SUBJECT = "image";
const ARCHITECTURES = { X86_64: "amd64", ARM64: "arm64" } as const;

/** What an index or an image's configuration says of a platform. (OCI image-spec) */
interface Platform {
  readonly os?: string;
  readonly architecture?: string;
}

/** Whether an image is there, and for the platform of the machines. */
export function imageFindings(aws: Aws, image: ImageToVerify): Promise<Finding[]> {
  return findingsOn(SUBJECT, async () => {
    const { repository, reference, definition } = image;
    const name = reference.startsWith("sha256:")
      ? `${repository}@${reference.slice(0, 19)}`
      : `${repository}:${reference}`;
    const manifest = await manifestOf(aws, image);
    if (manifest === undefined) return [absent(name)];
    const wanted = `linux/${ARCHITECTURES[definition.runtimePlatform.architecture]}`;
    const platforms = await platformsOf(aws, image, manifest);
    if (platforms.includes(wanted)) return [{ level: "ok", subject: SUBJECT, text: `${name} is there, for ${wanted}` }];
    const text = `${name} is for ${platforms.join(", ")}, and the machines are ${wanted}`;
    const next = `Build it for them: \`docker build --platform ${wanted}\`, or let bia-infra build it (--builder machine).`;
    return [{ level: "problem", subject: SUBJECT, text, next }];
  });
}

function absent(name: string): Finding {
  const next = "Push it, or let `bia-infra deploy-version` build it with --builder machine.";
  return { level: "problem", subject: SUBJECT, text: `there is no image ${name}`, next };
}

interface Manifest {
  readonly config?: { readonly digest: string };
  /** Of an index. */
  readonly manifests?: readonly { readonly platform?: Platform }[];
}

async function manifestOf({ ecr }: Aws, { repository, reference }: ImageToVerify): Promise<Manifest | undefined> {
  const id = reference.startsWith("sha256:") ? { imageDigest: reference } : { imageTag: reference };
  try {
    const asked = new BatchGetImageCommand({ repositoryName: repository, imageIds: [id] });
    const text = (await ecr.send(asked)).images?.[0]?.imageManifest;
    return text === undefined ? undefined : (JSON.parse(text) as Manifest);
  } catch (error) {
    if (isCode(error, "RepositoryNotFoundException")) return undefined;
    throw error;
  }
}

/** E.g. `linux/amd64`; those of attestations, which run nowhere, are left out. */
async function platformsOf(aws: Aws, image: ImageToVerify, { manifests, config }: Manifest): Promise<string[]> {
  const platforms = manifests?.flatMap(({ platform = {} }) => platform) ?? [await configuration(aws, image, config)];
  return platforms.map(({ os, architecture }) => `${os}/${architecture}`).filter((one) => one !== "unknown/unknown");
}

/** Only the image's configuration says what it is for, and ECR's API does not show it: it comes from the registry, as docker takes it. */
async function configuration(
  { ecr }: Aws,
  { registry, repository, repositoryUri }: ImageToVerify,
  { digest = "" }: { readonly digest?: string } = {},
): Promise<Platform> {
  if (!registry) throw new Error("its registry cannot be reached from here, and only that knows what it is for");
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData[0]?.authorizationToken}`;
  const at = registry.url ?? `https://${repositoryUri.split("/")[0]}`;
  const answer = await fetch(`${at}/v2/${repository}/blobs/${digest}`, { headers: { authorization } });
  if (!answer.ok) throw new Error(`the registry answered ${answer.status} to the question what the image is for`);
  return (await answer.json()) as Platform;
}
