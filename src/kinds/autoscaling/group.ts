import {
  AttachLoadBalancerTargetGroupsCommand,
  type AutoScalingGroup as AwsGroup,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DetachLoadBalancerTargetGroupsCommand,
  DisableMetricsCollectionCommand,
  EnableMetricsCollectionCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import type { Aws } from "../../aws/clients.ts";
import { giveProfile } from "../../aws/instance-profiles.ts";
import { scalingGroupNamed } from "../../aws/listings.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite } from "../../aws/tags.ts";
import { NotYetKnown } from "../../engine/resolve.ts";
import type { Kind } from "../../engine/task.ts";
import { isPassing, lastFailure, remedyFor } from "./failures.ts";
import { leftInstances } from "./left-instances.ts";
import { profilesOf, withDeadProfile } from "./member-profiles.ts";
import type { AutoScalingGroup, AutoScalingGroupDesired, GroupInstance } from "./scaling-group.ts";
import { isManagedByEcs, listChanges, settingChanges } from "./settings.ts";

/** Only value of autoscaling:EnableMetricsCollection. */
const GRANULARITY = "1Minute";
/** The process that terminates instances; a person can suspend it. (Auto Scaling User Guide, "Suspend and resume processes") */
const TERMINATE = "Terminate";
/** Remembers the refused launch that was the last one when the group was changed: it says nothing about the group as it is now. */
const PAST_FAILURE = "bia-infra:past-failure";

/**
 * A scaling group with its instances. A launch that EC2 refuses shows in the group's activities only, so they are read
 * whenever instances are missing. Instances that run keep the template's version that they were launched by.
 */
export const autoScalingGroup: Kind<AutoScalingGroupDesired, AutoScalingGroup, Aws> = {
  type: "autoscaling.auto-scaling-group",
  linkedRole: "AWSServiceRoleForAutoScaling",
  async find(aws, desired) {
    const { name } = desired;
    const found = await scalingGroupNamed(aws, name);
    // ForceDelete lets the group go before its instances are terminated, and they still hold their security groups.
    if (!found) return leftInstances(aws, name);
    const group = fromAws(found);
    if (group.deleting) return group;
    if (inService(group) >= group.desiredCapacity) {
      const ids = group.instances.filter(isStaying).map(({ instanceId }) => instanceId);
      return { ...group, profiles: await profilesOf(aws, ids) };
    }
    const failure = await lastFailure(aws.autoScaling, name, group.tags[PAST_FAILURE]);
    const stuck = failure !== undefined && isAsWanted(desired, group) && !isPassing(failure);
    return { ...group, failure, stuck };
  },
  diff(desired, actual) {
    const metrics = listChanges(desired.metrics, actual.metrics);
    const targets = listChanges(desired.targetGroups, actual.targetGroups);
    return [
      ...settingChanges(desired, actual),
      ...metrics.missing.map((metric) => ({ field: `metric ${metric}`, to: "collected" })),
      ...metrics.extra.map((metric) => ({ field: `metric ${metric}`, from: "collected" })),
      ...targets.missing.map((arn) => ({ field: `targetGroup ${nameIn(arn)}`, to: "attached" })),
      ...targets.extra.map((arn) => ({ field: `targetGroup ${nameIn(arn)}`, from: "attached" })),
      ...withDeadProfile(actual.profiles, desired.instanceProfile).map((id) => ({
        field: `instanceProfile of ${id}`,
        from: `${desired.instanceProfile.name}, which was deleted since`,
        to: `the new ${desired.instanceProfile.name}`,
      })),
      ...tagChanges(desired.tags, actual.tags),
    ];
  },
  async create({ autoScaling, ownership }, desired) {
    const { name, targetGroups } = desired;
    await autoScaling.send(
      new CreateAutoScalingGroupCommand({
        ...settingsOf(desired),
        DesiredCapacity: desired.desiredCapacity,
        ...(targetGroups.length > 0 && { TargetGroupARNs: [...targetGroups] }),
        Tags: groupTags(name, { ...desired.tags, ...ownership }),
      }),
    );
    await collect(autoScaling, name, desired.metrics);
  },
  async update(aws, desired, actual, changes, note) {
    const { autoScaling } = aws;
    const { name } = desired;
    const changed = (field: string) => changes.some((change) => change.field === field);
    // Before the change, so that a refusal of what was before it is never taken for one of what is after it.
    if (actual.failure) await writeTags(autoScaling, name, { [PAST_FAILURE]: actual.failure.activityId }, false);
    if (settingChanges(desired, actual).length > 0) {
      const size = changed("desiredCapacity") ? { DesiredCapacity: desired.desiredCapacity } : {};
      await autoScaling.send(new UpdateAutoScalingGroupCommand({ ...settingsOf(desired), ...size }));
    }
    if (changed("launchTemplate.version") || changed("launchTemplate.id")) noteOldInstances(actual, note);
    const metrics = listChanges(desired.metrics, actual.metrics);
    await collect(autoScaling, name, metrics.missing);
    if (metrics.extra.length > 0) {
      const Metrics = metrics.extra;
      await autoScaling.send(new DisableMetricsCollectionCommand({ AutoScalingGroupName: name, Metrics }));
    }
    await moveTargetGroups(autoScaling, desired, actual);
    const { instanceProfile } = desired;
    for (const id of withDeadProfile(actual.profiles, instanceProfile))
      await giveProfile(aws, id, instanceProfile.name);
    await writeTags(autoScaling, name, tagsToWrite(desired.tags, changes));
  },
  async remove({ autoScaling }, { name }) {
    await autoScaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: name, ForceDelete: true }));
  },
  leaving: ({ deleting }) => deleting,
  stays: ({ deleting, keepsInstances, instances }) =>
    deleting && keepsInstances && instances.length > 0 ? `its process ${TERMINATE} is suspended` : undefined,
  async blockedBy(_aws, { name, keepsInstances, instances }) {
    if (!keepsInstances) return undefined;
    return {
      by: instances.map(({ instanceId }) => `instance ${instanceId}`).join(", "),
      next: `Somebody suspended the process ${TERMINATE} of the group: resume it (\`aws autoscaling resume-processes --auto-scaling-group-name ${name} --scaling-processes ${TERMINATE}\`), then run the same command again.`,
    };
  },
  pending(actual) {
    const { instances, desiredCapacity, failure, deleting } = actual;
    if (deleting) return `${counted(instances.length)} being terminated`;
    const ready = inService(actual);
    if (ready < desiredCapacity) {
      const refused = failure ? `; the last launch was refused: ${failure.message}` : "";
      return `${ready} of ${counted(desiredCapacity)} in service${refused}`;
    }
    // Those on their way out may stay for an hour (a lifecycle hook holds them), and nobody needs them.
    const others = instances.filter(isStaying).length - desiredCapacity;
    return others > 0 ? `${counted(others)} too many` : undefined;
  },
  broken: ({ stuck, failure }) => (stuck ? `no instance could be launched: ${failure?.message}` : undefined),
  remedy: ({ failure }) => remedyFor(failure?.message ?? ""),
  holds: "everything on the disks of its instances",
  tags: ({ tags }) => tags,
  adopt: ({ autoScaling }, { name }, tags) => writeTags(autoScaling, name, tags),
  describe(actual) {
    const { instances, minSize, maxSize } = actual;
    const staying = instances.filter(isStaying);
    const leaving = instances.length - staying.length;
    const versions = new Set(staying.flatMap(({ version }) => version ?? []));
    return [
      `${counted(staying.length)} (${minSize} to ${maxSize})`,
      ...(leaving > 0 ? [`${leaving} more being terminated`] : []),
      ...(isManagedByEcs(actual) ? ["ECS moves its size"] : []),
      ...(versions.size > 1 ? [`launched by versions ${[...versions].sort().join(" and ")} of the template`] : []),
    ].join(", ");
  },
  limits: { usually: 90, usuallyGone: 300, ready: 600, gone: 900 },
};

