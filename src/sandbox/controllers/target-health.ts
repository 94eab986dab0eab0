import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Timer } from "../world/clock.ts";
import { type Target, type TargetGroup, targetKey } from "../world/records.ts";
import { HEALTHY, REGISTERING, unhealthy } from "../world/target-health.ts";
import type { Region, World } from "../world/world.ts";
import type { Balancing } from "./balancing.ts";
import { TargetChecks } from "./target-checks.ts";

const USUAL_DRAIN = "300";
const FIRST_CHECKS: TargetHealth = {
  State: "initial",
  Reason: "Elb.InitialHealthChecking",
  Description: "Initial health checks in progress",
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
 * Moves the health of targets, and drains those that were deregistered. ("Health checks for Application Load Balancer
 * target groups")
 *
 * @param balancing makes their health checks. Absent: there is no traffic, and a target would answer them when a task that
 * runs has its port
 */
export function controlTargetHealth(world: World, balancing: Balancing | undefined): void {
  const checks = balancing && new TargetChecks(world, balancing);
  const waiting = new Map<string, { readonly step: string; readonly timer: Timer }>();

  function look(region: Region): void {
    for (const target of region.elbv2.targets.all()) settle(region, target);
  }

  function settle(region: Region, target: Target): void {
    const key = targetKey(target);
    const group = region.elbv2.targetGroups.get(target.TargetGroupArn);
    const next = nextStep(world, region, group, target);
    if (checks && group && isChecked(target, next)) checks.follow(region, group, target);
    else checks?.forget(key);
    const name = next && JSON.stringify([target.hidden.health, next.to]);
    if (waiting.has(key) && waiting.get(key)?.step === name) return;
    waiting.get(key)?.timer.cancel();
    waiting.delete(key);
    if (!next || !name) return;
    const { to, at } = next;
    const go = () => {
      waiting.delete(key);
      if (to !== "gone") {
        region.elbv2.targets.update(key, (draft) => {
          draft.hidden.health = to;
        });
      } else if (at && balancing && group) finish(region, group, target);
      else region.elbv2.targets.delete(key);
    };
    if (at) waiting.set(key, { step: name, timer: world.at(at, go) });
    else go();
  }

  /** A target goes when it serves nothing any more, or its time is over whatever it serves. */
  function finish(region: Region, group: TargetGroup, target: Target): void {
    const key = targetKey(target);
    const { deregisteredAt = world.now() } = target.hidden;
    const go = () => {
      const present = region.elbv2.targets.get(key)?.hidden.deregisteredAt;
      if (present?.getTime() === target.hidden.deregisteredAt?.getTime()) region.elbv2.targets.delete(key);
    };
    const over = world.at(new Date(deregisteredAt.getTime() + 1000 * drainingTime(group)), go);
    world.background(async () => {
      await balancing?.idle(target);
      over.cancel();
      go();
    });
  }

  world.watch("elbv2", "targets", (region, { key, after }) => {
    if (after) return look(region);
    waiting.get(key)?.timer.cancel();
    waiting.delete(key);
    checks?.forget(key);
  });
  world.watch("elbv2", "targetGroups", look);
  world.watch("elbv2", "loadBalancers", look);
  world.watch("ecs", "tasks", look);
  world.watch("ecs", "containerInstances", look);
  world.watch("ec2", "instances", look);
  world.watch("ec2", "securityGroupRules", look);
  balancing?.onPlaces(() => {
    for (const region of world.regions()) look(region);
  });
  for (const region of world.regions()) look(region);
}

/** Whether a load balancer looks at a target, and nothing else is about to become of it. */
function isChecked({ hidden: { health } }: Target, next: Step | undefined): boolean {
  if (next || !health || same(REGISTERING, health)) return false;
  return health.State === "initial" || health.State === "healthy" || health.State === "unhealthy";
}

function nextStep(world: World, region: Region, group: TargetGroup | undefined, target: Target): Step | undefined {
  const { health, deregisteredAt } = target.hidden;
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
  if (same(REGISTERING, health)) return { to: FIRST_CHECKS, at: world.later("target registered") };
  return world.hasTraffic ? undefined : supposedCheck(world, region, group, target, health);
}

/** Where health checks would lead, and how many of them that takes: a new target needs to pass a single one. */
function supposedCheck(
  world: World,
  region: Region,
  group: TargetGroup,
  target: Target,
  health: TargetHealth,
): Step | undefined {
  const { HealthCheckIntervalSeconds, HealthyThresholdCount, UnhealthyThresholdCount } = group;
  const after = (checks: number) => world.laterBy(checks * HealthCheckIntervalSeconds);
  const passes = answers(region, group, target);
  if (passes && health.State === "initial") return { to: HEALTHY, at: after(1) };
  if (passes && health.State === "unhealthy") return { to: HEALTHY, at: after(HealthyThresholdCount) };
  if (!passes && health.State !== "unhealthy") return { to: unhealthy("failed"), at: after(UnhealthyThresholdCount) };
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
