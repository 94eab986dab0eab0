import {
  type AutoScalingGroupProvider,
  CreateCapacityProviderCommand,
  DeleteCapacityProviderCommand,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  type CapacityProvider as EcsCapacityProvider,
  paginateListClusters,
  UpdateCapacityProviderCommand,
} from "@aws-sdk/client-ecs";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";
import { askedFor } from "../../aws/shared-reads.ts";
import { fromEcsTags, STACK_TAG, type Tags, toEcsTags } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Blocker, Kind } from "../../engine/task.ts";
import { addTags } from "./tags.ts";

/** A capacity provider over an Auto Scaling group. Names are unique in a region; aws, ecs and fargate may not begin them. */
export interface CapacityProviderDesired {
  readonly name: string;
  /** ARN of the group; no other provider may have it. Cannot be changed once the provider exists. */
  readonly autoScalingGroup: string;
  /** Whether ECS sets the group's size by what the tasks need. */
  readonly managedScaling: "ENABLED" | "DISABLED";
  /** Per cent of the group's instances that tasks should keep busy. */
  readonly targetCapacity: number;
  /** Whether instances with tasks are kept when the group becomes smaller; the group must protect its new instances then. */
  readonly managedTerminationProtection: "ENABLED" | "DISABLED";
  /**
   * Whether ECS drains instances that the group takes out, by a lifecycle hook that holds them until their tasks have moved.
   * One that was stopped or terminated by hand is never drained, and held for an hour. AWS's default is ENABLED.
   */
  readonly managedDraining: "ENABLED" | "DISABLED";
}

/** A capacity provider as ECS has it. */
export interface CapacityProvider
  extends Omit<CapacityProviderDesired, "managedScaling" | "managedTerminationProtection" | "managedDraining"> {
  readonly arn: string;
  readonly managedScaling: string;
  readonly managedTerminationProtection: string;
  readonly managedDraining: string;
  /** `ACTIVE`; ECS's model also knows `PROVISIONING` and `DEPROVISIONING`. */
  readonly status: string;
  /** What was last asked of it, e.g. `UPDATE_IN_PROGRESS`; empty: nothing. */
  readonly updateStatus: string;
  /** Why that failed; undefined: it did not. */
  readonly failure: string | undefined;
  readonly tags: Tags;
}

/** An Auto Scaling group as a place for tasks. */
export const capacityProvider: Kind<CapacityProviderDesired, CapacityProvider, Aws> = {
  type: "ecs.capacity-provider",
  async find(aws, { name }) {
    const found = await providerNamed(aws, name);
    return found && found.status !== "INACTIVE" ? fromAws(found) : undefined;
  },
  diff: (desired, actual) => [
    ...change("managedScaling", actual.managedScaling, desired.managedScaling),
    ...change("targetCapacity", actual.targetCapacity, desired.targetCapacity),
    ...change(
      "managedTerminationProtection",
      actual.managedTerminationProtection,
      desired.managedTerminationProtection,
    ),
    ...change("managedDraining", actual.managedDraining, desired.managedDraining),
    ...change("autoScalingGroup", actual.autoScalingGroup, desired.autoScalingGroup, { needsReplacement: true }),
  ],
  async create({ ecs, ownership }, desired) {
    const { name, autoScalingGroup: autoScalingGroupArn } = desired;
    const autoScalingGroupProvider = { autoScalingGroupArn, ...settings(desired) };
    const tags = toEcsTags(ownership);
    const request = { name, autoScalingGroupProvider, tags };
    const { capacityProvider: made } = await ecs.send(new CreateCapacityProviderCommand(request));
    return made && fromAws({ ...made, tags });
  },
  async update({ ecs }, desired) {
    const { name } = desired;
    await ecs.send(new UpdateCapacityProviderCommand({ name, autoScalingGroupProvider: settings(desired) }));
  },
  async remove({ ecs }, { arn }) {
    await ecs.send(new DeleteCapacityProviderCommand({ capacityProvider: arn }));
  },
  pending({ status, updateStatus }) {
    if (updateStatus.endsWith("_IN_PROGRESS")) return updateStatus.toLowerCase().replaceAll("_", " ");
    return status === "ACTIVE" ? undefined : status.toLowerCase();
  },
  broken: ({ failure, updateStatus }) => (updateStatus === "DELETE_FAILED" ? undefined : failure),
  leaving: ({ status, updateStatus }) => status === "DEPROVISIONING" || updateStatus === "DELETE_IN_PROGRESS",
  // Of one that a cluster still has, ECS accepts the delete, and then it is ACTIVE again (ecs:CapacityProvider, updateStatus).
  stays: ({ failure, updateStatus }) => (updateStatus === "DELETE_FAILED" ? failure : undefined),
  blockedBy: (aws, { name }) => clustersWith(aws, name),
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ managedScaling, targetCapacity }) =>
    managedScaling === "ENABLED" ? `managed scaling, target ${targetCapacity} %` : "no managed scaling",
  limits: { usually: 10, usuallyGone: 30, ready: 600, gone: 1200 },
};