type Client = Aws["autoScaling"];

function fromAws(found: AwsGroup): AutoScalingGroup {
  const { LaunchTemplate, AutoScalingGroupName = "" } = found;
  return {
    arn: found.AutoScalingGroupARN ?? "",
    name: AutoScalingGroupName,
    launchTemplate: { id: LaunchTemplate?.LaunchTemplateId ?? "", version: LaunchTemplate?.Version ?? "$Default" },
    minSize: found.MinSize ?? 0,
    maxSize: found.MaxSize ?? 0,
    desiredCapacity: found.DesiredCapacity ?? 0,
    subnets: (found.VPCZoneIdentifier ?? "").split(",").filter((id) => id !== ""),
    defaultCooldown: found.DefaultCooldown ?? 0,
    healthCheckType: found.HealthCheckType ?? "EC2",
    healthCheckGracePeriod: found.HealthCheckGracePeriod ?? 0,
    metrics: (found.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []),
    targetGroups: found.TargetGroupARNs ?? [],
    instances: (found.Instances ?? []).map(({ InstanceId = "", LifecycleState = "Pending", LaunchTemplate: by }) => ({
      instanceId: InstanceId,
      state: LifecycleState,
      version: by?.Version,
    })),
    // Set while the group is being deleted, and only then (autoscaling:AutoScalingGroup, Status).
    deleting: found.Status !== undefined,
    keepsInstances: (found.SuspendedProcesses ?? []).some(({ ProcessName }) => ProcessName === TERMINATE),
    profiles: [],
    failure: undefined,
    stuck: false,
    tags: fromTagList(found.Tags),
  };
}

