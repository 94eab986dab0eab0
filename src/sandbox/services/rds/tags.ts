import { AwsError, notEmulated } from "../../wire/service.ts";
import type { DBInstance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { invalidValue, mergedTags, type RdsOperations } from "./operation.ts";

/** Tags of instances. */
export function tagOperations(world: World): RdsOperations {
  return {
    AddTagsToResource: {
      accepts: ["ResourceName", "Tags"],
      handle({ ResourceName, Tags }, { region: name }) {
        const region = world.region(name);
        const instance = named(region, ResourceName);
        region.rds.dbInstances.put({ ...instance, TagList: mergedTags(instance.TagList, Tags) });
        return {};
      },
    },

    RemoveTagsFromResource: {
      accepts: ["ResourceName", "TagKeys"],
      handle({ ResourceName, TagKeys = [] }, { region: name }) {
        const region = world.region(name);
        const instance = named(region, ResourceName);
        const TagList = instance.TagList.filter(({ Key = "" }) => !TagKeys.includes(Key));
        region.rds.dbInstances.put({ ...instance, TagList });
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["ResourceName"],
      handle: ({ ResourceName }, { region }) => ({ TagList: named(world.region(region), ResourceName).TagList }),
    },
  };
}

/** The instance of an ARN. @throws AwsError */
function named(region: Region, arn = ""): DBInstance {
  const [, type, name] = /^arn:aws:rds:[\w-]*:\d*:([\w-]+):(.+)$/.exec(arn) ?? [];
  if (type === undefined) throw invalidValue(`Invalid resource name: ${arn}`);
  if (type !== "db") throw notEmulated(`tags of a ${type} in RDS`);
  const instance = region.rds.dbInstances.find(({ DBInstanceArn }) => DBInstanceArn === arn);
  if (!instance) throw new AwsError("DBInstanceNotFound", `DBInstance ${name} not found.`);
  return instance;
}
