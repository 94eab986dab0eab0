import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Region, World } from "../../world/world.ts";
import {
  type ElbOperations,
  listenerOf,
  loadBalancerOf,
  mergedTags,
  ruleOf,
  targetGroupOf,
  validationError,
} from "./operation.ts";

const MOST_RESOURCES = 20;

/** Tags of load balancers, target groups, listeners and rules, several at once. */
export function tagOperations(world: World): ElbOperations {
  return {
    AddTags: {
      accepts: ["ResourceArns", "Tags"],
      handle({ ResourceArns, Tags }, { region }) {
        const tagged = tagsOf(world.region(region), ResourceArns);
        const changes = tagged.map(
          ({ tags, write }) =>
            () =>
              write(mergedTags(tags, Tags)),
        );
        for (const apply of changes) apply();
        return {};
      },
    },

    RemoveTags: {
      accepts: ["ResourceArns", "TagKeys"],
      handle({ ResourceArns, TagKeys = [] }, { region }) {
        for (const { tags, write } of tagsOf(world.region(region), ResourceArns)) {
          write(tags.filter(({ Key = "" }) => !TagKeys.includes(Key)));
        }
        return {};
      },
    },

    DescribeTags: {
      accepts: ["ResourceArns"],
      handle: ({ ResourceArns }, { region }) => ({
        TagDescriptions: tagsOf(world.region(region), ResourceArns).map(({ arn, tags }) => ({
          ResourceArn: arn,
          Tags: [...tags],
        })),
      }),
    },
  };
}

interface Tagged {
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly write: (tags: Tag[]) => void;
}

function tagsOf(region: Region, arns: readonly string[] | undefined): Tagged[] {
  if (!arns?.length) throw validationError("At least one resource ARN must be specified");
  if (arns.length > MOST_RESOURCES) {
    throw validationError(`Up to ${MOST_RESOURCES} resource ARNs can be specified`);
  }
  return arns.map((arn) => tagsOfOne(region, arn));
}

function tagsOfOne(region: Region, arn: string): Tagged {
  const { loadBalancers, targetGroups, listeners, rules } = region.elbv2;
  const tagged = <Record extends { hidden: { tags: Tag[] } }>(record: Record, put: (record: Record) => unknown) => ({
    arn,
    tags: record.hidden.tags,
    write: (tags: Tag[]) => void put({ ...record, hidden: { ...record.hidden, tags } }),
  });
  const kind = arn.split(":")[5]?.split("/")[0];
  if (kind === "loadbalancer") return tagged(loadBalancerOf(region, arn), (one) => loadBalancers.put(one));
  if (kind === "targetgroup") return tagged(targetGroupOf(region, arn), (one) => targetGroups.put(one));
  if (kind === "listener") return tagged(listenerOf(region, arn), (one) => listeners.put(one));
  if (kind === "listener-rule") return tagged(ruleOf(region, arn), (one) => rules.put(one));
  throw validationError(`'${arn}' is not a valid resource ARN`);
}
