import { randomBytes } from "node:crypto";
import type { RegisterScalableTargetCommandInput } from "@aws-sdk/client-application-auto-scaling";
import { deregister } from "../../world/application-auto-scaling/deregister.ts";
import { moveIntoBounds, scaledService } from "../../world/application-auto-scaling/desired-count.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { ScalableTarget } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkNamed, checkWanted, invalid, paged, type TargetScalingOperations, targetOf } from "./operation.ts";
import { mergedTags } from "./tags.ts";

const MOST_TARGETS = 50;
const PRINCIPAL = "ecs.application-autoscaling.amazonaws.com";

/** Scalable targets. */
export function targetOperations(world: World): TargetScalingOperations {
  return {
    RegisterScalableTarget: {
      accepts: [
        "ServiceNamespace",
        "ResourceId",
        "ScalableDimension",
        "MinCapacity",
        "MaxCapacity",
        // ECS supports a service-linked role, so that one is used whatever is given. (RegisterScalableTarget, RoleARN)
        "RoleARN",
        "SuspendedState",
        "Tags",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        checkNamed(input);
        checkService(world, region, input.ResourceId);
        const former = region.applicationAutoScaling.targets.get(input.ResourceId ?? "");
        if (former && input.Tags) {
          throw invalid(
            "The scalable target that you tried to tag already exists. To update tags on an existing scalable target, use the TagResource API.",
          );
        }
        const bounds = boundsOf(input, former);
        const made = former ?? newTarget(world, region, input, bounds);
        const SuspendedState = { ...made.SuspendedState, ...input.SuspendedState };
        const target = region.applicationAutoScaling.targets.put({ ...made, ...bounds, SuspendedState });
        moveIntoBounds(world, region, target);
        return { ScalableTargetARN: target.ScalableTargetARN };
      },
    },

    DescribeScalableTargets: {
      accepts: ["ServiceNamespace", "ResourceIds", "ScalableDimension", "MaxResults", "NextToken"],
      handle({ ResourceIds = [], ...input }, { region }) {
        checkWanted(input, ResourceIds);
        const found = world
          .region(region)
          .applicationAutoScaling.targets.filter(
            ({ ResourceId }) => ResourceIds.length === 0 || ResourceIds.includes(ResourceId),
          );
        const { items, ...rest } = paged(found, input, { size: world.pageSize, most: MOST_TARGETS });
        return { ScalableTargets: items, ...rest };
      },
    },

    DeregisterScalableTarget: {
      accepts: ["ServiceNamespace", "ResourceId", "ScalableDimension"],
      handle(input, { region: name }) {
        const region = world.region(name);
        deregister(region, targetOf(region, input, "found"));
        return {};
      },
    },
  };
}

/** @throws AwsError if there is no such service, or Application Auto Scaling does not see it yet */
function checkService(world: World, region: Region, resourceId = ""): void {
  const service = scaledService(world, region, resourceId);
  const visibleAt = (service?.createdAt.getTime() ?? Infinity) + world.delay("service visible to scaling");
  if (world.now().getTime() < visibleAt) throw invalid(`ECS service doesn't exist: ${resourceId}`);
}

/** @throws AwsError */
function boundsOf(input: RegisterScalableTargetCommandInput, former: ScalableTarget | undefined) {
  const { MinCapacity = former?.MinCapacity, MaxCapacity = former?.MaxCapacity } = input;
  if (MinCapacity === undefined) throw invalid("Minimum capacity must be specified");
  if (MaxCapacity === undefined) throw invalid("Maximum capacity must be specified");
  if (MinCapacity < 0) throw invalid("Minimum capacity cannot be less than 0");
  if (MaxCapacity < MinCapacity) throw invalid("Maximum capacity cannot be less than minimum capacity");
  return { MinCapacity, MaxCapacity };
}

function newTarget(
  world: World,
  region: Region,
  { ResourceId = "", Tags = {} }: RegisterScalableTargetCommandInput,
  bounds: Pick<ScalableTarget, "MinCapacity" | "MaxCapacity">,
): ScalableTarget {
  const tags = mergedTags({}, Tags);
  return {
    ServiceNamespace: "ecs",
    ResourceId,
    ScalableDimension: "ecs:service:DesiredCount",
    ...bounds,
    RoleARN: ensureLinkedRole(world, PRINCIPAL).Arn,
    CreationTime: world.now(),
    SuspendedState: {
      DynamicScalingInSuspended: false,
      DynamicScalingOutSuspended: false,
      ScheduledScalingSuspended: false,
    },
    ScalableTargetARN: `arn:aws:application-autoscaling:${region.name}:${world.account}:scalable-target/${randomBytes(18).toString("hex")}`,
    hidden: { tags },
  };
}
