import type { Aws } from "../../aws/clients.ts";
import type { Finding } from "../../aws/finding.ts";
import type { BuiltService, RegistryPlace } from "../../engine/task.ts";
import { revisionOf } from "../../kinds/ecs/revisions.ts";
import { rolloutOf, servingIn } from "../../kinds/ecs/rollout-reads.ts";
import { imageFindings } from "./image.ts";

/** Whether the image is still there that a machine would pull if it had to start a task of the service now. */
export async function servingImage(
  aws: Aws,
  service: BuiltService,
  registry: RegistryPlace | undefined,
): Promise<Finding[]> {
  const rollout = await rolloutOf(aws, service);
  const arn = rollout && servingIn(rollout);
  const { definition = {} } = (arn === undefined ? undefined : await revisionOf(aws, arn)) ?? {};
  const image = definition.containerDefinitions?.find(({ name }) => name === service.container)?.image ?? "";
  const [, repositoryUri, reference] = /^(.+\/[^:@]+)[@:](.+)$/.exec(image) ?? [];
  if (repositoryUri === undefined || reference === undefined) return [];
  const architecture = definition.runtimePlatform?.cpuArchitecture === "ARM64" ? "ARM64" : "X86_64";
  return imageFindings(aws, {
    repository: service.repository,
    repositoryUri,
    reference,
    definition: { runtimePlatform: { operatingSystem: "LINUX", architecture } },
    ...(registry && { registry }),
  });
}
