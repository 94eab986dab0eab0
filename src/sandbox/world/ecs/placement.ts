import type { ContainerInstance, EcsTask, TaskDefinition } from "../records.ts";
import type { Region } from "../world.ts";
import { type Free, freeOn, type HostPort, type Needs, needsOf, tasksOn } from "./capacity.ts";
import { nameIn } from "./names.ts";
import type { TaskOwner } from "./task-owner.ts";

/** Where a task may run, and which of those places is best. */
export interface Placement {
  readonly instance: ContainerInstance;
}

/** Why a task cannot be placed. */
export interface NoPlacement {
  /** In the words of ECS's service events. */
  readonly reason: string;
  /** By instance, in the words of RunTask's failures ("API failure reasons"). */
  readonly lacks: readonly { readonly arn: string; readonly reason: string }[];
}

/** A test of a container instance's attributes. */
type Expression = (attributes: ReadonlyMap<string, string>) => boolean;

/**
 * A placement expression of one comparison (ECS, "Cluster query language"): `attribute:NAME == VALUE`, `!=`, `in [..]`,
 * `not_in [..]` or `exists`; undefined for anything else.
 */
export function readExpression(text: string): Expression | undefined {
  const [, name, operator, value = ""] =
    /^\s*attribute:([\w.-]+)\s*(==|equals|!=|not_equals|in|not_in|exists)\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === undefined || operator === undefined) return undefined;
  if (operator === "exists") return (attributes) => attributes.has(name);
  const values = value.replace(/^\[(.*)\]$/, "$1").split(/\s*,\s*/);
  const positive = ["==", "equals", "in"].includes(operator);
  return (attributes) => values.includes(attributes.get(name) ?? "") === positive;
}

/** The place for one more task, by resources, ports, constraints and strategy. */
export function placeTask(
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
  candidates: readonly ContainerInstance[],
): Placement | NoPlacement {
  if (candidates.length === 0) {
    return { reason: unable("Reason: No Container Instances were found in your cluster."), lacks: [] };
  }
  const needs = needsOf(definition, owner.overrides);
  const judged = candidates.map((instance) => ({
    instance,
    lack: lackOf(region, owner, definition, needs, instance),
  }));
  const fit = judged.filter(({ lack }) => lack === undefined).map(({ instance }) => instance);
  const best = bestOf(region, owner, fit);
  if (best) return { instance: best };
  const [closest] = judged;
  const id = closest && nameIn(closest.instance.containerInstanceArn);
  return {
    reason: unable(`The closest matching container-instance ${id} ${closest?.lack}.`),
    lacks: judged.map(({ instance, lack = "" }) => ({
      arn: instance.containerInstanceArn,
      reason: FAILURES[lack] ?? lack.replace(/^encountered error "(.*)"$/, "$1"),
    })),
  };
}

const FAILURES: Readonly<Record<string, string>> = {
  "has insufficient CPU units available": "RESOURCE:CPU",
  "has insufficient memory available": "RESOURCE:MEMORY",
  "is already using a port required by your task": "RESOURCE:PORTS",
};

function unable(why: string): string {
  return `was unable to place a task because no container instance met all of its requirements. ${why} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`;
}

function lackOf(
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
  needs: Needs,
  instance: ContainerInstance,
): string | undefined {
  const free = freeOn(region, instance);
  if (free.cpu < needs.cpu) return "has insufficient CPU units available";
  if (free.memory < needs.memory) return "has insufficient memory available";
  if (needs.ports.some((port) => isTaken(port, free))) return "is already using a port required by your task";
  const constraints = [...owner.placementConstraints, ...definition.placementConstraints];
  for (const { type, expression = "" } of constraints) {
    if (type === "distinctInstance" && ownTasksOn(region, owner, instance).length > 0) {
      return 'encountered error "DistinctInstance placement constraint unsatisfied."';
    }
    if (type === "memberOf" && !readExpression(expression)?.(attributesOf(instance))) {
      return 'encountered error "MemberOf placement constraint unsatisfied."';
    }
  }
  return undefined;
}

function isTaken({ port, protocol }: HostPort, { taken }: Free): boolean {
  return taken.some((one) => one.port === port && one.protocol === protocol);
}

function attributesOf({ attributes }: ContainerInstance): Map<string, string> {
  return new Map(attributes.map(({ name = "", value = "" }) => [name, value]));
}

function ownTasksOn(region: Region, { group }: TaskOwner, { containerInstanceArn }: ContainerInstance): EcsTask[] {
  return tasksOn(region, containerInstanceArn).filter((task) => task.group === group);
}

/** Strategies are applied in their order, each among the best of the one before (ECS, "placement strategies"). */
function bestOf(region: Region, owner: TaskOwner, fit: readonly ContainerInstance[]): ContainerInstance | undefined {
  const strategies =
    owner.placementStrategy.length > 0
      ? owner.placementStrategy
      : // Without a strategy a service spreads over zones (CreateService, placementStrategy).
        [{ type: "spread", field: "attribute:ecs.availability-zone" } as const];
  const inService = (others: (instance: ContainerInstance) => boolean) =>
    instancesOf(region, owner)
      .filter(others)
      .reduce((sum, one) => sum + ownTasksOn(region, owner, one).length, 0);
  const scoreOf = ({ type, field = "" }: (typeof strategies)[number], instance: ContainerInstance): number => {
    if (type === "random") return 0;
    if (type === "binpack") return freeOn(region, instance)[field.toLowerCase() === "cpu" ? "cpu" : "memory"];
    if (!field.startsWith("attribute:")) return ownTasksOn(region, owner, instance).length;
    const name = field.slice("attribute:".length);
    const value = attributesOf(instance).get(name);
    return inService((other) => attributesOf(other).get(name) === value);
  };
  // Last of all the emptier one, so that tasks do not heap up where nothing else decides.
  const scores = [...strategies.map((one) => (instance: ContainerInstance) => scoreOf(one, instance))];
  const tieBreak = (instance: ContainerInstance) => tasksOn(region, instance.containerInstanceArn).length;
  return [...scores, tieBreak].reduce(
    (best, score) => best.filter((one) => score(one) === Math.min(...best.map(score))),
    [...fit],
  )[0];
}

function instancesOf({ ecs }: Region, { clusterArn }: TaskOwner): ContainerInstance[] {
  return ecs.containerInstances.filter(({ hidden }) => hidden.clusterArn === clusterArn);
}
