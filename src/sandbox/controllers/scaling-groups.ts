import { privateAddresses } from "../world/addresses.ts";
import { at, beginActivity, endActivities } from "../world/autoscaling/activities.ts";
import { GROUP_NAME_TAG, launchFor } from "../world/autoscaling/launch.ts";
import {
  changeMembers,
  DELETING,
  deregister,
  HELD,
  isLeaving,
  livingOf,
  register,
  release,
  takeOut,
} from "../world/autoscaling/members.ts";
import type { Timer } from "../world/clock.ts";
import type { AutoScalingGroup, GroupInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Refusals of a launch that concern one zone: the next one is tried at once. */
const ZONAL = ["InsufficientInstanceCapacity", "Unsupported", "InsufficientFreeAddressesInSubnet"];

/** Launches of one group without a pause, and the pause (milliseconds) before the next ones. */
const MOST_AT_ONCE = 50;
const BREATH_MS = 100;

/** How often the pause after a refused launch is doubled, at most. */
const MOST_DOUBLINGS = 4;

/**
 * Keeps scaling groups at their size: launches what they lack, zone by zone, takes out what they have too many and what
 * is no longer running, and deletes those that are to go once their instances are terminated. It only ever acts on the
 * records as they are, so it goes on from wherever it was cut off.
 */
export function controlScalingGroups(world: World): void {
  const timers = new Map<string, Timer>();
  const wanted = new Set<string>();

  /** Once for all instances that change in one moment: each look is one at all of a group's. */
  function settleSoon(region: Region, name: string): void {
    const key = `${region.name}/${name}`;
    if (wanted.has(key)) return;
    wanted.add(key);
    world.at(world.now(), () => {
      wanted.delete(key);
      settle(region, name);
    });
  }

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
  world.watch("ec2", "instances", (region, { before, after }) => {
    if (before?.State.Name === after?.State.Name) return;
    const name = (after ?? before)?.Tags.find(({ Key }) => Key === GROUP_NAME_TAG)?.Value;
    if (name !== undefined) settleSoon(region, name);
  });
  for (const region of world.regions()) {
    for (const { AutoScalingGroupName } of region.autoscaling.groups.all()) settle(region, AutoScalingGroupName);
  }
}

/** What is to be done about a member, or when to look at it again. */
type Fate = "lost" | "gone" | "released" | "arrived" | Date | undefined;

/** Brings a group's view of its instances up to date, all at once; answers when to look again. */
function lookAfterMembers(world: World, region: Region, name: string): Date[] {
  const group = region.autoscaling.groups.get(name);
  if (!group) return [];
  const fates = group.Instances.map((member) => ({
    id: member.InstanceId,
    fate: fateOf(world, region, group, member),
  }));
  const those = (wanted: Fate) => fates.filter(({ fate }) => fate === wanted).map(({ id }) => id);
  lose(world, region, group, those("lost"));
  release(world, region, name, those("released"));
  forget(world, region, name, those("gone"));
  welcome(world, region, group, those("arrived"));
  return fates.flatMap(({ fate }) => (fate instanceof Date ? fate : []));
}

function fateOf(world: World, region: Region, group: AutoScalingGroup, member: GroupInstance): Fate {
  const instance = region.ec2.instances.get(member.InstanceId);
  const state = instance?.State.Name ?? "terminated";
  if (member.LifecycleState === HELD) {
    const until = group.hidden.heldUntil?.[member.InstanceId] ?? world.now();
    return group.Status === DELETING || until <= world.now() ? "released" : until;
  }
  if (isLeaving(member)) return state === "terminated" ? "gone" : undefined;
  if (state !== "pending" && state !== "running") return "lost";
  if (state !== "running" || member.LifecycleState !== "Pending") return undefined;
  const ready = new Date((instance?.hidden.bootedAt?.getTime() ?? 0) + world.delay("instance in service"));
  return ready > world.now() ? ready : "arrived";
}

function lose(world: World, region: Region, group: AutoScalingGroup, ids: readonly string[]): void {
  changeMembers(region, group.AutoScalingGroupName, ids, (draft) => {
    draft.HealthStatus = "Unhealthy";
  });
  const why = "an instance was taken out of service in response to an EC2 health check indicating it has been";
  takeOut(world, region, group, ids, `${why} terminated or stopped`);
}

function forget(world: World, region: Region, name: string, ids: readonly string[]): void {
  if (ids.length === 0) return;
  const gone = new Set(ids);
  endActivities(world, region, gone);
  region.autoscaling.groups.update(name, (draft) => {
    draft.Instances = draft.Instances.filter(({ InstanceId }) => !gone.has(InstanceId));
  });
}

function welcome(world: World, region: Region, group: AutoScalingGroup, ids: readonly string[]): void {
  if (ids.length === 0) return;
  changeMembers(region, group.AutoScalingGroupName, ids, (draft) => {
    draft.LifecycleState = "InService";
  });
  endActivities(world, region, new Set(ids));
  for (const arn of group.TargetGroupARNs) for (const id of ids) register(world, region, arn, id);
}

/** Brings a group nearer to its size; answers when to go on. */
function resize(world: World, region: Region, name: string): Date[] {
  const group = region.autoscaling.groups.get(name);
  if (!group) return [];
  if (group.Status === DELETING) return empty(world, region, group);
  const excess = livingOf(group).length - group.DesiredCapacity;
  if (excess < 0) return isSuspended(group, "Launch") ? [] : grow(world, region, group);
  if (group.hidden.launchAt) {
    region.autoscaling.groups.update(name, (draft) => {
      delete draft.hidden.launchAt;
    });
  }
  if (!isSuspended(group, "Terminate")) shrink(world, region, group, excess);
  return [];
}

function isSuspended({ SuspendedProcesses = [] }: AutoScalingGroup, process: string): boolean {
  return SuspendedProcesses.some(({ ProcessName }) => ProcessName === process);
}

function empty(world: World, region: Region, group: AutoScalingGroup): Date[] {
  // Whether ForceDelete heeds it is not documented: the nastier of the two.
  if (group.Instances.length > 0 && isSuspended(group, "Terminate")) return [];
  const { groups, activities } = region.autoscaling;
  const name = group.AutoScalingGroupName;
  const why = "an instance was taken out of service in response to a user request";
  takeOut(world, region, group, idsOf(livingOf(group)), why);
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
  const again = launchAt > world.now() ? launchAt : launchSome(world, region, group);
  // Only what differs is written: each write is a change that this controller looks at again.
  if (again?.getTime() !== group.hidden.launchAt?.getTime()) {
    region.autoscaling.groups.update(name, (draft) => {
      if (again) draft.hidden.launchAt = again;
      else delete draft.hidden.launchAt;
    });
  }
  return again ? [again] : [];
}

/** When a launch is tried again that EC2 has refused: later each time. */
function backedOff(world: World, refusals: number): Date {
  const pause = world.delay("scaling group tries again") * 2 ** Math.min(refusals - 1, MOST_DOUBLINGS);
  return new Date(world.now().getTime() + pause);
}

/** A subnet of a group, with the instances that the group has there and the addresses that are left. */
interface Room {
  readonly subnetId: string;
  readonly zone: string;
  count: number;
  readonly addresses: Iterator<string, undefined>;
}

/**
 * Launches what a group lacks, some at a time, so that others are served between them; answers when to go on, or to try again
 * if EC2 refuses. However many there are, the group is written once.
 */
function launchSome(world: World, region: Region, group: AutoScalingGroup): Date | undefined {
  const living = livingOf(group);
  const lacking = group.DesiredCapacity - living.length;
  const rooms = roomsOf(region, group, living);
  const launched: GroupInstance[] = [];
  let refused = false;
  while (!refused && launched.length < Math.min(lacking, MOST_AT_ONCE)) {
    const member = launchOne(world, region, group, rooms, living.length + launched.length);
    if (member) launched.push(member);
    else refused = true;
  }
  const refusals = launched.length > 0 ? 0 : (group.hidden.refusals ?? 0);
  if (launched.length > 0 || refused) {
    region.autoscaling.groups.update(group.AutoScalingGroupName, (draft) => {
      draft.Instances.push(...launched);
      if (refused) draft.hidden.refusals = refusals + 1;
      else delete draft.hidden.refusals;
    });
  }
  if (refused) return backedOff(world, refusals + 1);
  return launched.length < lacking ? new Date(world.now().getTime() + BREATH_MS) : undefined;
}

/** In the zone that has the fewest; in the next one if that zone has no room. Undefined: EC2 refuses. */
function launchOne(
  world: World,
  region: Region,
  group: AutoScalingGroup,
  rooms: readonly Room[],
  living: number,
): GroupInstance | undefined {
  const reason = "an instance was started in response to a difference between desired and actual capacity";
  const growth = `${reason}, increasing the capacity from ${living} to ${living + 1}`;
  const cause = `${group.hidden.request}  ${at(world.now(), growth)}`;
  for (const room of [...rooms].sort((a, b) => a.count - b.count)) {
    const { subnetId, zone } = room;
    const launched = launchFor(world, region, group, room);
    if ("instance" in launched) {
      const { InstanceId: instanceId, InstanceType, ImageId } = launched.instance;
      const { Version: _asked, ...template } = group.LaunchTemplate;
      const description = `Launching a new EC2 instance: ${instanceId}`;
      beginActivity(world, region, group, { description, cause, instanceId, subnetId, zone });
      for (const other of rooms) if (other.zone === zone) other.count += 1;
      return {
        InstanceId: instanceId,
        InstanceType,
        ImageId,
        AvailabilityZone: zone,
        LifecycleState: "Pending",
        HealthStatus: "Healthy",
        LaunchTemplate: { ...template, Version: `${launched.version}` },
        ProtectedFromScaleIn: group.NewInstancesProtectedFromScaleIn,
      };
    }
    const said = launched.message.endsWith(".") ? launched.message : `${launched.message}.`;
    const failure = `${said} Launching EC2 instance failed.`;
    const description = `Launching a new EC2 instance.  Status Reason: ${failure}`;
    beginActivity(world, region, group, { description, cause, failure, subnetId, zone });
    if (!ZONAL.includes(launched.code)) return undefined;
  }
  return undefined;
}

function roomsOf(region: Region, group: AutoScalingGroup, living: readonly GroupInstance[]): Room[] {
  const counts = countsByZone(living);
  const subnets = group.VPCZoneIdentifier.split(",").flatMap((id) => region.ec2.subnets.get(id) ?? []);
  return subnets.map(({ SubnetId: subnetId, AvailabilityZone: zone }) => {
    return { subnetId, zone, count: counts.get(zone) ?? 0, addresses: privateAddresses(region, subnetId) };
  });
}

function countsByZone(members: readonly GroupInstance[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { AvailabilityZone: zone } of members) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}

/** Takes out what is too many: each time the oldest instance of the fullest zone that is not protected, if there is one. */
function shrink(world: World, region: Region, group: AutoScalingGroup, excess: number): void {
  const living = livingOf(group);
  const counts = countsByZone(living);
  const byZone = new Map([...counts.keys()].map((zone) => [zone, free(living, zone)]));
  const victims: string[] = [];
  while (victims.length < excess) {
    const fullest = [...byZone].filter(([, ids]) => ids.length > 0).sort(([a], [b]) => sizeOf(b) - sizeOf(a))[0];
    const victim = fullest?.[1].pop();
    if (fullest === undefined || victim === undefined) break;
    counts.set(fullest[0], sizeOf(fullest[0]) - 1);
    victims.push(victim);
  }
  function sizeOf(zone: string): number {
    return counts.get(zone) ?? 0;
  }
  const reason = "an instance was taken out of service in response to a difference between desired and actual capacity";
  const why = `${reason}, shrinking the capacity from ${living.length} to ${living.length - victims.length}`;
  takeOut(world, region, group, victims, why);
}

/** Ids of a zone's members that may be taken out, the oldest last. */
function free(members: readonly GroupInstance[], zone: string): string[] {
  const inZone = members.filter((one) => one.AvailabilityZone === zone && !one.ProtectedFromScaleIn);
  return idsOf(inZone).reverse();
}

function idsOf(members: readonly GroupInstance[]): string[] {
  return members.map(({ InstanceId }) => InstanceId);
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
