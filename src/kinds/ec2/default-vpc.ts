import { DescribeVpcsCommand, type EC2Client, paginateDescribeSubnets, type Subnet } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import type { Kind } from "../../engine/task.ts";

/** Which zones must have a default subnet. */
export interface DefaultVpcDesired {
  /** Zone names, e.g. `us-east-1a`. */
  readonly zones: readonly string[];
}

/** The account's default VPC in the region. */
export interface DefaultVpc {
  readonly vpcId: string;
  /** Default subnet by zone name. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Wanted zones that have no default subnet. */
  readonly without: readonly string[];
}

/**
 * The default VPC and its default subnets: looked up, never made or deleted. An account without one answers with an
 * empty list, not with an error (ec2:DescribeVpcs, filter `isDefault`).
 */
export const defaultVpc: Kind<DefaultVpcDesired, DefaultVpc, Aws> = {
  type: "ec2.default-vpc",
  async find({ ec2, shared }, { zones }) {
    const [vpcs, found] = await Promise.all([
      shared.read("default VPC", () =>
        ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "isDefault", Values: ["true"] }] })),
      ),
      shared.read("default subnets", () => defaultSubnets(ec2)),
    ]);
    const vpcId = vpcs.Vpcs?.[0]?.VpcId;
    if (vpcId === undefined) return undefined;
    const inside = found.filter((subnet) => subnet.VpcId === vpcId);
    const subnets = Object.fromEntries(inside.map(({ AvailabilityZone, SubnetId }) => [AvailabilityZone, SubnetId]));
    return { vpcId, subnets, without: zones.filter((zone) => subnets[zone] === undefined) };
  },
  missing: () =>
    "This region has no default VPC. `aws ec2 create-default-vpc` makes one and costs nothing; or choose another region.",
  broken({ without, vpcId }) {
    if (without.length === 0) return undefined;
    return `the default VPC ${vpcId} has no default subnet in ${without.join(", ")}: choose another zone in the variables`;
  },
  describe: ({ vpcId }) => vpcId,
};

async function defaultSubnets(ec2: EC2Client): Promise<Subnet[]> {
  const Filters = [{ Name: "default-for-az", Values: ["true"] }];
  const subnets: Subnet[] = [];
  for await (const page of paginateDescribeSubnets({ client: ec2 }, { Filters })) subnets.push(...(page.Subnets ?? []));
  return subnets;
}
