import {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  type NatGateway as Ec2Gateway,
  paginateDescribeNatGateways,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import { NotYet } from "../../engine/errors.ts";
import type { Kind } from "../../engine/task.ts";
import { duplicateChanges, isOwn, ofStack, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** How private subnets reach the internet. Nothing but its name can be changed once it exists. */
export interface NatGatewayDesired {
  /** The value of its tag Name. */
  readonly name: string;
  /** A public subnet. */
  readonly subnetId: string;
  /** The elastic IP address under which the internet sees it. */
  readonly allocationId: string;
}

/** A NAT gateway as EC2 has it. */
export interface NatGateway {
  readonly gatewayId: string;
  /** `pending`, `available`, `failed` or `deleting`. */
  readonly state: string;
  /** Why it has failed, in AWS's words. */
  readonly failure: string | undefined;
  readonly subnetId: string;
  /** Undefined: none yet, or none any more. */
  readonly allocationId: string | undefined;
  /** Ids of others that were made for the same task, by a call whose answer was lost. */
  readonly duplicates: readonly string[];
  readonly tags: Tags;
}

/** Of several the one that counts is that which works, or may come to, and then that which has the address. */
const BEST = ["available", "pending", "failed", "deleting"];

/**
 * A NAT gateway. Whether it works is known late: its call succeeds, and then it becomes `available` or `failed`. One that failed
 * is deleted and made again by the next run. Deleted ones stay listed for about an hour and do not count.
 */
export const natGateway: Kind<NatGatewayDesired, NatGateway, Aws> = {
  type: "ec2.nat-gateway",
  redo: true,
  async find(aws, desired) {
    const all = await aws.shared.read("NAT gateways of the stack", () => gatewaysOf(aws));
    const own = ownOf(aws, all);
    // The address is asked for only where there is a choice: a look waits for no other thing's.
    const [found, ...others] = own.length > 1 ? inOrder(own, desired.allocationId) : own;
    if (!found) return undefined;
    // Not before it is known which of them has the address.
    const surplus = found.State === "available" ? others.filter(({ State }) => State !== "deleting") : [];
    return { ...fromAws(found), duplicates: surplus.map(idOf) };
  },
  diff(desired, actual) {
    const fixed = { needsReplacement: true };
    return [
      ...change("subnet", actual.subnetId, desired.subnetId, fixed),
      ...(actual.allocationId === undefined
        ? []
        : change("allocation", actual.allocationId, desired.allocationId, fixed)),
      ...tagChanges({ Name: desired.name }, actual.tags),
      ...duplicateChanges(actual.duplicates),
    ];
  },
  async create(aws, { name, subnetId: SubnetId, allocationId: AllocationId }) {
    const before = ownOf(aws, await gatewaysOf(aws));
    const failed = before.filter(({ State }) => State === "failed");
    for (const one of failed) await deleteGateway(aws, idOf(one));
    // It keeps its address until it is deleted, and a new one would fail for that.
    if (failed.length > 0 || before.some(({ State }) => State === "deleting")) {
      throw new NotYet("the NAT gateway that failed is being deleted", USUALLY_GONE);
    }
    if (before.length > 0) return undefined;
    const TagSpecifications = [{ ResourceType: "natgateway" as const, Tags: toTagList(tagsFor(aws, name)) }];
    const request = { SubnetId, AllocationId, ConnectivityType: "public" as const, TagSpecifications };
    const { NatGateway } = await aws.ec2.send(new CreateNatGatewayCommand(request));
    return NatGateway && { ...fromAws(NatGateway), duplicates: [] };
  },
  async update(aws, desired, { gatewayId, duplicates }, changes) {
    for (const id of duplicates) await deleteGateway(aws, id);
    await writeTags(aws, gatewayId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove(aws, { gatewayId, duplicates }) {
    for (const id of [...duplicates, gatewayId]) await deleteGateway(aws, id);
  },
  pending: ({ state }) => (state === "available" ? undefined : state),
  broken: ({ state, failure }) => (state === "failed" ? (failure ?? "AWS does not say why") : undefined),
  remedy: () => "Mend what it says, then run the same command again: it deletes the one that failed and makes another.",
  leaving: ({ state }) => state === "deleting",
  tags: ({ tags }) => tags,
  describe: ({ gatewayId }) => gatewayId,
  limits: { usually: 100, ready: 600, usuallyGone: 60, gone: 600 },
};

const USUALLY_GONE = 60;

function idOf({ NatGatewayId = "" }: Ec2Gateway): string {
  return NatGatewayId;
}

function fromAws(found: Ec2Gateway): Omit<NatGateway, "duplicates"> {
  return {
    gatewayId: idOf(found),
    state: found.State ?? "pending",
    failure: found.FailureMessage,
    subnetId: found.SubnetId ?? "",
    allocationId: found.NatGatewayAddresses?.[0]?.AllocationId,
    tags: fromTagList(found.Tags),
  };
}

async function gatewaysOf(aws: Aws): Promise<Ec2Gateway[]> {
  const found: Ec2Gateway[] = [];
  const pages = paginateDescribeNatGateways({ client: aws.ec2 }, { Filter: ofStack(aws) });
  for await (const { NatGateways = [] } of pages) found.push(...NatGateways);
  return found;
}

/** Those of the task that are not deleted. */
function ownOf(aws: Aws, all: readonly Ec2Gateway[]): Ec2Gateway[] {
  return all.filter((one) => isOwn(aws, one) && one.State !== "deleted");
}

/** The one that counts first. */
function inOrder(own: readonly Ec2Gateway[], allocationId: string): Ec2Gateway[] {
  const has = ({ NatGatewayAddresses = [] }: Ec2Gateway) =>
    NatGatewayAddresses.some(({ AllocationId }) => AllocationId === allocationId);
  const rank = (one: Ec2Gateway) => `${BEST.indexOf(one.State ?? "pending")} ${has(one) ? 0 : 1} ${idOf(one)}`;
  return own.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

async function deleteGateway({ ec2 }: Aws, NatGatewayId: string): Promise<void> {
  await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
}
