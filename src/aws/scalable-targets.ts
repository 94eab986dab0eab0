import {
  type ScalableTarget as AwsScalableTarget,
  DescribeScalableTargetsCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { AwsClients } from "./clients.ts";
import { isCode } from "./errors.ts";
import type { Tags } from "./tags.ts";

/** A service of ECS, by the names of its cluster and its own. */
export interface ScaledService {
  readonly cluster: string;
  readonly service: string;
}

/** How Application Auto Scaling names the count of a service's tasks. */
export function countOf({ cluster, service }: ScaledService) {
  return {
    ServiceNamespace: "ecs",
    ResourceId: `service/${cluster}/${service}`,
    ScalableDimension: "ecs:service:DesiredCount",
  } as const;
}

type Aws = Pick<AwsClients, "applicationAutoScaling" | "shared">;

/** The scalable target of a service, asked for once for all who need it; undefined: nothing scales the service. */
export function scalableTargetOf(
  { applicationAutoScaling: client, shared }: Aws,
  service: ScaledService,
): Promise<AwsScalableTarget | undefined> {
  const { ResourceId, ...of } = countOf(service);
  return shared.read(`scalable target ${ResourceId}`, async () => {
    const request = new DescribeScalableTargetsCommand({ ...of, ResourceIds: [ResourceId] });
    return (await client.send(request)).ScalableTargets?.[0];
  });
}

/** Its tags, as `scalableTargetOf`; undefined: it is gone by now. */
export function tagsOfTarget(
  { applicationAutoScaling: client, shared }: Aws,
  { ScalableTargetARN: ResourceARN = "" }: AwsScalableTarget,
): Promise<Tags | undefined> {
  return shared.read(`tags of ${ResourceARN}`, async () => {
    try {
      return (await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags ?? {};
    } catch (error) {
      if (isCode(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  });
}
