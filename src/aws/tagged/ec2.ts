import {
  type EC2Client,
  type Filter,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeSecurityGroups,
  paginateDescribeTags,
  paginateDescribeVolumes,
} from "@aws-sdk/client-ec2";
import type { Clients } from "../clients.ts";
import { awsError } from "../errors.ts";
import { STACK_TAG, TASK_TAG, type Tags } from "../tags.ts";
import type { Tagged } from "./scan.ts";

/** Names the scaling group that an instance belongs to; only AWS sets it. */
const GROUP_TAG = "aws:autoscaling:groupName";

/**
 * Everything of EC2 that carries the tag: instances, volumes, groups, interfaces, addresses, templates. The listing of tags
 * goes on for a while with what is gone, so what it names is asked for itself.
 */
export async function ec2({ ec2: client }: Clients, stack: string): Promise<Tagged[]> {
  const listed = await taggedResources(client, stack);
  const types = [...new Set(listed.map(({ type }) => type))];
  const there = await Promise.all(types.map((type) => thereOf(client, type, stack)));
  return listed.flatMap((thing) => {
    const things = there[types.indexOf(thing.type)];
    if (!things) return [thing];
    const found = things.get(thing.id);
    return found === undefined ? [] : [{ ...thing, ...found }];
  });
}

async function taggedResources(client: EC2Client, stack: string): Promise<Tagged[]> {
  const Filters = [{ Name: "key", Values: [STACK_TAG, TASK_TAG, GROUP_TAG] }];
  const found = new Map<string, { type: string; tags: Record<string, string> }>();
  for await (const { Tags: page = [] } of paginateDescribeTags({ client }, { Filters })) {
    for (const { ResourceId: id = "", ResourceType = "resource", Key = "", Value = "" } of page) {
      const known = found.get(id) ?? { type: ResourceType.replaceAll("-", " "), tags: {} };
      known.tags[Key] = Value;
      found.set(id, known);
    }
  }
  // Rules go with their group.
  return [...found].flatMap(([id, { type, tags }]) =>
    tags[STACK_TAG] === stack && type !== "security group rule" ? [{ id, type, tags, ...partOfGroup(tags) }] : [],
  );
}

function partOfGroup({ [GROUP_TAG]: group }: Tags): { partOf?: string } {
  return group === undefined ? {} : { partOf: group };
}

/** A thing that is there, and what it goes with. */
type There = readonly [id: string | undefined, of?: { readonly partOf?: string }];

/** What of a type carries the tag and is there; types that are not here are believed to be as they are listed. */
const LOOKS: Readonly<Record<string, (client: EC2Client, Filters: Filter[]) => AsyncIterable<readonly There[]>>> = {
  async *instance(client, Filters) {
    const alive = { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] };
    for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters: [...Filters, alive] }))
      yield Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => [InstanceId] as const));
  },
  async *volume(client, Filters) {
    for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, { Filters }))
      yield Volumes.filter(({ State }) => State !== "deleting" && State !== "deleted").map(
        ({ VolumeId, Attachments }) => [VolumeId, attachedTo(Attachments?.[0]?.InstanceId)] as const,
      );
  },
  async *"security group"(client, Filters) {
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client }, { Filters }))
      yield SecurityGroups.map(({ GroupId }) => [GroupId] as const);
  },
  async *"launch template"(client, Filters) {
    for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates({ client }, { Filters }))
      yield LaunchTemplates.map(({ LaunchTemplateId }) => [LaunchTemplateId] as const);
  },
};

function attachedTo(instance: string | undefined): { partOf?: string } {
  return instance === undefined ? {} : { partOf: instance };
}

/** By id; undefined: AWS does not say, or lets nobody ask. */
async function thereOf(client: EC2Client, type: string, stack: string) {
  const found = new Map<string, { readonly partOf?: string }>();
  try {
    const pages = LOOKS[type]?.(client, [{ Name: `tag:${STACK_TAG}`, Values: [stack] }]);
    if (!pages) return undefined;
    for await (const page of pages) for (const [id = "", of = {}] of page) found.set(id, of);
    return found;
  } catch (error) {
    if (awsError(error)) return undefined;
    throw error;
  }
}
