import {
  DeleteScalingPolicyCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  type TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import type { Aws } from "../../aws/clients.ts";
import { countOf, type ScaledService, scalableTargetOf, tagsOfTarget } from "../../aws/scalable-targets.ts";
import { STACK_TAG, type Tags } from "../../aws/tags.ts";
import { type Fields, fieldChanges } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** What is kept at a value by more or fewer tasks. */
export interface Tracking {
  readonly metric:
    | "ALBRequestCountPerTarget"
    | "ECSServiceAverageCPUUtilization"
    | "ECSServiceAverageMemoryUtilization";
  /** ARNs of whose requests are counted; of `ALBRequestCountPerTarget` only. */
  readonly requests?: { readonly loadBalancer: string; readonly targetGroup: string } | undefined;
  /** Requests of a target in a minute, or per cent of what the tasks have. */
  readonly targetValue: number;
  /** Seconds after a scaling in which the next waits. Absent: AWS's own, 300. */
  readonly scaleInCooldown?: number | undefined;
  readonly scaleOutCooldown?: number | undefined;
  /** Whether tasks are taken away again. */
  readonly scaleIn: boolean;
}

/** A policy of a service's scalable target. Its name is unique there. */
export interface ScalingPolicyDesired extends ScaledService, Tracking {
  readonly name: string;
}

/** An alarm that Application Auto Scaling has made for a policy. */
export interface PolicyAlarm {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`; undefined: somebody has deleted it. */
  readonly state: string | undefined;
}

/** A policy as AWS has it. */
export interface ScalingPolicy extends ScaledService {
  readonly name: string;
  /** By their paths, in words; empty: there is no policy, on a target of somebody else. */
  readonly settings: Fields;
  readonly alarms: readonly PolicyAlarm[];
  /** The target's own: whose target it is, theirs are its policies. */
  readonly tags: Tags;
}

/** A policy that keeps a metric at a value (target tracking), with the alarms that AWS makes for it. */
export const scalingPolicy: Kind<ScalingPolicyDesired, ScalingPolicy, Aws> = {
  type: "application-auto-scaling.scaling-policy",
  async find(aws, { cluster, service, name }) {
    const of = { cluster, service };
    const target = await scalableTargetOf(aws, of);
    const tags = target && (await tagsOfTarget(aws, target));
    if (!tags) return undefined;
    const request = new DescribeScalingPoliciesCommand({ ...countOf(of), PolicyNames: [name] });
    const [found] = (await aws.applicationAutoScaling.send(request)).ScalingPolicies ?? [];
    // A target of somebody else gets no policy of ours.
    if (!found) return tags[STACK_TAG] === aws.stack ? undefined : { ...of, name, settings: {}, alarms: [], tags };
    const names = (found.Alarms ?? []).map(({ AlarmName = "" }) => AlarmName);
    const configuration = found.TargetTrackingScalingPolicyConfiguration ?? {};
    const settings = settingsOf(found.PolicyType, configuration);
    return { ...of, name, settings, alarms: await alarmsOf(aws, names), tags };
  },
  diff(desired, { settings, alarms }) {
    const wanted = settingsOf("TargetTrackingScaling", toAws(desired));
    // Of a policy without alarms nothing would ever come.
    return fieldChanges({ ...settings, ...alarmFields(alarms) }, { ...wanted, ...ALARMS });
  },
  create: put,
  update: put,
  async remove({ applicationAutoScaling: client }, { name: PolicyName, ...service }) {
    // Its alarms go with it. (DeleteScalingPolicy)
    await client.send(new DeleteScalingPolicyCommand({ ...countOf(service), PolicyName }));
  },
  tags: ({ tags }) => tags,
  describe: ({ settings, alarms }) =>
    [
      `${settings.metric} at ${settings.targetValue}`,
      ...alarms.map(({ name, state }) => `${sideOf(name)} ${state ?? "deleted"}`),
    ].join(", "),
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 60 },
};

/** Name of the alarm for too many requests, or too high a load; `Low`: for too few. Undefined: there is none. */
export function alarmNamed({ alarms }: ScalingPolicy, side: "High" | "Low"): string | undefined {
  return alarms.find(({ name }) => sideOf(name) === `Alarm${side}`)?.name;
}

/** `AlarmHigh` or `AlarmLow` of `TargetTracking-service/CLUSTER/SERVICE-AlarmHigh-ID`. */
function sideOf(alarm: string): string {
  return /-(Alarm(?:High|Low))-/.exec(alarm)?.[1] ?? alarm;
}

async function put({ applicationAutoScaling: client }: Aws, desired: ScalingPolicyDesired): Promise<void> {
  await client.send(
    new PutScalingPolicyCommand({
      ...countOf(desired),
      PolicyName: desired.name,
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: toAws(desired),
    }),
  );
}

function toAws({ metric, requests, ...tracking }: Tracking): TargetTrackingScalingPolicyConfiguration {
  const { targetValue, scaleInCooldown, scaleOutCooldown, scaleIn } = tracking;
  return {
    TargetValue: targetValue,
    PredefinedMetricSpecification: {
      PredefinedMetricType: metric,
      ...(requests && { ResourceLabel: `${tailOf(requests.loadBalancer)}/${tailOf(requests.targetGroup)}` }),
    },
    ...(scaleInCooldown !== undefined && { ScaleInCooldown: scaleInCooldown }),
    ...(scaleOutCooldown !== undefined && { ScaleOutCooldown: scaleOutCooldown }),
    DisableScaleIn: !scaleIn,
  };
}

/** `app/NAME/ID` or `targetgroup/NAME/ID`: what CloudWatch and Application Auto Scaling call what has this ARN. */
function tailOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1).replace(/^loadbalancer\//, "");
}

/** In words, by their paths. What somebody else's policy may be, another type or a metric of its own, is some other value. */
function settingsOf(
  type: string | undefined,
  configuration: Partial<TargetTrackingScalingPolicyConfiguration>,
): Fields {
  const { PredefinedMetricSpecification: metric, TargetValue, ScaleInCooldown, ScaleOutCooldown } = configuration;
  return {
    policyType: type ?? "",
    metric: metric?.PredefinedMetricType ?? "a metric of its own",
    ...(metric?.ResourceLabel !== undefined && { resourceLabel: metric.ResourceLabel }),
    targetValue: `${TargetValue}`,
    scaleInCooldown: cooldown(ScaleInCooldown),
    scaleOutCooldown: cooldown(ScaleOutCooldown),
    disableScaleIn: `${configuration.DisableScaleIn ?? false}`,
  };
}

function cooldown(seconds: number | undefined): string {
  return seconds === undefined ? "AWS's own" : `${seconds}`;
}

const ALARMS: Fields = { alarms: "there" };

function alarmFields(alarms: readonly PolicyAlarm[]): Fields {
  const missing = alarms.filter(({ state }) => state === undefined).map(({ name }) => `${sideOf(name)} deleted`);
  if (alarms.length === 0) return {};
  return missing.length === 0 ? ALARMS : { alarms: missing.join(", ") };
}

async function alarmsOf({ cloudWatch }: Aws, names: string[]): Promise<PolicyAlarm[]> {
  if (names.length === 0) return [];
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: names }));
  const states = new Map(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
  return names.map((name) => ({ name, state: states.get(name) }));
}
