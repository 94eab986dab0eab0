import { createHash } from "node:crypto";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";

export const ACCOUNT = "000000000000";

/** A client of a sandbox whose time stands still, with a repository `bia`. It does not retry. */
export async function registryOf(options: SandboxOptions = {}): Promise<{ ecr: ECRClient; world: World }> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const ecr = new ECRClient({ ...clientConfig(sandbox), maxAttempts: 1 });
  onTestFinished(() => ecr.destroy());
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "bia" }));
  return { ecr, world: sandbox.world };
}

/** Puts an image into the world as a push would, without its layers. @returns its digest */
export function pushed(world: World, content: string, imageTags: string[] = []): string {
  const imageDigest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const { images } = world.region("us-east-1").ecr;
  for (const image of images.filter(({ repositoryName }) => repositoryName === "bia")) {
    images.put({ ...image, imageTags: image.imageTags.filter((tag) => !imageTags.includes(tag)) });
  }
  images.put({
    repositoryName: "bia",
    registryId: world.account,
    imageDigest,
    imageTags,
    imageSizeInBytes: 1000,
    imagePushedAt: world.now(),
    imageManifestMediaType: "application/vnd.oci.image.manifest.v1+json",
    hidden: { manifest: JSON.stringify({ content }) },
  });
  return imageDigest;
}
