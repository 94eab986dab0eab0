import {
  type EC2Client,
  paginateDescribeInstances,
  paginateDescribeTags,
  paginateDescribeVolumes,
} from "@aws-sdk/client-ec2";
import { chunks } from "../chunks.ts";
import type { Clients } from "../clients.ts";
import { fromTagList, STACK_TAG } from "../tags.ts";
import type { Tagged } from "./scan.ts";

/** Values that a filter of EC2 takes (FilterLimitExceeded). */
const MOST_VALUES = 200;

/**
 * Everything of EC2 that carries the tag: instances, volumes, groups, interfaces, addresses, templates. Instances and
 * volumes keep their tags for a while after their end, so their states are asked for too.
 */
export async function ec2({ ec2: client }: Clients, stack: string): Promise<Tagged[]> {
  const all = await taggedResources(client, stack);
  const ofType = (type: string) => [...all.values()].some((thing) => thing.type === type);
  const gone = [
    ...(ofType("instance") ? await endedInstances(client, stack) : []),
    ...(ofType("volume") ? await exceptLiving(client, stack, all) : []),
  ];
  for (const id of gone) all.delete(id);
  return [...all.values()];
}

async function taggedResources(client: EC2Client, stack: string): Promise<Map<string, Tagged>> {
  const byTag = [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];
  const ids: string[] = [];
  for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters: byTag })) {
    // Rules go with their group.
    for (const { ResourceId, ResourceType } of Tags)
      if (ResourceId && ResourceType !== "security-group-rule") ids.push(ResourceId);
  }
  const found = new Map<string, Tagged>();
  // The first listing holds the one tag that was asked for, and not the one that names the task.
  for (const Values of chunks([...new Set(ids)], MOST_VALUES)) {
    const byId = [{ Name: "resource-id", Values }];
    for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters: byId })) {
      for (const { ResourceId: id = "", ResourceType = "resource", Key = "", Value = "" } of Tags) {
        const tags = { ...found.get(id)?.tags, [Key]: Value };
        found.set(id, { type: ResourceType.replaceAll("-", " "), id, tags });
      }
    }
  }
  return found;
}

async function endedInstances(client: EC2Client, stack: string): Promise<string[]> {
  const Filters = [
    { Name: `tag:${STACK_TAG}`, Values: [stack] },
    { Name: "instance-state-name", Values: ["shutting-down", "terminated"] },
  ];
  const ids: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { Instances = [] } of Reservations) ids.push(...Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  }
  return ids;
}

/** Ids of the volumes among `all` that are on their way out or not there any more. */
async function exceptLiving(client: EC2Client, stack: string, all: ReadonlyMap<string, Tagged>): Promise<string[]> {
  const Filters = [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];
  const living = new Set<string>();
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, { Filters })) {
    for (const { VolumeId = "", State, Tags } of Volumes)
      if (State !== "deleting" && fromTagList(Tags)[STACK_TAG] === stack) living.add(VolumeId);
  }
  return [...all.values()].filter(({ type, id }) => type === "volume" && !living.has(id)).map(({ id }) => id);
}
