import type { TaskDefinition as WireDefinition } from "@aws-sdk/client-ecs";
import { nameIn } from "../../world/ecs/names.ts";
import type { TaskDefinition } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { clientError, type EcsOperations, findTaskDefinition, invalid, mergedTags, paged } from "./operation.ts";
import { registered } from "./register-task-definition.ts";

const MOST_DELETED = 10;

/** Task definitions. A revision never changes; what is new is a new revision. */
export function taskDefinitionOperations(world: World): EcsOperations {
  return {
    RegisterTaskDefinition: {
      accepts: [
        "family",
        "taskRoleArn",
        "executionRoleArn",
        "networkMode",
        "containerDefinitions",
        "volumes",
        "placementConstraints",
        "requiresCompatibilities",
        "cpu",
        "memory",
        "tags",
        "runtimePlatform",
      ],
      handle(input, { account, region: name }) {
        const { ecs } = world.region(name);
        const { family = "" } = input;
        const revision = (ecs.taskDefinitionFamilies.get(family)?.revision ?? 0) + 1;
        const definition: TaskDefinition = {
          ...registered(input),
          taskDefinitionArn: `arn:aws:ecs:${name}:${account}:task-definition/${family}:${revision}`,
          family,
          revision,
          status: "ACTIVE",
          registeredAt: world.now(),
          registeredBy: `arn:aws:iam::${account}:user/sandbox`,
          hidden: { tags: mergedTags([], input.tags) },
        };
        ecs.taskDefinitionFamilies.put({ family, revision });
        ecs.taskDefinitions.put(definition);
        return { taskDefinition: shape(definition), tags: definition.hidden.tags };
      },
    },

    DescribeTaskDefinition: {
      accepts: ["taskDefinition", "include"],
      handle({ taskDefinition = "", include = [] }, { region }) {
        const definition = definitionOf(world.region(region), taskDefinition);
        return {
          taskDefinition: shape(definition),
          ...(include.includes("TAGS") && { tags: definition.hidden.tags }),
        };
      },
    },

    ListTaskDefinitions: {
      accepts: ["familyPrefix", "status", "sort", "nextToken", "maxResults"],
      handle(input, { region: name }) {
        const { familyPrefix, status = "ACTIVE", sort = "ASC" } = input;
        // The prefix is the whole name of a family (ListTaskDefinitions, familyPrefix).
        const found = world
          .region(name)
          .ecs.taskDefinitions.filter((one) => one.status === status && [undefined, one.family].includes(familyPrefix))
          .sort((one, other) => byFamily(one.family, other.family) || one.revision - other.revision);
        if (sort === "DESC") found.reverse();
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { taskDefinitionArns: items.map(({ taskDefinitionArn }) => taskDefinitionArn), ...rest };
      },
    },

    ListTaskDefinitionFamilies: {
      accepts: ["familyPrefix", "status", "nextToken", "maxResults"],
      handle(input, { region: name }) {
        const { familyPrefix = "", status = "ACTIVE" } = input;
        const definitions = world.region(name).ecs.taskDefinitions.all();
        const active = new Set(definitions.filter((one) => one.status === "ACTIVE").map(({ family }) => family));
        const families = [...new Set(definitions.map(({ family }) => family))]
          .filter((family) => family.startsWith(familyPrefix))
          .filter((family) => status === "ALL" || active.has(family) === (status === "ACTIVE"))
          .sort(byFamily);
        const { items, ...rest } = paged(families, input, world.pageSize);
        return { families: items, ...rest };
      },
    },

    DeregisterTaskDefinition: {
      accepts: ["taskDefinition"],
      handle({ taskDefinition: asked = "" }, { region: name }) {
        const region = world.region(name);
        if (!nameIn(asked).includes(":")) throw clientError("Task definition must include a revision.");
        const definition = definitionOf(region, asked);
        if (definition.status !== "ACTIVE") {
          throw invalid("The specified task definition is inactive. Specify an active task definition and try again.");
        }
        const gone = { ...definition, status: "INACTIVE" as const, deregisteredAt: world.now() };
        return { taskDefinition: shape(region.ecs.taskDefinitions.put(gone)) };
      },
    },

    DeleteTaskDefinitions: {
      accepts: ["taskDefinitions"],
      handle({ taskDefinitions: asked = [] }, { region: name }) {
        const region = world.region(name);
        if (asked.length > MOST_DELETED) {
          throw invalid(`At most ${MOST_DELETED} task definitions can be deleted at once.`);
        }
        const outcomes = asked.map((one) => deleted(world, region, one));
        return {
          taskDefinitions: outcomes.flatMap((outcome) => ("definition" in outcome ? shape(outcome.definition) : [])),
          failures: outcomes.flatMap((outcome) => ("reason" in outcome ? outcome : [])),
        };
      },
    },
  };
}

function shape({ hidden: _hidden, ...definition }: TaskDefinition): WireDefinition {
  return definition;
}

function byFamily(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function definitionOf(region: Region, asked: string): TaskDefinition {
  const definition = findTaskDefinition(region, asked);
  if (!definition) throw clientError("Unable to describe task definition.");
  return definition;
}

/** Marks one to be deleted; a refusal is part of the answer, not an error (DeleteTaskDefinitions, failures). */
function deleted(
  world: World,
  region: Region,
  asked: string,
): { definition: TaskDefinition } | { arn: string; reason: string; detail?: string } {
  const definition = region.ecs.taskDefinitions.get(nameIn(asked));
  if (!definition) return { arn: asked, reason: "The specified task definition was not found." };
  if (definition.status === "ACTIVE") {
    return {
      arn: asked,
      reason: "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
    };
  }
  if (definition.status === "DELETE_IN_PROGRESS") return { definition };
  const leaving = { ...definition, status: "DELETE_IN_PROGRESS" as const, deleteRequestedAt: world.now() };
  return { definition: region.ecs.taskDefinitions.put(leaving) };
}
