import type { Tag } from "@aws-sdk/client-rds";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { invalidValue, mergedTags, type RdsOperations, snapshotOf } from "./operation.ts";

/** Tags of instances, of snapshots and of subnet groups. */
export function tagOperations(world: World): RdsOperations {
  return {
    AddTagsToResource: {
      accepts: ["ResourceName", "Tags"],
      handle({ ResourceName, Tags }, { region }) {
        const { tags, put } = named(region, ResourceName);
        put(mergedTags(tags, Tags));
        return {};
      },
    },

    RemoveTagsFromResource: {
      accepts: ["ResourceName", "TagKeys"],
      handle({ ResourceName, TagKeys = [] }, { region }) {
        const { tags, put } = named(region, ResourceName);
        put(tags.filter(({ Key = "" }) => !TagKeys.includes(Key)));
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceName"],
      handle: ({ ResourceName }, { region }) => ({ TagList: named(region, ResourceName).tags }),
    },
  };

  /** The tags of what an ARN names, and how to replace them. @throws AwsError */
  function named(regionName: string, arn = ""): { tags: Tag[]; put: (TagList: Tag[]) => void } {
    const region = world.region(regionName);
    const { rds } = region;
    const [, type, name] = /^arn:aws:rds:[\w-]*:\d*:([\w-]+):(.+)$/.exec(arn) ?? [];
    if (type === undefined) throw invalidValue(`Invalid resource name: ${arn}`);
    if (type === "snapshot") {
      const snapshot = snapshotOf(region, name);
      return { tags: snapshot.TagList, put: (TagList) => void rds.dbSnapshots.put({ ...snapshot, TagList }) };
    }
    const group = type === "subgrp" ? rds.dbSubnetGroups.get(name ?? "") : undefined;
    if (group) {
      const put = (tags: Tag[]) => void rds.dbSubnetGroups.put({ ...group, hidden: { ...group.hidden, tags } });
      return { tags: group.hidden.tags ?? [], put };
    }
    if (type === "subgrp")
      throw new AwsError("DBSubnetGroupNotFoundFault", `DB subnet group '${name}' does not exist.`);
    if (type !== "db") throw notEmulated(`tags of a ${type} in RDS`);
    const instance = rds.dbInstances.find(({ DBInstanceArn }) => DBInstanceArn === arn);
    if (!instance) throw new AwsError("DBInstanceNotFound", `DBInstance ${name} not found.`);
    return { tags: instance.TagList, put: (TagList) => void rds.dbInstances.put({ ...instance, TagList }) };
  }
}
