import { randomUUID } from "node:crypto";
import {
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  ListHostedZonesByNameCommand,
  type ListHostedZonesByNameCommandOutput,
  ListTagsForResourcesCommand,
  type HostedZone as Route53Zone,
  UpdateHostedZoneCommentCommand,
} from "@aws-sdk/client-route-53";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, REGION_TAG, STACK_TAG, type Tags, toTagList } from "../../aws/tags.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { markedRecords } from "./marker.ts";
import { absoluteName, changeRecords, plainName, recordsOf } from "./zone-records.ts";

/** A public hosted zone. */
export interface HostedZoneDesired {
  /** The domain, e.g. `example.com.br`. */
  readonly name: string;
  readonly comment: string;
}

/** A hosted zone as Route 53 has it. */
export interface HostedZone {
  /** Without prefix. */
  readonly id: string;
  readonly comment: string;
  /** To be entered at the registrar. Empty: Route 53 lists the zone and tells nothing of it, just before or just after its life. */
  readonly nameServers: readonly string[];
  readonly tags: Tags;
  /** Ours, but without our tags: they come with a second call, and an earlier run did not get that far. */
  readonly untagged: boolean;
  /** Ids of other public zones of the same name. */
  readonly others: readonly string[];
  /** Several zones have the name and none of them is ours. */
  readonly ambiguous: boolean;
}

/** Tags of so many zones are listed in one call. (route53:ListTagsForResources) */
const MOST_IDS = 10;

/**
 * A public hosted zone. Route 53 lets several zones have one name, each with name servers and a price of its own, so it is
 * looked for well before one is made; one that was there before is used and left.
 */
export const hostedZone: Kind<HostedZoneDesired, HostedZone, Aws> = {
  type: "route53.hosted-zone",
  global: true,
  async find(aws, { name }) {
    const zones = await zonesOf(aws, name);
    const tags = await tagsOf(aws, zones.map(idOf));
    const ownership = (zone: Route53Zone) => ownershipOf(aws, zone, tags.get(idOf(zone)) ?? {});
    const ours = zones.filter((zone) => ownership(zone)[STACK_TAG] === aws.stack);
    // One that was made for another region is ours only in name.
    const zone =
      ours.find((one) => [undefined, aws.region].includes(ownership(one)[REGION_TAG])) ?? ours[0] ?? zones[0];
    if (!zone) return undefined;
    const records = (await recordsOf(aws, idOf(zone))) ?? [];
    const apex = records.find(({ Name, Type }) => Type === "NS" && Name === absoluteName(name));
    const own = tags.get(idOf(zone)) ?? {};
    const untagged = ours.includes(zone) && own[STACK_TAG] !== aws.stack;
    return {
      id: idOf(zone),
      comment: zone.Config?.Comment ?? "",
      nameServers: (apex?.ResourceRecords ?? []).map(({ Value = "" }) => plainName(Value)),
      tags: untagged ? { ...own, ...ownership(zone) } : own,
      untagged,
      others: zones.filter((other) => other !== zone).map(idOf),
      ambiguous: ours.length === 0 && zones.length > 1,
    };
  },
  diff(desired, { comment, untagged }) {
    const changes: Change[] = [];
    if (desired.comment !== comment) changes.push({ field: "comment", from: comment, to: desired.comment });
    if (untagged) changes.push({ field: "owner", to: "this stack" });
    return changes;
  },
  async create(aws, { name, comment }) {
    // Its tags are left to `update`: Route 53 may not know the new zone yet, or still be busy with it, and a create that is
    // refused is repeated whole, which would make a second zone.
    const { HostedZone: made, DelegationSet } = await aws.route53.send(
      new CreateHostedZoneCommand({
        Name: name,
        // Route 53 never takes a reference twice, not even after the zone is gone, so it cannot follow from the task alone.
        // It need not: the SDK repeats a call whose answer was lost with the same one, and a new run finds the zone.
        CallerReference: `${referencePrefix(aws)}${randomUUID()}`,
        HostedZoneConfig: { Comment: comment },
      }),
    );
    return (
      made && {
        id: idOf(made),
        comment,
        nameServers: DelegationSet?.NameServers ?? [],
        tags: ownershipOf(aws, made, {}),
        untagged: true,
        // One of the name that was there would have been used.
        others: [],
        ambiguous: false,
      }
    );
  },
  async update(aws, { comment }, actual, changes) {
    const { id, tags } = actual;
    if (changes.some(({ field }) => field === "comment")) {
      await aws.route53.send(new UpdateHostedZoneCommentCommand({ Id: id, Comment: comment }));
    }
    if (changes.every(({ field }) => field !== "owner")) return undefined;
    await writeTags(aws, id, aws.ownership);
    return { ...actual, comment, tags: { ...tags, ...aws.ownership }, untagged: false };
  },
  async remove(aws, { id }) {
    // Records of ours that nobody looked for any more, e.g. of a certificate that someone deleted by hand.
    const left = markedRecords((await recordsOf(aws, id)) ?? [], aws);
    if (left.length > 0)
      await changeRecords(
        aws,
        id,
        left.map((record) => ["DELETE", record]),
      );
    await aws.route53.send(new DeleteHostedZoneCommand({ Id: id }));
  },
  async blockedBy(aws, { id }) {
    const records = ((await recordsOf(aws, id)) ?? []).filter(({ Type }) => Type !== "NS" && Type !== "SOA");
    if (records.length === 0) return undefined;
    return {
      by: records.map(({ Name = "", Type }) => `${plainName(Name)} ${Type}`).join(", "),
      next: "Others made these records. If nobody needs them, delete them in the Route 53 console and run the same command again; else keep the zone.",
    };
  },
  broken({ ambiguous, others, id }) {
    if (!ambiguous) return undefined;
    return `${others.length + 1} public hosted zones have this name (${[id, ...others].join(", ")}), and none is this stack's`;
  },
  usable: ({ nameServers }) => nameServers.length > 0,
  pending: ({ nameServers }) => (nameServers.length > 0 ? undefined : "Route 53 lists it and does not know it"),
  remedy: () =>
    `Delete those that the domain is not delegated to, or give the right one the tag ${STACK_TAG} with the stack's name as its value.`,
  tags: ({ tags }) => tags,
  adopt: (aws, { id }, tags) => writeTags(aws, id, tags),
  describe({ id, others, ambiguous }) {
    if (others.length === 0 || ambiguous) return id;
    return `${id}; other zones of this name: ${others.join(", ")}`;
  },
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 120 },
};

