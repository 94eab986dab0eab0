import { AwsError } from "../../wire/service.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { NatGateway } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<NatGateway> = {
  "nat-gateway-id": ({ NatGatewayId }) => NatGatewayId,
  state: ({ State }) => State,
  "subnet-id": ({ SubnetId }) => SubnetId,
  "vpc-id": ({ VpcId }) => VpcId,
  ...tagFilters(({ Tags }) => Tags),
};

/** NAT gateways. Whether one comes to work is found out later, by its controller. */
export function natGatewayOperations(world: World): Ec2Operations {
  return {
    CreateNatGateway: changing(
      ["AllocationId", "SubnetId", "ClientToken", "ConnectivityType", "TagSpecifications"],
      (input, { region: name }) => {
        const { AllocationId, SubnetId = "", ClientToken, ConnectivityType = "public", TagSpecifications } = input;
        const region = world.region(name);
        const { natGateways } = region.ec2;
        const known = ClientToken && natGateways.find(({ hidden }) => hidden.token === ClientToken);
        if (known) return () => ({ ClientToken, NatGateway: known });
        const subnet = recordOf("subnet", region.ec2.subnets, SubnetId);
        if (ConnectivityType === "public" && !AllocationId) throw missingParameter("AllocationId");
        const address = AllocationId && recordOf("address", region.ec2.addresses, AllocationId);
        if (inZone(region, subnet.AvailabilityZone) >= world.quotas.natGateways) {
          throw new AwsError(
            "NatGatewayLimitExceeded",
            `Performing this operation would exceed the limit of ${world.quotas.natGateways} NAT gateways`,
          );
        }
        const Tags = tagsFor("natgateway", TagSpecifications);
        return () => {
          const NatGateway: NatGateway = {
            NatGatewayId: newId("nat"),
            VpcId: subnet.VpcId,
            SubnetId,
            ConnectivityType,
            State: "pending",
            CreateTime: world.now(),
            NatGatewayAddresses: address ? [{ AllocationId: address.AllocationId, IsPrimary: true }] : [],
            Tags,
            hidden: { ...(ClientToken && { token: ClientToken }) },
          };
          natGateways.put(NatGateway);
          return { ClientToken, NatGateway };
        };
      },
    ),

    DescribeNatGateways: reading(["NatGatewayIds", "Filter", "NextToken", "MaxResults"], (input, { region }) => {
      const { natGateways } = world.region(region).ec2;
      const { NatGatewayIds: ids, Filter } = input;
      const all = ids?.length ? ids.map((id) => natGatewayOf(world.region(region), id)) : natGateways.all();
      const { items, ...rest } = paged(filtered(all, Filter, FILTERS), input, world.pageSize, ids);
      return { NatGateways: items, ...rest };
    }),

    DeleteNatGateway: changing(["NatGatewayId"], ({ NatGatewayId = "" }, { region: name }) => {
      const region = world.region(name);
      const { State } = natGatewayOf(region, NatGatewayId);
      return () => {
        if (State !== "deleted" && State !== "deleting") {
          region.ec2.natGateways.update(NatGatewayId, (draft) => {
            draft.State = "deleting";
            draft.DeleteTime = world.now();
          });
        }
        return { NatGatewayId };
      };
    }),
  };
}

function natGatewayOf({ ec2 }: Region, id: string): NatGateway {
  const found = ec2.natGateways.get(id);
  if (found) return found;
  throw new AwsError("NatGatewayNotFound", `NAT gateway ${id} was not found`);
}

function inZone({ ec2 }: Region, zone: string): number {
  const counted = ec2.natGateways.filter(({ State }) => State !== "deleted" && State !== "failed");
  return counted.filter(({ SubnetId }) => ec2.subnets.get(SubnetId)?.AvailabilityZone === zone).length;
}