/** What is the same in a create and an update. */
function settingsOf(desired: AutoScalingGroupDesired) {
  const { id, version } = desired.launchTemplate;
  return {
    AutoScalingGroupName: desired.name,
    LaunchTemplate: { LaunchTemplateId: id, Version: version },
    MinSize: desired.minSize,
    MaxSize: desired.maxSize,
    VPCZoneIdentifier: desired.subnets.join(","),
    DefaultCooldown: desired.defaultCooldown,
    HealthCheckType: desired.healthCheckType,
    HealthCheckGracePeriod: desired.healthCheckGracePeriod,
  };
}

/**
 * A group that is about to be changed is not given up for what it was until now. Nor is one of which it is not known what it
 * should be: its template is gone, and it is looked at in order to be changed or deleted.
 */
function isAsWanted(desired: AutoScalingGroupDesired, group: AutoScalingGroup): boolean {
  try {
    return settingChanges(desired, group).length === 0;
  } catch (error) {
    if (error instanceof NotYetKnown) return false;
    throw error;
  }
}

function inService({ instances }: Pick<AutoScalingGroup, "instances">): number {
  return instances.filter(({ state }) => state === "InService").length;
}

/** All states of an instance that is on its way out begin so: `Terminating`, `Terminating:Wait`, `Terminating:Proceed`. */
function isStaying({ state }: GroupInstance): boolean {
  return !state.startsWith("Terminating");
}

function counted(count: number): string {
  return count === 1 ? "1 instance" : `${count} instances`;
}

/** Name of a target group: the part of its ARN between the slashes. */
function nameIn(arn: string): string {
  return arn.split("/")[1] ?? arn;
}

async function collect(client: Client, name: string, metrics: readonly string[]): Promise<void> {
  // No metrics in the request are all metrics (autoscaling:EnableMetricsCollection).
  if (metrics.length === 0) return;
  const request = { AutoScalingGroupName: name, Granularity: GRANULARITY, Metrics: [...metrics] };
  await client.send(new EnableMetricsCollectionCommand(request));
}

async function moveTargetGroups(
  client: Client,
  { name, targetGroups }: AutoScalingGroupDesired,
  actual: AutoScalingGroup,
): Promise<void> {
  const { missing, extra } = listChanges(targetGroups, actual.targetGroups);
  const request = (TargetGroupARNs: string[]) => ({ AutoScalingGroupName: name, TargetGroupARNs });
  if (missing.length > 0) await client.send(new AttachLoadBalancerTargetGroupsCommand(request(missing)));
  if (extra.length > 0) await client.send(new DetachLoadBalancerTargetGroupsCommand(request(extra)));
}

/** The stack's tag goes to the instances too, so that one which outlives its group is still known to be ours. */
function groupTags(name: string, tags: Tags, propagate = true) {
  return Object.entries(tags).map(([Key, Value]) => ({
    ResourceId: name,
    ResourceType: "auto-scaling-group",
    Key,
    Value,
    PropagateAtLaunch: propagate,
  }));
}

async function writeTags(client: Client, name: string, tags: Tags, propagate = true): Promise<void> {
  if (Object.keys(tags).length === 0) return;
  await client.send(new CreateOrUpdateTagsCommand({ Tags: groupTags(name, tags, propagate) }));
}

function noteOldInstances({ instances }: AutoScalingGroup, note: (text: string) => void): void {
  if (instances.length === 0) return;
  const stay = instances.length === 1 ? "stays as it was" : "stay as they were";
  note(`${counted(instances.length)} ${stay} launched; what comes after is launched by the new version`);
}
