import type { ResourceType, Tag } from "@aws-sdk/client-ec2";
import type { Table } from "../table.ts";
import type { Region } from "../world.ts";

/** One resource and its tags, whatever it is. */
export interface Tagged {
  readonly id: string;
  readonly type: ResourceType;
  readonly tags: readonly Tag[];
  set(tags: Tag[]): void;
}

/** Everything that EC2 keeps tags of. */
export function taggedResources(region: Region): Tagged[] {
  const { vpcs, subnets, securityGroups, securityGroupRules, instances, volumes, networkInterfaces } = region.ec2;
  return [
    ...tagged("key-pair", region.ec2.keyPairs, ({ KeyPairId }) => KeyPairId),
    ...tagged("launch-template", region.ec2.launchTemplates, ({ LaunchTemplateId }) => LaunchTemplateId),
    ...tagged("vpc", vpcs, ({ VpcId }) => VpcId),
    ...tagged("subnet", subnets, ({ SubnetId }) => SubnetId),
    ...tagged("route-table", region.ec2.routeTables, ({ RouteTableId }) => RouteTableId),
    ...tagged("internet-gateway", region.ec2.internetGateways, ({ InternetGatewayId }) => InternetGatewayId),
    ...tagged("elastic-ip", region.ec2.addresses, ({ AllocationId }) => AllocationId),
    ...tagged("natgateway", region.ec2.natGateways, ({ NatGatewayId }) => NatGatewayId),
    ...tagged("security-group", securityGroups, ({ GroupId }) => GroupId),
    ...tagged("security-group-rule", securityGroupRules, ({ SecurityGroupRuleId }) => SecurityGroupRuleId),
    ...tagged("instance", instances, ({ InstanceId }) => InstanceId),
    ...tagged("volume", volumes, ({ VolumeId }) => VolumeId),
    ...networkInterfaces.all().map((record) => ({
      id: record.NetworkInterfaceId,
      type: "network-interface" as const,
      tags: record.TagSet,
      set: (tags: Tag[]) => void networkInterfaces.put({ ...record, TagSet: tags }),
    })),
  ];
}

function tagged<Record extends { Tags: Tag[] }>(
  type: ResourceType,
  table: Table<Record>,
  idOf: (record: Record) => string,
): Tagged[] {
  return table.all().map((record) => ({
    id: idOf(record),
    type,
    tags: record.Tags,
    set: (Tags: Tag[]) => void table.put({ ...record, Tags }),
  }));
}