function fromAws(found: EcsCapacityProvider): CapacityProvider {
  const provider = found.autoScalingGroupProvider;
  const { managedScaling } = provider ?? {};
  const updateStatus = found.updateStatus ?? "";
  return {
    name: found.name ?? "",
    arn: found.capacityProviderArn ?? "",
    autoScalingGroup: provider?.autoScalingGroupArn ?? "",
    managedScaling: managedScaling?.status ?? "DISABLED",
    targetCapacity: managedScaling?.targetCapacity ?? 100,
    managedTerminationProtection: provider?.managedTerminationProtection ?? "DISABLED",
    managedDraining: provider?.managedDraining ?? "ENABLED",
    status: found.status ?? "",
    updateStatus,
    failure: updateStatus.endsWith("_FAILED") ? (found.updateStatusReason ?? updateStatus) : undefined,
    tags: fromEcsTags(found.tags),
  };
}

async function providerNamed(aws: Aws, name: string): Promise<EcsCapacityProvider | undefined> {
  const names = askedFor(aws, "name", name);
  const providers = await aws.shared.each("ecs capacity provider", names, async (capacityProviders) => {
    const found = await aws.ecs.send(
      new DescribeCapacityProvidersCommand({ capacityProviders: [...capacityProviders], include: ["TAGS"] }),
    );
    return new Map((found.capacityProviders ?? []).map((one) => [one.name ?? "", one]));
  });
  return providers.get(name);
}

/** Other clusters that have the provider: that of the stack has let go of it by now. */
async function clustersWith({ ecs, stack }: Aws, name: string): Promise<Blocker | undefined> {
  const arns: string[] = [];
  for await (const page of paginateListClusters({ client: ecs }, {})) arns.push(...(page.clusterArns ?? []));
  const answers = chunks(arns, 100).map((clusters) =>
    ecs.send(new DescribeClustersCommand({ clusters, include: ["TAGS"] })),
  );
  const others = (await Promise.all(answers))
    .flatMap(({ clusters = [] }) => clusters)
    .filter(
      ({ capacityProviders, tags }) => capacityProviders?.includes(name) && fromEcsTags(tags)[STACK_TAG] !== stack,
    )
    .map(({ clusterName }) => `cluster ${clusterName}`);
  if (others.length === 0) return undefined;
  const by = others.join(", ");
  return { by, next: `Take capacity provider ${name} off ${by} in the ECS console, then run the same command again.` };
}

function settings({
  managedScaling: status,
  targetCapacity,
  managedTerminationProtection,
  managedDraining,
}: CapacityProviderDesired): Omit<AutoScalingGroupProvider, "autoScalingGroupArn"> {
  return { managedScaling: { status, targetCapacity }, managedTerminationProtection, managedDraining };
}
