import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  type Subnet as Ec2Subnet,
  ModifySubnetAttributeCommand,
  paginateDescribeSubnets,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import { Explained } from "../../engine/errors.ts";
import type { Kind } from "../../engine/task.ts";
import { holderIn } from "./network-holders.ts";
import { isOwn, ofStack, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** A subnet of a VPC of one's own. Only its name and its public addresses can be changed once it exists. */
export interface SubnetDesired {
  /** The value of its tag Name. */
  readonly name: string;
  readonly vpcId: string;
  readonly cidr: string;
  /** E.g. `us-east-1a`. */
  readonly zone: string;
  /** Whether instances in it get public addresses. */
  readonly publicAddresses: boolean;
}

/** A subnet as EC2 has it. */
export interface Subnet extends Omit<SubnetDesired, "name"> {
  readonly subnetId: string;
  /** `pending` or `available`. */
  readonly state: string;
  readonly tags: Tags;
}

/** A subnet. Two of them cannot have the same addresses, so there is never a second one. */
export const subnet: Kind<SubnetDesired, Subnet, Aws> = {
  type: "ec2.subnet",
  async find(aws) {
    const found = (await subnetsOf(aws)).find((one) => isOwn(aws, one));
    return found && fromAws(found);
  },
  diff(desired, actual) {
    const fixed = { needsReplacement: true };
    return [
      ...change("vpc", actual.vpcId, desired.vpcId, fixed),
      ...change("cidr", actual.cidr, desired.cidr, fixed),
      ...change("zone", actual.zone, desired.zone, fixed),
      ...change("mapPublicIpOnLaunch", `${actual.publicAddresses}`, `${desired.publicAddresses}`),
      ...tagChanges({ Name: desired.name }, actual.tags),
    ];
  },
  async create(aws, { name, vpcId: VpcId, cidr: CidrBlock, zone: AvailabilityZone }) {
    const TagSpecifications = [{ ResourceType: "subnet" as const, Tags: toTagList(tagsFor(aws, name)) }];
    const request = { VpcId, CidrBlock, AvailabilityZone, TagSpecifications };
    try {
      const { Subnet } = await aws.ec2.send(new CreateSubnetCommand(request));
      return Subnet && fromAws(Subnet);
    } catch (error) {
      if (!isCode(error, "InvalidSubnet.Conflict")) throw error;
      await refuseOthers(aws, VpcId, CidrBlock);
      return undefined;
    }
  },
  async update(aws, desired, { subnetId, publicAddresses }, changes) {
    if (publicAddresses !== desired.publicAddresses) {
      const MapPublicIpOnLaunch = { Value: desired.publicAddresses };
      await aws.ec2.send(new ModifySubnetAttributeCommand({ SubnetId: subnetId, MapPublicIpOnLaunch }));
    }
    await writeTags(aws, subnetId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove({ ec2 }, { subnetId }) {
    await ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId }));
  },
  pending: ({ state }) => (state === "available" ? undefined : state),
  blockedBy: (aws, { vpcId, subnetId }) => holderIn(aws, { vpcId, subnetId }),
  tags: ({ tags }) => tags,
  describe: ({ subnetId, cidr, zone }) => `${subnetId}, ${cidr} in ${zone}`,
  goneAtOnce: true,
  // Network interfaces of a load balancer stay for some time after that is gone.
  limits: { usually: 1, ready: 300, gone: 1200 },
};

function fromAws(found: Ec2Subnet): Subnet {
  return {
    subnetId: found.SubnetId ?? "",
    vpcId: found.VpcId ?? "",
    cidr: found.CidrBlock ?? "",
    zone: found.AvailabilityZone ?? "",
    publicAddresses: found.MapPublicIpOnLaunch ?? false,
    state: found.State ?? "pending",
    tags: fromTagList(found.Tags),
  };
}

function subnetsOf(aws: Aws): Promise<Ec2Subnet[]> {
  return aws.shared.read("subnets of the stack", () => list(aws, ofStack(aws)));
}

async function list({ ec2 }: Aws, Filters: ReturnType<typeof ofStack>): Promise<Ec2Subnet[]> {
  const found: Ec2Subnet[] = [];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: ec2 }, { Filters })) found.push(...Subnets);
  return found;
}

/**
 * Its addresses are taken: by itself, if an answer was lost, and then it will be listed.
 *
 * @throws {Explained} by somebody else's
 */
async function refuseOthers(aws: Aws, vpcId: string, cidr: string): Promise<void> {
  const all = await list(aws, [{ Name: "vpc-id", Values: [vpcId] }]);
  if (all.some((one) => isOwn(aws, one) && one.CidrBlock === cidr)) return;
  const others = all.map(({ SubnetId, CidrBlock }) => `${SubnetId} (${CidrBlock})`).join(", ");
  throw new Explained(
    `${cidr} overlaps another subnet of ${vpcId}, which has ${others || "none that is listed yet"}`,
    "Delete the one that is in the way, or choose other addresses under network.zones in the variables.",
  );
}
