import { leaving } from "../ec2/leaving.ts";
import { type AutoScalingGroup, type GroupInstance, type ScalingActivity, targetKey } from "../records.ts";
import type { Region, World } from "../world.ts";
import { at, beginActivity } from "./activities.ts";

/** Status of a group that is being deleted. */
export const DELETING = "Delete in progress";

/** Held by a lifecycle hook, which ECS has put on the group, until its tasks are drained or the hook's time is over. */
export const HELD = "Terminating:Wait";

export function isLeaving({ LifecycleState }: GroupInstance): boolean {
  return LifecycleState.startsWith("Terminating");
}

/** Instances of a group that it is not getting rid of. */
export function livingOf({ Instances }: AutoScalingGroup): GroupInstance[] {
  return Instances.filter((member) => !isLeaving(member));
}

/**
 * Takes instances out of their group and terminates them, unless a lifecycle hook holds them: then it is what becomes of
 * the hook that terminates them.
 *
 * @param why in the words of an activity's cause
 */
export function takeOut(
  world: World,
  region: Region,
  { AutoScalingGroupName: name }: Pick<AutoScalingGroup, "AutoScalingGroupName">,
  ids: readonly string[],
  why: string,
): ScalingActivity[] {
  const { groups } = region.autoscaling;
  const isHeld = groups.get(name)?.hidden.terminationHook !== undefined && groups.get(name)?.Status !== DELETING;
  const until = world.later("termination hook is over");
  changeMembers(region, name, ids, (member, draft) => {
    member.LifecycleState = isHeld ? HELD : "Terminating";
    if (!isHeld) return;
    draft.hidden.heldUntil ??= {};
    draft.hidden.heldUntil[member.InstanceId] = until;
  });
  const group = groups.get(name);
  if (!group) return [];
  if (!isHeld) for (const id of ids) terminate(world, region, id);
  for (const arn of group.TargetGroupARNs) for (const id of ids) deregister(world, region, arn, id);
  return ids.map((instanceId) =>
    beginActivity(world, region, group, {
      description: `Terminating EC2 instance: ${instanceId}`,
      cause: `${group.hidden.request}  ${at(world.now(), why)}`,
      instanceId,
    }),
  );
}

/** Lets instances go that a hook has held. */
export function release(world: World, region: Region, groupName: string, ids: readonly string[]): void {
  changeMembers(region, groupName, ids, (member, { hidden }) => {
    member.LifecycleState = "Terminating:Proceed";
    delete hidden.heldUntil?.[member.InstanceId];
  });
  for (const id of ids) terminate(world, region, id);
}

function terminate(world: World, region: Region, instanceId: string): void {
  const state = region.ec2.instances.get(instanceId)?.State.Name;
  if (state === undefined || state === "shutting-down" || state === "terminated") return;
  region.ec2.instances.update(instanceId, leaving(world, "shutting-down"));
}

/** Changes a group's view of some of its instances, in one go. */
export function changeMembers(
  region: Region,
  groupName: string,
  ids: readonly string[],
  change: (member: GroupInstance, draft: AutoScalingGroup) => void,
): void {
  if (ids.length === 0) return;
  const wanted = new Set(ids);
  region.autoscaling.groups.update(groupName, (draft) => {
    for (const member of draft.Instances) if (wanted.has(member.InstanceId)) change(member, draft);
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
