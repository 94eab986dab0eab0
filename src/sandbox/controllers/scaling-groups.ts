import { at, beginActivity, endActivities } from "../world/autoscaling/activities.ts";
import { launchFor } from "../world/autoscaling/launch.ts";
import { changeMember, DELETING, deregister, livingOf, register, takeOut } from "../world/autoscaling/members.ts";
import type { Timer } from "../world/clock.ts";
import type { AutoScalingGroup, GroupInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Refusals of a launch that concern one zone: the next one is tried at once. */
const ZONAL = ["InsufficientInstanceCapacity", "Unsupported", "InsufficientFreeAddressesInSubnet"];

/**
 * Keeps scaling groups at their size: launches what they lack, zone by zone, takes out what they have too many and what
 * is no longer running, and deletes those that are to go once their instances are terminated. It only ever acts on the
 * records as they are, so it goes on from wherever it was cut off.
 */
export function controlScalingGroups(world: World): void {
  const timers = new Map<string, Timer>();

  function settle(region: Region, name: string): void {
    const key = `${region.name}/${name}`;
    timers.get(key)?.cancel();
    timers.delete(key);
    const times = [...lookAfterMembers(world, region, name), ...resize(world, region, name)];
    const next = times.sort((a, b) => a.getTime() - b.getTime())[0];
    if (next)
      timers.set(
        key,
        world.at(next, () => settle(region, name)),
      );
  }

  world.watch("autoscaling", "groups", (region, { key, before, after }) => {
    if (before && after) moveTargets(world, region, before, after);
    settle(region, key);
  });
  world.watch("ec2", "instances", (region, { key, before, after }) => {
    if (before?.State.Name === after?.State.Name) return;
    const group = region.autoscaling.groups.find(({ Instances }) => Instances.some((one) => one.InstanceId === key));
    if (group) settle(region, group.AutoScalingGroupName);
  });
  for (const region of world.regions()) {
    for (const { AutoScalingGroupName } of region.autoscaling.groups.all()) settle(region, AutoScalingGroupName);
  }
}

/** Brings a group's view of its instances up to date; answers when to look again. */
function lookAfterMembers(world: World, region: Region, name: string): Date[] {
  const group = region.autoscaling.groups.get(name);
  return (group?.Instances ?? []).flatMap((member) => lookAfter(world, region, name, member) ?? []);
}

function lookAfter(world: World, region: Region, name: string, member: GroupInstance): Date | undefined {
  const group = region.autoscaling.groups.get(name);
  const instance = region.ec2.instances.get(member.InstanceId);
  const state = instance?.State.Name ?? "terminated";
  if (!group) return undefined;
  if (!["pending", "running"].includes(state) && member.LifecycleState !== "Terminating") {
    changeMember(region, name, member.InstanceId, (draft) => {
      draft.HealthStatus = "Unhealthy";
    });
    const why = "an instance was taken out of service in response to an EC2 health check indicating it has been";
    takeOut(world, region, group, member.InstanceId, `${why} terminated or stopped`);
  }
  if (state === "terminated") {
    endActivities(world, region, member.InstanceId);
    region.autoscaling.groups.update(name, (draft) => {
      draft.Instances = draft.Instances.filter(({ InstanceId }) => InstanceId !== member.InstanceId);
    });
  }
  if (state !== "running" || member.LifecycleState !== "Pending") return undefined;
  const ready = new Date((instance?.hidden.bootedAt?.getTime() ?? 0) + world.delay("instance in service"));
  if (ready > world.now()) return ready;
  changeMember(region, name, member.InstanceId, (draft) => {
    draft.LifecycleState = "InService";
  });
  endActivities(world, region, member.InstanceId);
  for (const arn of group.TargetGroupARNs) register(world, region, arn, member.InstanceId);
  return undefined;
}

/** Brings a group nearer to its size; answers when to go on. */
function resize(world: World, region: Region, name: string): Date[] {
  const group = region.autoscaling.groups.get(name);
  if (!group) return [];
  if (group.Status === DELETING) return empty(world, region, group);
  const excess = livingOf(group).length - group.DesiredCapacity;
  if (excess < 0) return grow(world, region, group);
  if (group.hidden.launchAt) {
    region.autoscaling.groups.update(name, (draft) => {
      delete draft.hidden.launchAt;
    });
  }
  for (let count = 0; count < excess; count += 1) shrink(world, region, name);
  return [];
}

function empty(world: World, region: Region, group: AutoScalingGroup): Date[] {
  const { groups, activities } = region.autoscaling;
  const name = group.AutoScalingGroupName;
  for (const { InstanceId } of livingOf(group)) {
    takeOut(world, region, group, InstanceId, "an instance was taken out of service in response to a user request");
  }
  if (group.Instances.length > 0) return [];
  const goneAt = group.hidden.goneAt ?? world.later("scaling group gone");
  if (goneAt <= world.now()) {
    groups.delete(name);
    for (const { ActivityId } of activities.filter((one) => one.AutoScalingGroupARN === group.AutoScalingGroupARN)) {
      activities.update(ActivityId, (draft) => {
        draft.AutoScalingGroupState = "Deleted";
      });
    }
    return [];
  }
  if (!group.hidden.goneAt) {
    groups.update(name, (draft) => {
      draft.hidden.goneAt = goneAt;
    });
  }
  return [goneAt];
}

function grow(world: World, region: Region, group: AutoScalingGroup): Date[] {
  const name = group.AutoScalingGroupName;
  const launchAt = group.hidden.launchAt ?? world.later("scaling group launches");
  const again = launchAt > world.now() ? launchAt : launchAll(world, region, name);
  // Only what differs is written: each write is a change that this controller looks at again.
  if (again?.getTime() !== group.hidden.launchAt?.getTime()) {
    region.autoscaling.groups.update(name, (draft) => {
      if (again) draft.hidden.launchAt = again;
      else delete draft.hidden.launchAt;
    });
  }
  return again ? [again] : [];
}

/** Launches all that a group lacks; answers when to try again if EC2 refuses. */
function launchAll(world: World, region: Region, name: string): Date | undefined {
  for (;;) {
    const group = region.autoscaling.groups.get(name);
    if (!group || livingOf(group).length >= group.DesiredCapacity) return undefined;
    if (!launchOne(world, region, group)) return world.later("scaling group tries again");
  }
}

/** In the zone that has the fewest; in the next one if that zone has no room. Answers whether it came to a launch. */
function launchOne(world: World, region: Region, group: AutoScalingGroup): boolean {
  const living = livingOf(group).length;
  const reason = "an instance was started in response to a difference between desired and actual capacity";
  const growth = `${reason}, increasing the capacity from ${living} to ${living + 1}`;
  const cause = `${group.hidden.request}  ${at(world.now(), growth)}`;
  for (const { SubnetId: subnetId, AvailabilityZone: zone } of subnetsByNeed(region, group)) {
    const launched = launchFor(world, region, group, subnetId);
    if ("instance" in launched) {
      const { InstanceId: instanceId, InstanceType, ImageId } = launched.instance;
      const { Version: _asked, ...template } = group.LaunchTemplate;
      region.autoscaling.groups.update(group.AutoScalingGroupName, (draft) => {
        draft.Instances.push({
          InstanceId: instanceId,
          InstanceType,
          ImageId,
          AvailabilityZone: zone,
          LifecycleState: "Pending",
          HealthStatus: "Healthy",
          LaunchTemplate: { ...template, Version: `${launched.version}` },
          ProtectedFromScaleIn: group.NewInstancesProtectedFromScaleIn,
        });
      });
      const description = `Launching a new EC2 instance: ${instanceId}`;
      beginActivity(world, region, group, { description, cause, instanceId, subnetId, zone });
      return true;
    }
    const said = launched.message.endsWith(".") ? launched.message : `${launched.message}.`;
    const failure = `${said} Launching EC2 instance failed.`;
    const description = `Launching a new EC2 instance.  Status Reason: ${failure}`;
    beginActivity(world, region, group, { description, cause, failure, subnetId, zone });
    if (!ZONAL.includes(launched.code)) return false;
  }
  return false;
}

function subnetsByNeed(region: Region, group: AutoScalingGroup) {
  const subnets = group.VPCZoneIdentifier.split(",").flatMap((id) => region.ec2.subnets.get(id) ?? []);
  const count = (zone: string) => livingOf(group).filter(({ AvailabilityZone }) => AvailabilityZone === zone).length;
  return subnets.sort((a, b) => count(a.AvailabilityZone) - count(b.AvailabilityZone));
}

/** Takes out the oldest instance of the fullest zone that is not protected, if there is one. */
function shrink(world: World, region: Region, name: string): void {
  const group = region.autoscaling.groups.get(name);
  if (!group) return;
  const living = livingOf(group);
  const count = (zone: string) => living.filter(({ AvailabilityZone }) => AvailabilityZone === zone).length;
  const victim = living
    .filter(({ ProtectedFromScaleIn }) => !ProtectedFromScaleIn)
    .sort((a, b) => count(b.AvailabilityZone) - count(a.AvailabilityZone))[0];
  if (!victim) return;
  const reason = "an instance was taken out of service in response to a difference between desired and actual capacity";
  const why = `${reason}, shrinking the capacity from ${living.length} to ${living.length - 1}`;
  takeOut(world, region, group, victim.InstanceId, why);
}

/** Registers a group's instances with target groups that were attached, and takes them out of those that were detached. */
function moveTargets(world: World, region: Region, before: AutoScalingGroup, after: AutoScalingGroup): void {
  const inService = after.Instances.filter(({ LifecycleState }) => LifecycleState === "InService");
  for (const { InstanceId } of inService) {
    for (const arn of after.TargetGroupARNs) {
      if (!before.TargetGroupARNs.includes(arn)) register(world, region, arn, InstanceId);
    }
    for (const arn of before.TargetGroupARNs) {
      if (!after.TargetGroupARNs.includes(arn)) deregister(world, region, arn, InstanceId);
    }
  }
}
