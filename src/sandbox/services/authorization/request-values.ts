import type { Asked } from "../../wire/service.ts";
import { type Tags, tagPairs, tagValues, type Values } from "../../world/policies/context.ts";
import type { World } from "../../world/world.ts";
import { leadingKeys } from "./leading-keys.ts";
import { definitionArn } from "./task-definitions.ts";

/** Members of inputs that conditions ask about. */
type Input = Readonly<Record<string, string | undefined>> & { readonly enableExecuteCommand?: unknown };

/**
 * Values of the condition keys that follow from what a call asks for: those of its service, and the tags in it. (Service Authorization
 * Reference, "Condition keys" of each service)
 */
export function valuesOf(world: World, asked: Asked): Values {
  return { ...OF_SERVICES[asked.service]?.(asked.input as Input, asked, world), ...requestedTags(asked.input) };
}

const OF_SERVICES: Readonly<Record<string, (input: Input, asked: Asked, world: World) => Values>> = {
  dynamodb: ({ Select, ReturnValues, ReturnConsumedCapacity }, asked, world) => ({
    "dynamodb:LeadingKeys": leadingKeys(world, asked),
    "dynamodb:Select": Select,
    "dynamodb:ReturnValues": ReturnValues,
    "dynamodb:ReturnConsumedCapacity": ReturnConsumedCapacity,
  }),
  ecs(input, asked, world) {
    const { operation, region, account } = asked;
    const cluster = IN_CLUSTER.test(operation) ? (input.cluster ?? "default").replace(/^.*\//, "") : undefined;
    const starts = STARTING.includes(operation);
    const isTold = input.enableExecuteCommand !== undefined || operation !== "UpdateService";
    return {
      "ecs:cluster": cluster && `arn:aws:ecs:${region}:${account}:cluster/${cluster}`,
      "ecs:container-name": input.container,
      "ecs:enable-execute-command": starts && isTold ? `${input.enableExecuteCommand ?? false}` : undefined,
      "ecs:task-definition": starts ? definitionArn(world, asked) : undefined,
    };
  },
  iam: ({ PolicyArn, AWSServiceName }) => ({
    "iam:AWSServiceName": AWSServiceName,
    "iam:PassedToService": undefined,
    "iam:PolicyARN": PolicyArn,
  }),
  monitoring: ({ Namespace }, { operation }) => ({
    "cloudwatch:namespace": operation === "PutMetricData" ? Namespace : undefined,
  }),
  secretsmanager: ({ SecretId, Name, VersionId, VersionStage }) => ({
    "secretsmanager:Name": Name,
    "secretsmanager:SecretId": SecretId,
    "secretsmanager:VersionId": VersionId,
    "secretsmanager:VersionStage": VersionStage,
  }),
};

/** Operations of ECS on what is in a cluster, which is the default one where none is named. */
const IN_CLUSTER =
  /Tasks?$|Services?$|ContainerInstances?$|ContainerInstancesState$|Attributes$|ServiceDeployments$|ExecuteCommand$/;
const STARTING = ["CreateService", "UpdateService", "RunTask"];

/** Members of inputs that have tags, or keys of tags. */
type Tagging = Readonly<Partial<Record<"tags" | "Tags" | "AddTags", Tags>>> &
  Readonly<Partial<Record<"tagKeys" | "TagKeys" | "RemoveTagKeys", readonly string[]>>>;

/** Values of the keys about tags in a request. */
export function requestedTags(input: Tagging): Values {
  const { tags, Tags, AddTags, tagKeys = [], TagKeys = [], RemoveTagKeys = [] } = input;
  const given = [tags, Tags, AddTags];
  const pairs = given.flatMap((some) => (some ? tagPairs(some) : []));
  const keys = [...pairs.map(([key]) => key), ...tagKeys, ...TagKeys, ...RemoveTagKeys];
  return {
    ...tagValues("aws:RequestTag/", Object.fromEntries(pairs)),
    ...(keys.length > 0 && { "aws:TagKeys": [...new Set(keys)] }),
  };
}
