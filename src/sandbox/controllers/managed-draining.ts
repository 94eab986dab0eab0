import { HELD, release } from "../world/autoscaling/members.ts";
import type { ContainerInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/**
 * What ECS does about instances that its lifecycle hook holds: lets go of each as soon as its tasks are drained. That needs
 * the agent: of an instance that was stopped or terminated behind ECS's back nothing is heard, and the hook holds it until its
 * time is over. ("Safely stop Amazon ECS workloads running on EC2 instances", managed draining)
 */
export function controlManagedDraining(world: World): void {
  function look(region: Region): void {
    for (const { AutoScalingGroupName: name, Instances } of region.autoscaling.groups.all()) {
      const held = Instances.filter(({ LifecycleState }) => LifecycleState === HELD);
      release(
        world,
        region,
        name,
        held.map(({ InstanceId }) => InstanceId).filter((id) => isDrained(region, id)),
      );
    }
  }

  world.watch("autoscaling", "groups", look);
  world.watch("ecs", "containerInstances", look);
  world.watch("ecs", "tasks", look);
  for (const region of world.regions()) look(region);
}

/** Whether an instance has no task any more; one that has is drained from now on. */
function isDrained(region: Region, instanceId: string): boolean {
  const joined = region.ecs.containerInstances.find(({ ec2InstanceId }) => ec2InstanceId === instanceId);
  if (!joined?.agentConnected || region.ec2.instances.get(instanceId)?.State.Name !== "running") return false;
  if (joined.status === "ACTIVE") drain(region, joined);
  return !region.ecs.tasks.find(
    ({ containerInstanceArn, lastStatus }) =>
      containerInstanceArn === joined.containerInstanceArn && lastStatus !== "STOPPED",
  );
}

function drain({ ecs }: Region, { containerInstanceArn }: ContainerInstance): void {
  ecs.containerInstances.update(containerInstanceArn, (draft) => {
    draft.status = "DRAINING";
  });
}
