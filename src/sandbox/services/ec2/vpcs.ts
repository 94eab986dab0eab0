import { AwsError, notEmulated } from "../../wire/service.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import { mainTable, seedDefaultGroup } from "../../world/seed.ts";
import type { Region, World } from "../../world/world.ts";
import { blockOf } from "./cidr.ts";
import { inUse } from "./dependents.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

/** VPCs of one's own. */
export function vpcOperations(world: World): Ec2Operations {
  return {
    CreateVpc: changing(
      ["CidrBlock", "InstanceTenancy", "AmazonProvidedIpv6CidrBlock", "TagSpecifications"],
      (input, { region: name, account }) => {
        const { CidrBlock, InstanceTenancy = "default", TagSpecifications } = input;
        const region = world.region(name);
        if (!CidrBlock) throw missingParameter("cidrBlock");
        const block = blockOf(CidrBlock);
        if (!block || block.length < 16 || block.length > 28) {
          throw new AwsError("InvalidVpc.Range", `The CIDR '${CidrBlock}' is invalid.`);
        }
        if (InstanceTenancy !== "default") throw notEmulated(`the tenancy ${InstanceTenancy}`);
        if (input.AmazonProvidedIpv6CidrBlock) throw notEmulated("IPv6 in a VPC (AmazonProvidedIpv6CidrBlock)");
        if (region.ec2.vpcs.size >= world.quotas.vpcs) {
          throw new AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
        }
        const Tags = tagsFor("vpc", TagSpecifications);
        return () => {
          const VpcId = newId("vpc");
          const association = {
            AssociationId: newId("vpc-cidr-assoc"),
            CidrBlock,
            CidrBlockState: { State: "associated" as const },
          };
          const Vpc = {
            VpcId,
            CidrBlock,
            CidrBlockAssociationSet: [association],
            DhcpOptionsId: newId("dopt"),
            InstanceTenancy,
            IsDefault: false,
            OwnerId: account,
            State: "available" as const,
            Tags,
            hidden: { dnsSupport: true, dnsHostnames: false },
          };
          region.ec2.vpcs.put(Vpc);
          region.ec2.routeTables.put(mainTable(account, VpcId, CidrBlock, []));
          seedDefaultGroup(region, account, VpcId);
          return { Vpc: { ...Vpc, State: "pending" as const } };
        };
      },
    ),

    DescribeVpcAttribute: reading(["VpcId", "Attribute"], ({ VpcId = "", Attribute }, { region }) => {
      const { hidden } = recordOf("vpc", world.region(region).ec2.vpcs, VpcId);
      if (Attribute === "enableDnsSupport") return { VpcId, EnableDnsSupport: { Value: hidden?.dnsSupport ?? true } };
      if (Attribute === "enableDnsHostnames") {
        return { VpcId, EnableDnsHostnames: { Value: hidden?.dnsHostnames ?? true } };
      }
      if (Attribute === "enableNetworkAddressUsageMetrics") {
        return { VpcId, EnableNetworkAddressUsageMetrics: { Value: false } };
      }
      throw notEmulated(`the attribute ${Attribute}`);
    }),

    ModifyVpcAttribute: changing(
      ["VpcId", "EnableDnsSupport", "EnableDnsHostnames"],
      ({ VpcId = "", EnableDnsSupport, EnableDnsHostnames }, { region: name }) => {
        const { vpcs } = world.region(name).ec2;
        const vpc = recordOf("vpc", vpcs, VpcId);
        // "You cannot modify the DNS resolution and DNS hostnames attributes in the same request." (ec2:ModifyVpcAttribute)
        if (EnableDnsSupport && EnableDnsHostnames) {
          throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified");
        }
        if (EnableDnsSupport?.Value === undefined && EnableDnsHostnames?.Value === undefined) {
          throw missingParameter("attribute");
        }
        const now = vpc.hidden ?? { dnsSupport: true, dnsHostnames: true };
        const hidden = {
          dnsSupport: EnableDnsSupport?.Value ?? now.dnsSupport,
          dnsHostnames: EnableDnsHostnames?.Value ?? now.dnsHostnames,
        };
        return () => {
          vpcs.put({ ...vpc, hidden });
          return {};
        };
      },
    ),

    DeleteVpc: changing(["VpcId"], ({ VpcId = "" }, { region: name }) => {
      const region = world.region(name);
      const vpc = recordOf("vpc", region.ec2.vpcs, VpcId);
      if (vpc.IsDefault) throw notEmulated("deleting the default VPC");
      if (isHeld(region, VpcId)) throw inUse("vpc", VpcId);
      return () => {
        region.ec2.vpcs.delete(VpcId);
        // Its main route table and its default group go with it. (VPC User Guide, "Delete your VPC")
        for (const { RouteTableId } of region.ec2.routeTables.filter((one) => one.VpcId === VpcId)) {
          region.ec2.routeTables.delete(RouteTableId);
        }
        for (const { GroupId } of region.ec2.securityGroups.filter((one) => one.VpcId === VpcId)) {
          for (const rule of region.ec2.securityGroupRules.filter((one) => one.GroupId === GroupId)) {
            region.ec2.securityGroupRules.delete(rule.SecurityGroupRuleId);
          }
          region.ec2.securityGroups.delete(GroupId);
        }
        return {};
      };
    }),
  };
}

function isHeld({ ec2 }: Region, vpcId: string): boolean {
  const inside = ({ VpcId }: { VpcId: string }) => VpcId === vpcId;
  return (
    ec2.subnets.find(inside) !== undefined ||
    ec2.networkInterfaces.find(inside) !== undefined ||
    ec2.internetGateways.find(({ Attachments }) => Attachments.some(({ VpcId }) => VpcId === vpcId)) !== undefined ||
    ec2.securityGroups.find((group) => inside(group) && group.GroupName !== "default") !== undefined ||
    ec2.routeTables.find((table) => inside(table) && !table.Associations.some(({ Main }) => Main)) !== undefined
  );
}
