import {
  type Address,
  AllocateAddressCommand,
  DescribeAddressesCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import type { Blocker, Kind } from "../../engine/task.ts";
import { duplicateChanges, isOwn, ofStack, oneThatCounts, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** A public address that stays the same. */
export interface ElasticIpDesired {
  /** The value of its tag Name. */
  readonly name: string;
}

/** An elastic IP address as EC2 has it. */
export interface ElasticIp {
  readonly allocationId: string;
  readonly address: string;
  /** The network interface that has it; undefined: none. */
  readonly interfaceId: string | undefined;
  /** Allocation ids of others that were made for the same task, by a call whose answer was lost. */
  readonly duplicates: readonly string[];
  readonly tags: Tags;
}

/** An elastic IP address. It costs the same whether something has it or not. */
export const elasticIp: Kind<ElasticIpDesired, ElasticIp, Aws> = {
  type: "ec2.elastic-ip",
  async find(aws) {
    const own = (await addressesOf(aws)).filter((one) => isOwn(aws, one));
    const [found, ...others] = oneThatCounts(own, idOf, ({ AssociationId }) => AssociationId !== undefined);
    return (
      found && {
        allocationId: idOf(found),
        address: found.PublicIp ?? "",
        interfaceId: found.NetworkInterfaceId,
        duplicates: others.map(idOf),
        tags: fromTagList(found.Tags),
      }
    );
  },
  diff(desired, actual) {
    return [...tagChanges({ Name: desired.name }, actual.tags), ...duplicateChanges(actual.duplicates)];
  },
  async create(aws, { name }) {
    const tags = tagsFor(aws, name);
    const TagSpecifications = [{ ResourceType: "elastic-ip" as const, Tags: toTagList(tags) }];
    await aws.ec2.send(new AllocateAddressCommand({ Domain: "vpc", TagSpecifications }));
    // Looked for, because a second one, of a lost answer, is noticed before anything has this one.
  },
  async update(aws, desired, { allocationId, duplicates }, changes) {
    for (const id of duplicates) await release(aws, id);
    await writeTags(aws, allocationId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove(aws, { allocationId, duplicates }) {
    for (const id of [...duplicates, allocationId]) await release(aws, id);
  },
  blockedBy: async (_, { interfaceId }) => heldBy(interfaceId),
  tags: ({ tags }) => tags,
  describe: ({ address }) => address,
  goneAtOnce: true,
  limits: { usually: 1, ready: 300, gone: 600 },
};

function heldBy(interfaceId: string | undefined): Blocker | undefined {
  return interfaceId === undefined ? undefined : { by: `interface ${interfaceId}` };
}

function idOf({ AllocationId = "" }: Address): string {
  return AllocationId;
}

function addressesOf(aws: Aws): Promise<Address[]> {
  return aws.shared.read("elastic IP addresses of the stack", async () => {
    const { Addresses = [] } = await aws.ec2.send(new DescribeAddressesCommand({ Filters: ofStack(aws) }));
    return Addresses;
  });
}

async function release({ ec2 }: Aws, AllocationId: string): Promise<void> {
  try {
    await ec2.send(new ReleaseAddressCommand({ AllocationId }));
  } catch (error) {
    if (!isCode(error, "InvalidAllocationID.NotFound")) throw error;
  }
}
