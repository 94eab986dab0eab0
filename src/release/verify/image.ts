import type { Aws } from "../../aws/clients.ts";
import { type Finding, findingsOn } from "../../aws/finding.ts";
import { configurationOf, type ImagePlace, type Manifest, manifestOf, type Platform } from "../../aws/images.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";

/** An image of a repository, and what it is to run on. */
export interface ImageToVerify extends ImagePlace {
  readonly definition: Pick<TaskDefinitionDesired, "runtimePlatform">;
}

const SUBJECT = "image";
const ARCHITECTURES = { X86_64: "amd64", ARM64: "arm64" } as const;

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

/** E.g. `linux/amd64`; those of attestations, which run nowhere, are left out. */
async function platformsOf(aws: Aws, image: ImageToVerify, manifest: Manifest): Promise<string[]> {
  const { manifests } = manifest;
  const platforms: Platform[] = manifests?.map(({ platform = {} }) => platform) ?? [
    await configurationOf(aws, image, manifest),
  ];
  return platforms.map(({ os, architecture }) => `${os}/${architecture}`).filter((one) => one !== "unknown/unknown");
}
