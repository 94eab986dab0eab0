import {
  DescribeAddressesCommand,
  DescribeKeyPairsCommand,
  type Filter,
  paginateDescribeInternetGateways,
  paginateDescribeLaunchTemplates,
  paginateDescribeNatGateways,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeSubnets,
  paginateDescribeTags,
  paginateDescribeVpcs,
} from "@aws-sdk/client-ec2";
import type { AwsClients, Clients } from "../clients.ts";
import { awsError } from "../errors.ts";
import { instancesIn, volumesIn } from "../listings.ts";
import { STACK_TAG, TASK_TAG, type Tags } from "../tags.ts";
import type { Tagged } from "./scan.ts";

/** Names the scaling group that an instance belongs to; only AWS sets it. */
const GROUP_TAG = "aws:autoscaling:groupName";

/** Tags in a page, the most that there may be (ec2:DescribeTags). */
const PAGE = 1000;

/** Everything of EC2 that is listed with the tag: instances, volumes, groups, interfaces, addresses, templates. */
export async function ec2({ ec2: client }: Clients, stack: string): Promise<Tagged[]> {
  const Filters = [{ Name: "key", Values: [STACK_TAG, TASK_TAG, GROUP_TAG] }];
  const found = new Map<string, { type: string; tags: Record<string, string> }>();
  for await (const { Tags: page = [] } of paginateDescribeTags({ client, pageSize: PAGE }, { Filters })) {
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

/** What of the listed things is there: the listing of tags goes on for a while, with some emulators for ever, with what is gone. */
export async function stillThere<Thing extends Tagged>(
  clients: AwsClients,
  things: readonly Thing[],
): Promise<Thing[]> {
  const kinds = new Map(things.map(({ type, tags }) => [type, tags[STACK_TAG] ?? ""]));
  const looks = [...kinds].map(async ([type, stack]) => [type, await thereOf(clients, type, stack)] as const);
  const there = new Map(await Promise.all(looks));
  return things.flatMap((thing) => {
    const ids = there.get(thing.type);
    if (!ids) return [thing];
    const found = ids.get(thing.id);
    return found === undefined ? [] : [{ ...thing, ...found }];
  });
}

/** A thing that is there, and what it goes with. */
type There = readonly [id: string | undefined, of?: { readonly partOf?: string }];

/** How what of a type is there is asked for; types that are not here are believed to be as they are listed. */
const LOOKS: Readonly<Record<string, (clients: AwsClients, Filters: Filter[]) => Promise<There[]>>> = {
  instance: async (clients) =>
    (await instancesIn(clients))
      .filter(({ State }) => State?.Name !== "shutting-down")
      .map(({ InstanceId }) => [InstanceId]),
  volume: async (clients) =>
    (await volumesIn(clients))
      .filter(({ State }) => State !== "deleting" && State !== "deleted")
      .map(({ VolumeId, Attachments }) => [VolumeId, attachedTo(Attachments?.[0]?.InstanceId)]),
  "security group": ({ ec2: client }, Filters) =>
    ids(paginateDescribeSecurityGroups({ client }, { Filters }), ({ SecurityGroups = [] }) =>
      SecurityGroups.map(({ GroupId }) => GroupId),
    ),
  "launch template": ({ ec2: client }, Filters) =>
    ids(paginateDescribeLaunchTemplates({ client }, { Filters }), ({ LaunchTemplates = [] }) =>
      LaunchTemplates.map(({ LaunchTemplateId }) => LaunchTemplateId),
    ),
  "network interface": ({ ec2: client }, Filters) =>
    ids(paginateDescribeNetworkInterfaces({ client }, { Filters }), ({ NetworkInterfaces = [] }) =>
      NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
    ),
  snapshot: ({ ec2: client }, Filters) =>
    ids(paginateDescribeSnapshots({ client }, { Filters, OwnerIds: ["self"] }), ({ Snapshots = [] }) =>
      Snapshots.map(({ SnapshotId }) => SnapshotId),
    ),
  vpc: ({ ec2: client }, Filters) =>
    ids(paginateDescribeVpcs({ client }, { Filters }), ({ Vpcs = [] }) => Vpcs.map(({ VpcId }) => VpcId)),
  subnet: ({ ec2: client }, Filters) =>
    ids(paginateDescribeSubnets({ client }, { Filters }), ({ Subnets = [] }) =>
      Subnets.map(({ SubnetId }) => SubnetId),
    ),
  "route table": ({ ec2: client }, Filters) =>
    ids(paginateDescribeRouteTables({ client }, { Filters }), ({ RouteTables = [] }) =>
      RouteTables.map(({ RouteTableId }) => RouteTableId),
    ),
  "internet gateway": ({ ec2: client }, Filters) =>
    ids(paginateDescribeInternetGateways({ client }, { Filters }), ({ InternetGateways = [] }) =>
      InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId),
    ),
  natgateway: ({ ec2: client }, Filter) =>
    ids(paginateDescribeNatGateways({ client }, { Filter }), ({ NatGateways = [] }) =>
      NatGateways.filter(({ State }) => State !== "deleted").map(({ NatGatewayId }) => NatGatewayId),
    ),
  "elastic ip": async ({ ec2: client }, Filters) => {
    const { Addresses = [] } = await client.send(new DescribeAddressesCommand({ Filters }));
    return Addresses.map(({ AllocationId }) => [AllocationId]);
  },
  "key pair": async ({ ec2: client }, Filters) => {
    const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }));
    return KeyPairs.map(({ KeyPairId }) => [KeyPairId]);
  },
};

async function ids<Page>(pages: AsyncIterable<Page>, idsOf: (page: Page) => (string | undefined)[]): Promise<There[]> {
  const found: There[] = [];
  for await (const page of pages) found.push(...idsOf(page).map((id): There => [id]));
  return found;
}

function attachedTo(instance: string | undefined): { partOf?: string } {
  return instance === undefined ? {} : { partOf: instance };
}

/** What carries the tag, by id; undefined: AWS does not say, or lets nobody ask. */
async function thereOf(clients: AwsClients, type: string, stack: string) {
  try {
    const found = await LOOKS[type]?.(clients, [{ Name: `tag:${STACK_TAG}`, Values: [stack] }]);
    return found && new Map(found.flatMap(([id, of = {}]) => (id === undefined ? [] : [[id, of] as const])));
  } catch (error) {
    if (awsError(error)) return undefined;
    throw error;
  }
}
