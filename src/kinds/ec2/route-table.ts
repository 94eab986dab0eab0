import {
  AssociateRouteTableCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  DeleteRouteTableCommand,
  DisassociateRouteTableCommand,
  type RouteTable as Ec2Table,
  paginateDescribeRouteTables,
  ReplaceRouteCommand,
  ReplaceRouteTableAssociationCommand,
  type Route,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { duplicateChanges, isOwn, ofStack, oneThatCounts, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** The way out of some subnets of a VPC of one's own. */
export interface RouteTableDesired {
  /** The value of its tag Name. */
  readonly name: string;
  readonly vpcId: string;
  /** Where everything goes that is not for the VPC itself: the id of an internet gateway or of a NAT gateway. */
  readonly way: string;
  /** The subnets that follow it. */
  readonly subnets: readonly string[];
}

/** A route table as EC2 has it. */
export interface RouteTable {
  readonly tableId: string;
  readonly vpcId: string;
  /** Where everything goes; undefined: nowhere. */
  readonly way: string | undefined;
  /** Whether what is at the end of that way is gone. */
  readonly isBlackHole: boolean;
  /** Associations by the id of the subnet. */
  readonly subnets: Readonly<Record<string, string>>;
  /** The tables that other subnets of the VPC follow, and the associations that make them so, by subnet. */
  readonly elsewhere: Readonly<Record<string, Elsewhere>>;
  /** Others that were made for the same task, by a call whose answer was lost. */
  readonly duplicates: readonly string[];
  readonly tags: Tags;
}

interface Elsewhere {
  readonly tableId: string;
  readonly associationId: string;
}

/** Everywhere. */
const EVERYWHERE = "0.0.0.0/0";

/** A route table with a default route. Routes and subnets that others have given to it stay. */
export const routeTable: Kind<RouteTableDesired, RouteTable, Aws> = {
  type: "ec2.route-table",
  async find(aws) {
    const own = (await tablesOf(aws)).filter((one) => isOwn(aws, one));
    const [found, ...others] = oneThatCounts(own, idOf, ({ Associations = [] }) => Associations.length > 0);
    if (!found) return undefined;
    const all = await tablesIn(aws, found.VpcId ?? "");
    return { ...fromAws(found), elsewhere: elsewhereThan(found, all), duplicates: others.map(idOf) };
  },
  diff(desired, actual) {
    const way = actual.isBlackHole ? `${actual.way}, which is gone` : actual.way;
    return [
      ...change("vpc", actual.vpcId, desired.vpcId, { needsReplacement: true }),
      ...change(`route ${EVERYWHERE}`, way, desired.way),
      ...desired.subnets.flatMap((subnet) =>
        actual.subnets[subnet] ? [] : change(`subnet ${subnet}`, actual.elsewhere[subnet]?.tableId, "associated"),
      ),
      ...tagChanges({ Name: desired.name }, actual.tags),
      ...duplicateChanges(actual.duplicates),
    ];
  },
  async create(aws, { name, vpcId }) {
    const tags = tagsFor(aws, name);
    const TagSpecifications = [{ ResourceType: "route-table" as const, Tags: toTagList(tags) }];
    await aws.ec2.send(new CreateRouteTableCommand({ VpcId: vpcId, TagSpecifications }));
    // The rest is left to `update`, which sees what subnets followed before.
  },
  async update(aws, desired, actual, changes) {
    if (changes.some(({ field }) => field === `route ${EVERYWHERE}`)) await lead(aws, actual, desired.way);
    for (const subnet of desired.subnets) {
      if (!actual.subnets[subnet]) await associate(aws, actual.tableId, subnet, actual.elsewhere[subnet]);
    }
    for (const id of actual.duplicates) await deleteTable(aws, id);
    await writeTags(aws, actual.tableId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove(aws, { tableId, subnets, duplicates }) {
    for (const association of Object.values(subnets)) await disassociate(aws, association);
    for (const id of [...duplicates, tableId]) await deleteTable(aws, id);
  },
  tags: ({ tags }) => tags,
  describe: ({ tableId, way }) => (way === undefined ? tableId : `${tableId}, to ${way}`),
  goneAtOnce: true,
  limits: { usually: 2, ready: 300 },
};

function idOf({ RouteTableId = "" }: Ec2Table): string {
  return RouteTableId;
}

function fromAws(table: Ec2Table): Omit<RouteTable, "elsewhere" | "duplicates"> {
  const route = table.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
  return {
    tableId: idOf(table),
    vpcId: table.VpcId ?? "",
    way: route && hopOf(route),
    isBlackHole: route?.State === "blackhole",
    subnets: Object.fromEntries(associationsOf(table)),
    tags: fromTagList(table.Tags),
  };
}

function hopOf({ GatewayId, NatGatewayId, ...others }: Route): string {
  const other = [others.TransitGatewayId, others.InstanceId, others.NetworkInterfaceId, others.VpcPeeringConnectionId];
  return [GatewayId, NatGatewayId, ...other].find((id) => id !== undefined) ?? "somewhere";
}

/** Of subnets, as far as they have not been given up. */
function associationsOf({ Associations = [] }: Ec2Table): [subnet: string, association: string][] {
  return Associations.flatMap(({ SubnetId, RouteTableAssociationId = "", AssociationState }) => {
    const isLeaving = ["disassociating", "disassociated", "failed"].includes(AssociationState?.State ?? "");
    return SubnetId === undefined || isLeaving ? [] : [[SubnetId, RouteTableAssociationId]];
  });
}

function elsewhereThan(own: Ec2Table, all: readonly Ec2Table[]): Record<string, Elsewhere> {
  const others = all.filter((one) => idOf(one) !== idOf(own));
  const entries = others.flatMap((table) =>
    associationsOf(table).map(([subnet, associationId]) => [subnet, { tableId: idOf(table), associationId }] as const),
  );
  return Object.fromEntries(entries);
}

function tablesOf(aws: Aws): Promise<Ec2Table[]> {
  return aws.shared.read("route tables of the stack", () => list(aws, ofStack(aws)));
}

function tablesIn(aws: Aws, vpcId: string): Promise<Ec2Table[]> {
  return aws.shared.read(`route tables of ${vpcId}`, () => list(aws, [{ Name: "vpc-id", Values: [vpcId] }]));
}

async function list({ ec2 }: Aws, Filters: ReturnType<typeof ofStack>): Promise<Ec2Table[]> {
  const found: Ec2Table[] = [];
  for await (const { RouteTables = [] } of paginateDescribeRouteTables({ client: ec2 }, { Filters })) {
    found.push(...RouteTables);
  }
  return found;
}

/** Gives the table its default route, whatever it had. */
async function lead({ ec2 }: Aws, { tableId: RouteTableId, way: now }: RouteTable, way: string): Promise<void> {
  const by = way.startsWith("nat-") ? { NatGatewayId: way } : { GatewayId: way };
  const route = { RouteTableId, DestinationCidrBlock: EVERYWHERE, ...by };
  await ec2.send(now === undefined ? new CreateRouteCommand(route) : new ReplaceRouteCommand(route));
}

async function associate(
  { ec2 }: Aws,
  RouteTableId: string,
  SubnetId: string,
  before: Elsewhere | undefined,
): Promise<void> {
  if (before === undefined) await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  else await ec2.send(new ReplaceRouteTableAssociationCommand({ RouteTableId, AssociationId: before.associationId }));
}

async function disassociate({ ec2 }: Aws, AssociationId: string): Promise<void> {
  try {
    await ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
  } catch (error) {
    if (!isCode(error, "InvalidAssociationID.NotFound")) throw error;
  }
}

async function deleteTable({ ec2 }: Aws, RouteTableId: string): Promise<void> {
  try {
    await ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  } catch (error) {
    if (!isCode(error, "InvalidRouteTableID.NotFound")) throw error;
  }
}