/** Public zones of exactly this name. The listing is a cursor: it begins at the name and goes on to others. */
function zonesOf({ route53, shared }: Aws, name: string): Promise<Route53Zone[]> {
  const wanted = absoluteName(name);
  return shared.read(`hosted zones of ${wanted}`, async () => {
    const zones: Route53Zone[] = [];
    for (let from: { DNSName: string; HostedZoneId?: string } | undefined = { DNSName: wanted }; from; ) {
      const page: ListHostedZonesByNameCommandOutput = await route53.send(new ListHostedZonesByNameCommand(from));
      zones.push(...(page.HostedZones ?? []));
      const { NextDNSName, NextHostedZoneId } = page;
      from =
        NextDNSName === wanted && NextHostedZoneId !== undefined
          ? { DNSName: wanted, HostedZoneId: NextHostedZoneId }
          : undefined;
    }
    return zones.filter(({ Name, Config }) => Name === wanted && !Config?.PrivateZone);
  });
}

async function tagsOf({ route53, shared }: Aws, ids: readonly string[]): Promise<Map<string, Tags>> {
  return shared.each("hosted zone tags", ids.slice(0, MOST_IDS), async (ResourceIds) => {
    return new Map(await listTags(route53, ResourceIds));
  });
}

/** Route 53 refuses to name any tags when it does not know one of the zones: then each is asked for alone. */
async function listTags(route53: Aws["route53"], ids: readonly string[]): Promise<[id: string, tags: Tags][]> {
  try {
    const command = new ListTagsForResourcesCommand({ ResourceType: "hostedzone", ResourceIds: [...ids] });
    const { ResourceTagSets = [] } = await route53.send(command);
    return ResourceTagSets.map(({ ResourceId = "", Tags: list }) => [ResourceId, fromTagList(list)]);
  } catch (error) {
    if (!isCode(error, "NoSuchHostedZone")) throw error;
    if (ids.length === 1) return [];
    return (await Promise.all(ids.map((id) => listTags(route53, [id])))).flat();
  }
}

/** Whose a zone is: by its tags, or by the reference that it was made with, which names the region but in older versions. */
function ownershipOf(aws: Aws, { CallerReference = "" }: Route53Zone, tags: Tags): Tags {
  if (tags[STACK_TAG] !== undefined) return tags;
  const [maker, stack, region, ...rest] = CallerReference.split(":");
  if (maker !== MAKER || stack !== aws.stack) return {};
  return { [STACK_TAG]: stack, ...(rest.length === 0 || region === undefined ? {} : { [REGION_TAG]: region }) };
}

const MAKER = "bia-infra";

function referencePrefix({ stack, region }: Aws): string {
  return `${MAKER}:${stack}:${region}:`;
}

function idOf({ Id = "" }: Route53Zone): string {
  // Answered as `/hostedzone/Z01`.
  return nameIn(Id);
}

async function writeTags({ route53 }: Aws, id: string, tags: Tags): Promise<void> {
  const AddTags = toTagList(tags);
  await route53.send(new ChangeTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId: id, AddTags }));
}
