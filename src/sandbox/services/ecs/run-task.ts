import type { RunTaskCommandInput, TaskOverride } from "@aws-sdk/client-ecs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { candidatesFor } from "../../world/ecs/candidates.ts";
import { nameIn } from "../../world/ecs/names.ts";
import { placedTask } from "../../world/ecs/placed-task.ts";
import type { TaskOwner } from "../../world/ecs/task-owner.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { Cluster, EcsTask, TaskDefinition } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { clusterOf, type EcsOperations, invalid, mergedTags } from "./operation.ts";
import { checkConstraints, checkStrategy } from "./placement.ts";
import { checkNetwork, strategyOf, taskDefinitionOf } from "./service-checks.ts";
import { taskShape } from "./task-shape.ts";

const MOST_TASKS = 10;
const NO_TASK_ROLE =
  "The execute command failed because a valid task role is not being used. Specify a valid task role in your task definition or as a task override and try again.";
/** The network of a request that names none; it is refused. */
const NOWHERE = { subnets: [] };

/** Tasks that belong to no service. */
export function runTaskOperations(world: World): EcsOperations {
  return {
    RunTask: {
      accepts: [
        "cluster",
        "taskDefinition",
        "count",
        "launchType",
        "platformVersion",
        "capacityProviderStrategy",
        "networkConfiguration",
        "overrides",
        "placementConstraints",
        "placementStrategy",
        "group",
        "startedBy",
        "tags",
        "propagateTags",
        "enableECSManagedTags",
        "enableExecuteCommand",
        "clientToken",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const definition = taskDefinitionOf(region, input.taskDefinition);
        const { count = 1 } = input;
        if (count < 1 || count > MOST_TASKS) throw invalid(`count must be between 1 and ${MOST_TASKS}.`);
        const owner = ownerOf(cluster, definition, input);
        checkConstraints(owner.placementConstraints);
        checkStrategy(owner.placementStrategy);
        checkNetwork(region, input, definition);
        if (owner.enableExecuteCommand && definition.taskRoleArn === undefined) throw invalid(NO_TASK_ROLE);
        const repeated = startedBefore(region, cluster, definition, input);
        if (repeated.length > 0) return { tasks: repeated.map((task) => taskShape(task, true)), failures: [] };
        if (!owner.fargate && candidatesFor(region, owner).length === 0) {
          throw invalid("No Container Instances were found in your cluster.");
        }
        ensureLinkedRole(world, "ecs.amazonaws.com");
        return started(world, region, owner, definition, input);
      },
    },
  };
}

/** Starts as many tasks as find a place; of the others it says why they did not. */
function started(
  world: World,
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
  { count = 1, clientToken }: RunTaskCommandInput,
) {
  const tasks: EcsTask[] = [];
  while (tasks.length < count) {
    const task = placedTask(world, region, owner, definition);
    if ("reason" in task) return { tasks: tasks.map((one) => taskShape(one, true)), failures: [...task.lacks] };
    const hidden = { ...task.hidden, ...(clientToken !== undefined && { clientToken }) };
    tasks.push(region.ecs.tasks.put({ ...task, hidden }));
  }
  return { tasks: tasks.map((task) => taskShape(task, true)), failures: [] };
}

function ownerOf(cluster: Cluster, definition: TaskDefinition, input: RunTaskCommandInput): TaskOwner {
  const { launchType, capacityProviderStrategy: asked = [], propagateTags } = input;
  if (launchType && asked.length > 0) {
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    );
  }
  if (launchType === "EXTERNAL") throw notEmulated("tasks on EXTERNAL");
  if (propagateTags === "SERVICE") throw invalid("Tags cannot be propagated from a service to a task that has none.");
  const strategy = launchType
    ? []
    : strategyOf(cluster, asked.length > 0 ? asked : cluster.defaultCapacityProviderStrategy);
  const inherited = propagateTags === "TASK_DEFINITION" ? definition.hidden.tags : [];
  return {
    clusterArn: cluster.clusterArn,
    group: input.group ?? `family:${definition.family}`,
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    ...(strategy.length > 0 && { capacityProviderStrategy: strategy }),
    ...(launchType === "FARGATE" && { fargate: input.networkConfiguration?.awsvpcConfiguration ?? NOWHERE }),
    loadBalancers: [],
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    startedBy: input.startedBy,
    tags: mergedTags(inherited, input.tags),
    overrides: checkedOverrides(definition, input.overrides),
  };
}

/** @throws AwsError for overrides of other things than of what a container runs, with what, and in how much memory */
function checkedOverrides({ containerDefinitions }: TaskDefinition, asked: TaskOverride = {}): TaskOverride {
  const { containerOverrides = [], inferenceAcceleratorOverrides = [], ...others } = asked;
  const other = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (other) throw notEmulated(`the override ${other}`);
  for (const { name, command: _1, environment: _2, memory: _3, cpu: _4, ...rest } of containerOverrides) {
    if (!containerDefinitions.some((one) => one.name === name)) {
      throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
    }
    const [setting] = Object.entries(rest).find(([, value]) => value !== undefined) ?? [];
    if (setting) throw notEmulated(`the override ${setting} of a container`);
  }
  return { ...others, containerOverrides, inferenceAcceleratorOverrides };
}

/** What this very request has started before (RunTask, clientToken). @throws AwsError if it asked for something else */
function startedBefore(
  { ecs }: Region,
  { clusterArn }: Cluster,
  { taskDefinitionArn }: TaskDefinition,
  { clientToken, count = 1 }: RunTaskCommandInput,
): EcsTask[] {
  if (clientToken === undefined) return [];
  const before = ecs.tasks.filter((task) => task.clusterArn === clusterArn && task.hidden.clientToken === clientToken);
  if (before.length === 0) return [];
  if (before.every((task) => task.taskDefinitionArn === taskDefinitionArn) && before.length <= count) return before;
  const resourceIds = before.map(({ taskArn }) => nameIn(taskArn)).join(", ");
  throw new AwsError(
    "ConflictException",
    `The RunTask request with the client token ${clientToken} was made before with other parameters: ${resourceIds}.`,
  );
}
