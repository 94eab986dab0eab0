import {
  DeregisterScalableTargetCommand,
  DescribeScalingActivitiesCommand,
  RegisterScalableTargetCommand,
  type ScalingActivity,
  type SuspendedState,
  TagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { Aws } from "../../aws/clients.ts";
import { countOf, type ScaledService, scalableTargetOf, tagsOfTarget } from "../../aws/scalable-targets.ts";
import type { Tags } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** What is not done about a service's count although a policy, or a schedule, would. */
export interface Suspended {
  readonly scaleIn: boolean;
  readonly scaleOut: boolean;
  readonly scheduled: boolean;
}

/** The count of a service's tasks, given to Application Auto Scaling. A service has one target at most. */
export interface ScalableTargetDesired extends ScaledService {
  /** Tasks that the service has at least, and at most: its count is moved between them at once (RegisterScalableTarget). */
  readonly min: number;
  readonly max: number;
  readonly suspended: Suspended;
}

/** A scalable target as AWS has it. */
export interface ScalableTarget extends ScalableTargetDesired {
  readonly arn: string;
  /** How AWS lists it: `service/CLUSTER/SERVICE`. */
  readonly resourceId: string;
  /** What was done last about the count, in AWS's words; undefined: nothing yet. */
  readonly lastActivity: string | undefined;
  readonly tags: Tags;
}

/** That, and between which bounds, a service's count is moved by policies. From then on the count is nobody else's. */
export const scalableTarget: Kind<ScalableTargetDesired, ScalableTarget, Aws> = {
  type: "application-auto-scaling.scalable-target",
  linkedRole: "AWSServiceRoleForApplicationAutoScaling_ECSService",
  async find(aws, { cluster, service }) {
    const of = { cluster, service };
    const found = await scalableTargetOf(aws, of);
    if (!found) return undefined;
    const [tags, lastActivity] = await Promise.all([tagsOfTarget(aws, found), lastActivityOf(aws, of)]);
    const { ScalableTargetARN: arn = "", MinCapacity: min = 0, MaxCapacity: max = 0, SuspendedState } = found;
    const { ResourceId: resourceId } = countOf(of);
    return tags && { ...of, arn, resourceId, min, max, suspended: fromAws(SuspendedState), lastActivity, tags };
  },
  diff: (desired, actual) => [
    ...change("minCapacity", actual.min, desired.min),
    ...change("maxCapacity", actual.max, desired.max),
    ...SUSPENDABLE.flatMap(([what, field]) =>
      change(`suspendedState.${field}`, `${actual.suspended[what]}`, `${desired.suspended[what]}`),
    ),
  ],
  async create({ applicationAutoScaling: client, ownership }, desired) {
    await client.send(new RegisterScalableTargetCommand({ ...toAws(desired), Tags: { ...ownership } }));
  },
  async update({ applicationAutoScaling: client }, desired) {
    // Tags are refused of a target that is there.
    await client.send(new RegisterScalableTargetCommand(toAws(desired)));
  },
  async remove({ applicationAutoScaling: client }, target) {
    // Its policies and their alarms go with it. (DeregisterScalableTarget)
    await client.send(new DeregisterScalableTargetCommand(countOf(target)));
  },
  tags: ({ tags }) => tags,
  async adopt({ applicationAutoScaling: client }, { arn }, tags) {
    await client.send(new TagResourceCommand({ ResourceARN: arn, Tags: { ...tags } }));
  },
  describe: ({ min, max, suspended, lastActivity }) =>
    [
      `${min} to ${max} tasks`,
      ...SUSPENDABLE.flatMap(([what, , words]) => (suspended[what] ? [`${words} suspended`] : [])),
      ...(lastActivity === undefined ? [] : [lastActivity]),
    ].join(", "),
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 60 },
};

const SUSPENDABLE = [
  ["scaleIn", "dynamicScalingInSuspended", "scaling in"],
  ["scaleOut", "dynamicScalingOutSuspended", "scaling out"],
  ["scheduled", "scheduledScalingSuspended", "scheduled scaling"],
] as const;

async function lastActivityOf(
  { applicationAutoScaling: client }: Aws,
  service: ScaledService,
): Promise<string | undefined> {
  const request = new DescribeScalingActivitiesCommand({ ...countOf(service), MaxResults: 1 });
  const [last] = (await client.send(request)).ScalingActivities ?? [];
  return last && describeActivity(last);
}

/** E.g. `last: Successfully set desired count to 8. ... (2026-11-29 22:41:07 UTC)`. */
function describeActivity({ StatusMessage, Description, StartTime }: ScalingActivity): string {
  const at = StartTime?.toISOString().slice(0, 19).replace("T", " ");
  return `last: ${StatusMessage ?? Description}${at === undefined ? "" : ` (${at} UTC)`}`;
}

function toAws({ min, max, suspended, ...service }: ScalableTargetDesired) {
  return {
    ...countOf(service),
    MinCapacity: min,
    MaxCapacity: max,
    SuspendedState: {
      DynamicScalingInSuspended: suspended.scaleIn,
      DynamicScalingOutSuspended: suspended.scaleOut,
      ScheduledScalingSuspended: suspended.scheduled,
    },
  };
}

function fromAws(state: SuspendedState = {}): Suspended {
  return {
    scaleIn: state.DynamicScalingInSuspended ?? false,
    scaleOut: state.DynamicScalingOutSuspended ?? false,
    scheduled: state.ScheduledScalingSuspended ?? false,
  };
}
