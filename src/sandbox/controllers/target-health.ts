import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Timer } from "../world/clock.ts";
import { type Target, type TargetGroup, targetKey } from "../world/records.ts";
import { REGISTERING } from "../world/target-health.ts";
import type { Region, World } from "../world/world.ts";

const USUAL_DRAIN = "300";
const FIRST_CHECKS: TargetHealth = {
  State: "initial",
  Reason: "Elb.InitialHealthChecking",
  Description: "Initial health checks in progress",
};
const HEALTHY: TargetHealth = { State: "healthy" };
const UNHEALTHY: TargetHealth = {
  State: "unhealthy",
  Reason: "Target.FailedHealthChecks",
  Description: "Health checks failed",
};
const DRAINING: TargetHealth = {
  State: "draining",
  Reason: "Target.DeregistrationInProgress",
  Description: "Target deregistration is in progress",
};

function unused(Reason: "Target.NotInUse" | "Target.InvalidState", Description: string): TargetHealth {
  return { State: "unused", Reason, Description };
}

/** What becomes of a target, and when. */
interface Step {
  /** `gone`: it is a target no more. */
  readonly to: TargetHealth | "gone";
  /** Absent: now. */
  readonly at?: Date;
}

/**
 * Moves the health of targets as their load balancer's checks would, and drains those that were deregistered. A target
 * answers its checks when a task that runs has its port ("Health checks for Application Load Balancer target groups").
 */
export function controlTargetHealth(world: World): void {
  const waiting = new Map<string, { readonly step: string; readonly timer: Timer }>();

  function look(region: Region): void {
    for (const target of region.elbv2.targets.all()) settle(region, target);
  }

  function settle(region: Region, target: Target): void {
    const key = targetKey(target);
    const next = nextStep(world, region, target);
    const name = next && JSON.stringify([target.hidden.health, next.to]);
    if (waiting.has(key) && waiting.get(key)?.step === name) return;
    waiting.get(key)?.timer.cancel();
    waiting.delete(key);
    if (!next || !name) return;
    const { to, at } = next;
    const go = () => {
      waiting.delete(key);
      if (to === "gone") return region.elbv2.targets.delete(key);
      region.elbv2.targets.update(key, (draft) => {
        draft.hidden.health = to;
      });
    };
    if (at) waiting.set(key, { step: name, timer: world.at(at, go) });
    else go();
  }

  world.watch("elbv2", "targets", (region, { key, after }) => {
    if (after) return look(region);
    waiting.get(key)?.timer.cancel();
    waiting.delete(key);
  });
  world.watch("elbv2", "targetGroups", look);
  world.watch("elbv2", "loadBalancers", look);
  world.watch("ecs", "tasks", look);
  world.watch("ecs", "containerInstances", look);
  world.watch("ec2", "instances", look);
  for (const region of world.regions()) look(region);
}

function nextStep(world: World, region: Region, target: Target): Step | undefined {
  const { health, deregisteredAt } = target.hidden;
  const group = region.elbv2.targetGroups.get(target.TargetGroupArn);
  if (!group || isTerminated(region, group, target)) return { to: "gone" };
  if (deregisteredAt && group.LoadBalancerArns.length === 0) return { to: "gone" };
  if (deregisteredAt && health?.State !== "draining") return { to: DRAINING };
  if (deregisteredAt) return { to: "gone", at: world.laterBy(drainingTime(group)) };
  const idle = whyUnused(region, group, target);
  if (idle) return same(idle, health) ? undefined : { to: idle };
  const [arn = ""] = group.LoadBalancerArns;
  const isActive = region.elbv2.loadBalancers.get(arn)?.State.Code === "active";
  if (!isActive || !health || health.State === "unused")
    return same(REGISTERING, health) ? undefined : { to: REGISTERING };
  return nextCheck(world, region, group, target, health);
}

/** Where health checks lead, and how many of them that takes: a new target needs to pass a single one. */
function nextCheck(
  world: World,
  region: Region,
  group: TargetGroup,
  target: Target,
  health: TargetHealth,
): Step | undefined {
  const { HealthCheckIntervalSeconds, HealthyThresholdCount, UnhealthyThresholdCount } = group;
  const after = (checks: number) => world.laterBy(checks * HealthCheckIntervalSeconds);
  const passes = answers(region, group, target);
  if (same(REGISTERING, health)) return { to: FIRST_CHECKS, at: world.later("target registered") };
  if (passes && health.State === "initial") return { to: HEALTHY, at: after(1) };
  if (passes && health.State === "unhealthy") return { to: HEALTHY, at: after(HealthyThresholdCount) };
  if (!passes && health.State !== "unhealthy") return { to: UNHEALTHY, at: after(UnhealthyThresholdCount) };
  return undefined;
}

function same(one: TargetHealth, other: TargetHealth | undefined): boolean {
  return one.State === other?.State && one.Reason === other?.Reason && one.Description === other?.Description;
}

function drainingTime({ hidden }: TargetGroup): number {
  return Number(hidden.attributes["deregistration_delay.timeout_seconds"] ?? USUAL_DRAIN);
}

/** An instance that is terminated is deregistered by AWS. */
function isTerminated({ ec2 }: Region, { TargetType }: TargetGroup, { Id }: Target): boolean {
  if (TargetType !== "instance") return false;
  const state = ec2.instances.get(Id)?.State.Name;
  return state === undefined || state === "terminated";
}

function whyUnused({ ec2, elbv2 }: Region, group: TargetGroup, { Id }: Target): TargetHealth | undefined {
  const [arn] = group.LoadBalancerArns;
  if (!arn) {
    return unused("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
  }
  if (group.TargetType !== "instance") return undefined;
  const { State, Placement } = ec2.instances.get(Id) ?? {};
  if (State?.Name !== "running") return unused("Target.InvalidState", `Target is in the ${State?.Name} state`);
  const zones = elbv2.loadBalancers.get(arn)?.AvailabilityZones.map(({ ZoneName }) => ZoneName);
  if (!zones || zones.includes(Placement?.AvailabilityZone)) return undefined;
  return unused("Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer");
}

/** Whether something listens where the load balancer asks: a container of a running task. */
function answers({ ecs }: Region, group: TargetGroup, { Id, Port }: Target): boolean {
  const port = group.HealthCheckPort === "traffic-port" ? Port : Number(group.HealthCheckPort);
  return ecs.tasks
    .filter(({ lastStatus }) => lastStatus === "RUNNING")
    .some(({ containerInstanceArn = "", containers }) => {
      const machine = ecs.containerInstances.get(containerInstanceArn)?.ec2InstanceId;
      return containers.some(({ networkBindings = [], networkInterfaces = [] }) =>
        group.TargetType === "instance"
          ? machine === Id && networkBindings.some(({ hostPort }) => hostPort === port)
          : networkInterfaces.some(({ privateIpv4Address }) => privateIpv4Address === Id),
      );
    });
}
