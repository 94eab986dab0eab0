import type { NotScaledReason } from "@aws-sdk/client-application-auto-scaling";
import { noteNotScaled, scaledService, setDesiredCount } from "../world/application-auto-scaling/desired-count.ts";
import { tasksOf } from "../world/ecs/deployments.ts";
import type { EcsService, MetricAlarm, ScalableTarget, TargetActivity, TrackingPolicy } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Seconds, of ECS's services. (TargetTrackingScalingPolicyConfiguration, ScaleInCooldown) */
const USUAL_COOLDOWN = 300;

/** A policy whose alarm says that there is too little or too much. */
interface Alarmed {
  readonly target: ScalableTarget;
  readonly policy: TrackingPolicy;
  readonly service: EcsService;
  /** What was measured over what it should be. */
  readonly ratio: number;
  /** In AWS's words. */
  readonly cause: string;
}

/**
 * Brings a service's desired count nearer to what a policy's target asks for, because one of the policy's alarms is in the state ALARM:
 * out in proportion to what was measured last, in where all policies agree and no deployment is under way, and only as far as would have
 * been enough in each of the minutes that the alarm was evaluated by; both within the bounds of the target and after their cooldown. (Application Auto Scaling User Guide, "How target tracking scaling works"; ECS Developer Guide,
 * "Use a target metric to scale Amazon ECS services")
 */
export function trackTarget(world: World, region: Region, alarm: MetricAlarm, values: readonly number[]): void {
  const { policies, targets } = region.applicationAutoScaling;
  const policy = policies.find(({ hidden }) => alarm.AlarmActions.includes(hidden.action));
  const target = policy && targets.get(policy.ResourceId);
  const service = policy && scaledService(world, region, policy.ResourceId);
  if (!target || !service) return;
  const { TargetValue = 1 } = policy.TargetTrackingScalingPolicyConfiguration;
  const cause = `monitor alarm ${alarm.AlarmName} in state ALARM triggered policy ${policy.PolicyName}`;
  const alarmed = { target, policy, service, cause };
  const isHigh = alarm.ComparisonOperator === "GreaterThanThreshold";
  if (isHigh) scaleOut(world, region, { ...alarmed, ratio: (values.at(-1) ?? 0) / TargetValue });
  else scaleIn(world, region, { ...alarmed, ratio: Math.max(...values) / TargetValue });
}

function scaleOut(world: World, region: Region, { target, policy, service, ratio, cause }: Alarmed): void {
  const { MaxCapacity, SuspendedState } = target;
  if (SuspendedState?.DynamicScalingOutSuspended) return;
  const { ScaleOutCooldown = USUAL_COOLDOWN } = policy.TargetTrackingScalingPolicyConfiguration;
  const last = lastChange(region, target);
  // What was added counts as there while it takes effect: only a need that is larger still adds more.
  const isTakingEffect = last !== undefined && last.to > last.from && isCooling(world, last.activity, ScaleOutCooldown);
  const from = isTakingEffect ? last.from : runningOf(region, service);
  const to = Math.min(Math.ceil(from * ratio), MaxCapacity);
  if (to > service.desiredCount) setDesiredCount(world, region, target, { from, to, Cause: cause });
  else if (service.desiredCount >= MaxCapacity) {
    noteNotScaled(world, region, target, { Code: "AlreadyAtMaxCapacity", MaxCapacity }, cause);
  }
}

function scaleIn(world: World, region: Region, { target, policy, service, ratio, cause }: Alarmed): void {
  const { MinCapacity, SuspendedState } = target;
  if (SuspendedState?.DynamicScalingInSuspended || isDeploying(service)) return;
  if (!allSayTooMuch(region, target)) return;
  const { ScaleInCooldown = USUAL_COOLDOWN } = policy.TargetTrackingScalingPolicyConfiguration;
  const last = lastChange(region, target);
  if (last && last.to < last.from && isCooling(world, last.activity, ScaleInCooldown)) return;
  const from = runningOf(region, service);
  const to = Math.max(Math.ceil(from * ratio), MinCapacity);
  if (to < service.desiredCount) setDesiredCount(world, region, target, { from, to, Cause: cause });
  else noteNotScaled(world, region, target, whyNotIn(target, service), cause);
}

function whyNotIn({ MinCapacity }: ScalableTarget, { desiredCount }: EcsService): NotScaledReason {
  if (desiredCount <= MinCapacity) return { Code: "AlreadyAtMinCapacity", MinCapacity };
  return { Code: "AlreadyAtDesiredCapacity", CurrentCapacity: desiredCount };
}

/** Scaling in waits for a deployment, scaling out does not. ("Service auto scaling and deployments") */
function isDeploying({ deployments }: EcsService): boolean {
  return deployments.some(({ rolloutState }) => rolloutState === "IN_PROGRESS");
}

/** Of several policies those that may scale in have to agree. */
function allSayTooMuch({ applicationAutoScaling, cloudwatch }: Region, { ResourceId }: ScalableTarget): boolean {
  const alarms = applicationAutoScaling.policies
    .filter((policy) => policy.ResourceId === ResourceId)
    .flatMap(({ Alarms }) => Alarms.flatMap(({ AlarmName = "" }) => cloudwatch.alarms.get(AlarmName) ?? []));
  return alarms
    .filter(({ ComparisonOperator }) => ComparisonOperator === "LessThanThreshold")
    .every(({ StateValue }) => StateValue === "ALARM");
}

function runningOf(region: Region, service: EcsService): number {
  return tasksOf(region, service).filter(({ lastStatus }) => lastStatus === "RUNNING").length;
}

/** The last activity that changed something, and from and to how many tasks. */
function lastChange({ applicationAutoScaling }: Region, { ResourceId }: ScalableTarget) {
  const changes = applicationAutoScaling.activities.all().flatMap((activity) => {
    const { from, to } = activity.hidden;
    return activity.ResourceId === ResourceId && from !== undefined && to !== undefined ? [{ activity, from, to }] : [];
  });
  return changes.at(-1);
}

/** A cooldown begins when the change is fulfilled. */
function isCooling(world: World, { EndTime, StatusCode }: TargetActivity, seconds: number): boolean {
  if (StatusCode === "InProgress") return true;
  return (EndTime?.getTime() ?? 0) + seconds * 1000 > world.now().getTime();
}
