import type { Tag, TagDescription } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { notFound, type ResourceSort } from "../../world/ec2/resource-ids.ts";
import { checkedTags, mergedTags } from "../../world/ec2/tag-specifications.ts";
import { type Tagged, taggedResources } from "../../world/ec2/tagged.ts";
import { entry } from "../../world/entry.ts";
import type { Region, World } from "../../world/world.ts";
import { isKnown } from "./instances.ts";
import { type Filters, filtered, paged } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<TagDescription> = {
  key: ({ Key }) => Key,
  value: ({ Value }) => Value,
  "resource-id": ({ ResourceId }) => ResourceId,
  "resource-type": ({ ResourceType: type }) => type,
  "tag:": ({ Key, Value }) => `${Key}=${Value}`,
};

/** Prefix of an id -> how to speak of one that is not there. */
const SORTS: Readonly<Record<string, ResourceSort>> = {
  i: "instance",
  sg: "securityGroup",
  sgr: "securityGroupRule",
  vpc: "vpc",
  subnet: "subnet",
  rtb: "routeTable",
  igw: "internetGateway",
  eipalloc: "address",
  vol: "volume",
  eni: "networkInterface",
  lt: "launchTemplate",
  key: "keyPair",
};

/** Tags of anything that EC2 keeps. */
export function tagOperations(world: World): Ec2Operations {
  return {
    CreateTags: changing(["Resources", "Tags"], ({ Resources, Tags }, { region }) => {
      if (!Tags?.length) throw missingParameter("Tag");
      const added = checkedTags(Tags);
      const changes = resourcesOf(world, world.region(region), Resources).map((resource) => ({
        resource,
        tags: mergedTags(resource.tags, added),
      }));
      return () => {
        for (const { resource, tags } of changes) resource.set(tags);
        return {};
      };
    }),

    DeleteTags: changing(["Resources", "Tags"], ({ Resources, Tags }, { region }) => {
      const resources = resourcesOf(world, world.region(region), Resources);
      // A tag without a value goes whatever its value is; no tags at all: every one of the user's goes.
      const goes = (tag: Tag) =>
        !Tags?.length || Tags.some(({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value));
      return () => {
        for (const { tags, set } of resources) set(tags.filter((tag) => !goes(tag)));
        return {};
      };
    }),

    DescribeTags: reading(["Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const all = taggedResources(world.region(region)).flatMap(({ id, type, tags }) =>
        tags.map(({ Key, Value }) => ({ Key, Value, ResourceId: id, ResourceType: type })),
      );
      const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize);
      return { Tags: items, ...rest };
    }),
  };
}

function resourcesOf(world: World, region: Region, ids: readonly string[] | undefined): Tagged[] {
  if (!ids?.length) throw missingParameter("ResourceId");
  const all = new Map(taggedResources(region).map((resource) => [resource.id, resource]));
  return ids.map((id) => {
    const instance = region.ec2.instances.get(id);
    const resource = all.get(id);
    if (resource && (!instance || isKnown(world)(instance))) return resource;
    const prefix = id.slice(0, id.lastIndexOf("-"));
    if (prefix === "ami" || prefix === "snap") throw notEmulated(`tags of ${id}`);
    const sort = entry(SORTS, prefix);
    if (sort) throw notFound(sort, [id]);
    throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
  });
}
