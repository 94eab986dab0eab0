import type { CapacityProvider, Cluster } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Marks groups whose size ECS manages ("Amazon ECS capacity providers for EC2 workloads"). */
const MANAGED_TAG = "AmazonECSManaged";

/** The lifecycle hook of managed draining, on EC2_INSTANCE_TERMINATING ("managed draining"; its name and 3600 s as seen). */
const DRAINING_HOOK = "ecs-managed-draining-termination-hook";

/** Carries out what was asked of capacity providers, and of clusters about theirs. */
export function controlCapacityProviders(world: World): void {
  function change(region: Region, { name, updateStatus }: CapacityProvider): void {
    world.at(world.later("capacity provider changed"), () => {
      const provider = region.ecs.capacityProviders.get(name);
      if (provider?.updateStatus !== updateStatus) return;
      // Whoever deletes the provider leaves its hook on the group.
      if (updateStatus !== "DELETE_IN_PROGRESS") hookGroup(region, provider);
      region.ecs.capacityProviders.put({ ...provider, ...ended(updateStatus) });
    });
  }

  function attach(region: Region, { clusterName }: Cluster): void {
    world.at(world.later("cluster attachments updated"), () => {
      const cluster = region.ecs.clusters.get(clusterName);
      if (cluster?.attachmentsStatus !== "UPDATE_IN_PROGRESS") return;
      const status = cluster.status === "DEPROVISIONING" ? "INACTIVE" : "ACTIVE";
      nameProviders(region, region.ecs.clusters.put({ ...cluster, attachmentsStatus: "UPDATE_COMPLETE", status }));
    });
  }

  const isChanging = ({ updateStatus }: CapacityProvider) => updateStatus.endsWith("_IN_PROGRESS");
  const isAttaching = ({ attachmentsStatus }: Cluster) => attachmentsStatus === "UPDATE_IN_PROGRESS";
  world.watch("ecs", "capacityProviders", (region, { before, after }) => {
    if (after && (!before || before.status === "INACTIVE") && after.status === "ACTIVE") {
      markGroup(region, after);
      hookGroup(region, after);
    }
    if (after && isChanging(after) && before?.updateStatus !== after.updateStatus) change(region, after);
  });
  world.watch("ecs", "clusters", (region, { before, after }) => {
    if (after && isAttaching(after) && !(before && isAttaching(before))) attach(region, after);
  });
  for (const region of world.regions()) {
    for (const provider of region.ecs.capacityProviders.filter(isChanging)) change(region, provider);
    for (const cluster of region.ecs.clusters.filter(isAttaching)) attach(region, cluster);
  }
}

function ended(updateStatus: string): Pick<CapacityProvider, "status" | "updateStatus"> {
  if (updateStatus === "DELETE_IN_PROGRESS") return { status: "INACTIVE", updateStatus: "DELETE_COMPLETE" };
  return { status: "ACTIVE", updateStatus: "UPDATE_COMPLETE" };
}

/** The capacity provider of a cluster that an instance belongs to, by its scaling group. */
export function providerOf(region: Region, cluster: Cluster, instanceId: string): string | undefined {
  const group = region.autoscaling.groups.find(({ Instances }) =>
    Instances.some(({ InstanceId }) => InstanceId === instanceId),
  );
  return cluster.capacityProviders.find(
    (name) =>
      group !== undefined &&
      region.ecs.capacityProviders.get(name)?.autoScalingGroupProvider.autoScalingGroupArn ===
        group.AutoScalingGroupARN,
  );
}

/** Instances that joined before their provider was attached belong to it from then on. */
function nameProviders(region: Region, cluster: Cluster): void {
  for (const instance of region.ecs.containerInstances.all()) {
    if (instance.hidden.clusterArn !== cluster.clusterArn) continue;
    const name = providerOf(region, cluster, instance.ec2InstanceId);
    if (name === instance.capacityProviderName) continue;
    const { capacityProviderName: _former, ...rest } = instance;
    region.ecs.containerInstances.put({ ...rest, ...(name !== undefined && { capacityProviderName: name }) });
  }
}

/** Puts ECS's lifecycle hook on a group whose instances are to be drained, or takes it off. */
function hookGroup({ autoscaling }: Region, { autoScalingGroupProvider }: CapacityProvider): void {
  const { autoScalingGroupArn, managedDraining } = autoScalingGroupProvider;
  const group = autoscaling.groups.find(({ AutoScalingGroupARN }) => AutoScalingGroupARN === autoScalingGroupArn);
  if (!group) return;
  autoscaling.groups.update(group.AutoScalingGroupName, ({ hidden }) => {
    if (managedDraining === "DISABLED") delete hidden.terminationHook;
    else hidden.terminationHook = DRAINING_HOOK;
  });
}

function markGroup({ autoscaling }: Region, { autoScalingGroupProvider }: CapacityProvider): void {
  if (autoScalingGroupProvider.managedScaling?.status !== "ENABLED") return;
  const group = autoscaling.groups.find(
    ({ AutoScalingGroupARN }) => AutoScalingGroupARN === autoScalingGroupProvider.autoScalingGroupArn,
  );
  if (!group || group.Tags.some(({ Key }) => Key === MANAGED_TAG)) return;
  const tag = {
    Key: MANAGED_TAG,
    Value: "",
    PropagateAtLaunch: true,
    ResourceId: group.AutoScalingGroupName,
    ResourceType: "auto-scaling-group",
  };
  autoscaling.groups.put({ ...group, Tags: [...group.Tags, tag] });
}
