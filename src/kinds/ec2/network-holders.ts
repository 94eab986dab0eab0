import { type Filter, paginateDescribeSecurityGroups, paginateDescribeSubnets } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { fromTagList, STACK_TAG } from "../../aws/tags.ts";
import type { Blocker } from "../../engine/task.ts";
import { interfaceInWords, interfacesOf, ownersThatStay } from "./interface-owners.ts";

/** A part of the network that shall be deleted. */
interface Place {
  readonly vpcId: string;
  /** Absent: the whole VPC. */
  readonly subnetId?: string;
  /** Only what has a public address, which is what holds an internet gateway. */
  readonly withPublicAddress?: boolean;
}

/**
 * What keeps a VPC, a subnet or an internet gateway from being deleted: AWS says that something does, and not what. An interface
 * goes by itself some time after what it belongs to; what stays until a person does something is named alone.
 */
export async function holderIn(aws: Aws, place: Place): Promise<Blocker | undefined> {
  const found = await interfacesOf(aws, filtersOf(place));
  const interfaces = found.filter(({ Association }) => !place.withPublicAddress || Association?.PublicIp !== undefined);
  const isWhole = place.subnetId === undefined && !place.withPublicAddress;
  const [owners, others] = await Promise.all([
    ownersThatStay(aws, interfaces, ({ DBSubnetGroup }) => DBSubnetGroup?.VpcId === place.vpcId),
    isWhole ? othersIn(aws, place.vpcId) : [],
  ]);
  const staying = [...owners, ...others];
  if (staying.length > 0) {
    const by = staying.join(", ");
    return { by, next: `Delete ${by}. Then run the same command again.` };
  }
  return interfaces.length > 0 ? { by: interfaces.map(interfaceInWords).join(", ") } : undefined;
}

function filtersOf({ vpcId, subnetId }: Place): Filter[] {
  const inVpc = { Name: "vpc-id", Values: [vpcId] };
  return subnetId === undefined ? [inVpc] : [inVpc, { Name: "subnet-id", Values: [subnetId] }];
}

/** Subnets and security groups that somebody else has put into a VPC, each in words. */
async function othersIn(aws: Aws, vpcId: string): Promise<string[]> {
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const others: string[] = [];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: aws.ec2 }, { Filters })) {
    for (const { SubnetId, Tags } of Subnets) if (isOthers(aws, Tags)) others.push(`subnet ${SubnetId}`);
  }
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client: aws.ec2 }, { Filters })) {
    for (const { GroupId, GroupName, Tags } of SecurityGroups) {
      if (GroupName !== "default" && isOthers(aws, Tags)) others.push(`security group ${GroupName} (${GroupId})`);
    }
  }
  return others;
}

function isOthers({ stack }: Aws, tags: Parameters<typeof fromTagList>[0]): boolean {
  return fromTagList(tags)[STACK_TAG] !== stack;
}
