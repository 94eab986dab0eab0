import type { InternetGateway as GatewayShape } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import type { InternetGateway, RouteTable } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { isAttached } from "./internet-gateways.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const TABLE_FILTERS: Filters<RouteTable> = {
  "route-table-id": ({ RouteTableId }) => RouteTableId,
  "vpc-id": ({ VpcId }) => VpcId,
  "owner-id": ({ OwnerId }) => OwnerId,
  "association.main": ({ Associations }) => Associations.map(({ Main }) => Main),
  "association.subnet-id": ({ Associations }) => Associations.map(({ SubnetId }) => SubnetId),
  "association.route-table-association-id": ({ Associations }) =>
    Associations.map(({ RouteTableAssociationId }) => RouteTableAssociationId),
  "route.destination-cidr-block": ({ Routes }) => Routes.map(({ DestinationCidrBlock }) => DestinationCidrBlock),
  "route.gateway-id": ({ Routes }) => Routes.map(({ GatewayId }) => GatewayId),
  "route.nat-gateway-id": ({ Routes }) => Routes.map(({ NatGatewayId }) => NatGatewayId),
  "route.state": ({ Routes }) => Routes.map(({ State }) => State),
  ...tagFilters(({ Tags }) => Tags),
};

const GATEWAY_FILTERS: Filters<InternetGateway> = {
  "internet-gateway-id": ({ InternetGatewayId }) => InternetGatewayId,
  "owner-id": ({ OwnerId }) => OwnerId,
  "attachment.vpc-id": ({ Attachments = [] }) => Attachments.map(({ VpcId }) => VpcId),
  "attachment.state": ({ Attachments = [] }) => Attachments.map(({ State }) => State),
  ...tagFilters(({ Tags }) => Tags),
};

/** How subnets get out: what there is of route tables and internet gateways, and the routes. */
export function routeOperations(world: World): Ec2Operations {
  return {
    DescribeRouteTables: reading(["RouteTableIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { routeTables } = world.region(region).ec2;
      const ids = input.RouteTableIds;
      const all = ids?.length ? recordsOf("routeTable", routeTables, ids) : routeTables.all();
      const { items, ...rest } = paged(filtered(all, input.Filters, TABLE_FILTERS), input, world.pageSize, ids);
      return { RouteTables: items, ...rest };
    }),

    DescribeInternetGateways: reading(
      ["InternetGatewayIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }): { InternetGateways: GatewayShape[]; NextToken?: string } => {
        const { internetGateways } = world.region(region).ec2;
        const ids = input.InternetGatewayIds;
        const all = ids?.length ? recordsOf("internetGateway", internetGateways, ids) : internetGateways.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, GATEWAY_FILTERS), input, world.pageSize, ids);
        return { InternetGateways: items, ...rest };
      },
    ),

    CreateRoute: changing(
      ["RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId"],
      ({ RouteTableId = "", DestinationCidrBlock, ...by }, { region: name }) => {
        const region = world.region(name);
        const table = recordOf("routeTable", region.ec2.routeTables, RouteTableId);
        if (!DestinationCidrBlock) throw missingParameter("destinationCidrBlock");
        const hop = hopOf(region, table, by);
        const route = { DestinationCidrBlock, ...hop, Origin: "CreateRoute" as const, State: "active" as const };
        const known = table.Routes.find((route) => route.DestinationCidrBlock === DestinationCidrBlock);
        if (known) {
          throw new AwsError("RouteAlreadyExists", `The route identified by ${DestinationCidrBlock} already exists.`);
        }
        return () => {
          region.ec2.routeTables.put({ ...table, Routes: [...table.Routes, route] });
          return { Return: true };
        };
      },
    ),

    ReplaceRoute: changing(
      ["RouteTableId", "DestinationCidrBlock", "GatewayId", "NatGatewayId"],
      ({ RouteTableId = "", DestinationCidrBlock, ...by }, { region: name }) => {
        const region = world.region(name);
        const table = recordOf("routeTable", region.ec2.routeTables, RouteTableId);
        if (!DestinationCidrBlock) throw missingParameter("destinationCidrBlock");
        const hop = hopOf(region, table, by);
        const route = { DestinationCidrBlock, ...hop, Origin: "CreateRoute" as const, State: "active" as const };
        const isMeant = (route: { DestinationCidrBlock?: string | undefined }) =>
          route.DestinationCidrBlock === DestinationCidrBlock;
        if (!table.Routes.some(isMeant)) {
          throw invalidValue(
            `There is no route defined for '${DestinationCidrBlock}' in the route table. Use CreateRoute instead.`,
          );
        }
        return () => {
          const Routes = table.Routes.map((one) => (isMeant(one) ? route : one));
          region.ec2.routeTables.put({ ...table, Routes });
          return {};
        };
      },
    ),

    DeleteRoute: changing(
      ["RouteTableId", "DestinationCidrBlock"],
      ({ RouteTableId = "", DestinationCidrBlock }, { region: name }) => {
        const { routeTables } = world.region(name).ec2;
        const table = recordOf("routeTable", routeTables, RouteTableId);
        const left = table.Routes.filter((route) => route.DestinationCidrBlock !== DestinationCidrBlock);
        if (left.length === table.Routes.length) {
          throw new AwsError(
            "InvalidRoute.NotFound",
            `no route with destination-cidr-block ${DestinationCidrBlock} in route table ${RouteTableId}`,
          );
        }
        if (table.Routes.some((route) => !left.includes(route) && route.GatewayId === "local")) {
          throw invalidValue(`cannot remove local route ${DestinationCidrBlock} in route table ${RouteTableId}`);
        }
        return () => {
          routeTables.put({ ...table, Routes: left });
          return {};
        };
      },
    ),
  };
}

/** Where a route leads: to an internet gateway of the table's VPC, or to a NAT gateway, which may still be pending. */
function hopOf(
  { ec2 }: Region,
  { RouteTableId, VpcId }: RouteTable,
  { GatewayId, NatGatewayId }: { GatewayId?: string | undefined; NatGatewayId?: string | undefined },
): { GatewayId: string } | { NatGatewayId: string } {
  if (NatGatewayId) {
    if (ec2.natGateways.get(NatGatewayId)) return { NatGatewayId };
    throw new AwsError("InvalidNatGatewayID.NotFound", `The natGateway ID '${NatGatewayId}' does not exist`);
  }
  if (!GatewayId) throw missingParameter("gatewayId");
  if (!GatewayId.startsWith("igw-")) throw notEmulated(`routes to ${GatewayId}`);
  if (!isAttached(recordOf("internetGateway", ec2.internetGateways, GatewayId), VpcId)) {
    throw invalidValue(`route table ${RouteTableId} and network gateway ${GatewayId} belong to different networks`);
  }
  return { GatewayId };
}
