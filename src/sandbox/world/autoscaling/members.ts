import { leaving } from "../ec2/leaving.ts";
import { type AutoScalingGroup, type GroupInstance, type ScalingActivity, targetKey } from "../records.ts";
import type { Region, World } from "../world.ts";
import { at, beginActivity } from "./activities.ts";

/** Status of a group that is being deleted. */
export const DELETING = "Delete in progress";

/** Instances of a group that it is not getting rid of. */
export function livingOf({ Instances }: AutoScalingGroup): GroupInstance[] {
  return Instances.filter(({ LifecycleState }) => LifecycleState !== "Terminating");
}

/**
 * Takes an instance out of its group and terminates it.
 *
 * @param why in the words of an activity's cause
 */
export function takeOut(
  world: World,
  region: Region,
  group: AutoScalingGroup,
  instanceId: string,
  why: string,
): ScalingActivity {
  const { groups } = region.autoscaling;
  changeMember(region, group.AutoScalingGroupName, instanceId, (draft) => {
    draft.LifecycleState = "Terminating";
  });
  const state = region.ec2.instances.get(instanceId)?.State.Name;
  if (state !== undefined && state !== "shutting-down" && state !== "terminated") {
    region.ec2.instances.update(instanceId, leaving(world, "shutting-down"));
  }
  for (const arn of group.TargetGroupARNs) deregister(world, region, arn, instanceId);
  return beginActivity(world, region, groups.get(group.AutoScalingGroupName) ?? group, {
    description: `Terminating EC2 instance: ${instanceId}`,
    cause: `${group.hidden.request}  ${at(world.now(), why)}`,
    instanceId,
  });
}

/** Changes a group's view of one of its instances. */
export function changeMember(
  region: Region,
  groupName: string,
  instanceId: string,
  change: (draft: GroupInstance) => void,
): void {
  region.autoscaling.groups.update(groupName, ({ Instances }) => {
    const member = Instances.find(({ InstanceId }) => InstanceId === instanceId);
    if (member) change(member);
  });
}

/** Registers an instance as a target, at the port of the target group: it is all that a scaling group knows. */
export function register(world: World, region: Region, targetGroupArn: string, instanceId: string): void {
  const Port = region.elbv2.targetGroups.get(targetGroupArn)?.Port;
  if (Port === undefined) return;
  const target = { TargetGroupArn: targetGroupArn, Id: instanceId, Port };
  region.elbv2.targets.put({ ...target, hidden: { registeredAt: world.now() } });
}

/** Lets go of a target that `register` has made; those at other ports are other people's. */
export function deregister(world: World, region: Region, targetGroupArn: string, instanceId: string): void {
  const Port = region.elbv2.targetGroups.get(targetGroupArn)?.Port;
  if (Port === undefined) return;
  region.elbv2.targets.update(targetKey({ TargetGroupArn: targetGroupArn, Id: instanceId, Port }), (draft) => {
    draft.hidden.deregisteredAt ??= world.now();
  });
}
