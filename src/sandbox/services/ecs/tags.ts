import type { Tag } from "@aws-sdk/client-ecs";
import { AwsError } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import type { Region, World } from "../../world/world.ts";
import { type EcsOperations, invalid, mergedTags } from "./operation.ts";

/** How the tags of one sort of thing are read and written. */
interface Tagged {
  readonly tags: readonly Tag[];
  write(tags: Tag[]): void;
}

/** Tags of everything that has an ARN. */
export function tagOperations(world: World): EcsOperations {
  return {
    TagResource: {
      accepts: ["resourceArn", "tags"],
      handle({ resourceArn = "", tags }, { region }) {
        const tagged = taggedBy(world.region(region), resourceArn);
        tagged.write(mergedTags(tagged.tags, tags));
        return {};
      },
    },

    UntagResource: {
      accepts: ["resourceArn", "tagKeys"],
      handle({ resourceArn = "", tagKeys = [] }, { region }) {
        const tagged = taggedBy(world.region(region), resourceArn);
        tagged.write(tagged.tags.filter(({ key = "" }) => !tagKeys.includes(key)));
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["resourceArn"],
      handle: ({ resourceArn = "" }, { region }) => ({
        tags: [...taggedBy(world.region(region), resourceArn).tags],
      }),
    },
  };
}

/** @throws AwsError if there is no such thing */
function taggedBy({ ecs }: Region, arn: string): Tagged {
  const [, sort = ""] = /^arn:aws:ecs:[^:]+:\d+:([a-z-]+)\//.exec(arn) ?? [];
  const name = nameIn(arn);
  switch (sort) {
    case "cluster":
      return plain(ecs.clusters, name, "Cluster");
    case "capacity-provider":
      return plain(ecs.capacityProviders, name, "Capacity provider");
    case "service":
      return plain(ecs.services, arn, "Service");
    case "task":
      return plain(ecs.tasks, arn, "Task");
    case "container-instance":
      return plain(ecs.containerInstances, arn, "Container instance");
    case "task-definition": {
      const definition = ecs.taskDefinitions.get(name);
      if (!definition) throw missing("Task definition");
      const write = (tags: Tag[]) => void ecs.taskDefinitions.put({ ...definition, hidden: { tags } });
      return { tags: definition.hidden.tags, write };
    }
    default:
      throw invalid(`Invalid resource ARN: ${arn}`);
  }
}

function plain<Record extends { tags: Tag[] }>(
  table: { get(key: string): Record | undefined; put(record: Record): Record },
  key: string,
  what: string,
): Tagged {
  const record = table.get(key);
  if (!record) throw missing(what);
  return { tags: record.tags, write: (tags) => void table.put({ ...record, tags }) };
}

function missing(what: string): AwsError {
  return new AwsError("InvalidParameterException", `The specified resource was not found. ${what} not found.`);
}
