import type { InternetGateway as GatewayShape } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import type { InternetGateway, RouteTable } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
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

/** How subnets get out: their route tables, the internet gateway, and whether instances have a public address. */
export function routeOperations(world: World): Ec2Operations {
  return {
    DescribeRouteTables: reading(["RouteTableIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { routeTables } = world.region(region).ec2;
      const ids = input.RouteTableIds;
      const all = ids?.length ? recordsOf("routeTable", routeTables, ids) : routeTables.all();
      const { items, ...rest } = paged(filtered(all, input.Filters, TABLE_FILTERS), input, world.pageSize, [
        "routeTableIds",
        ids,
      ]);
      return { RouteTables: items, ...rest };
    }),

    DescribeInternetGateways: reading(
      ["InternetGatewayIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }): { InternetGateways: GatewayShape[]; NextToken?: string } => {
        const { internetGateways } = world.region(region).ec2;
        const ids = input.InternetGatewayIds;
        const all = ids?.length ? recordsOf("internetGateway", internetGateways, ids) : internetGateways.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, GATEWAY_FILTERS), input, world.pageSize, [
          "internetGatewayIds",
          ids,
        ]);
        return { InternetGateways: items, ...rest };
      },
    ),

    CreateRoute: changing(
      ["RouteTableId", "DestinationCidrBlock", "GatewayId"],
      ({ RouteTableId = "", DestinationCidrBlock, GatewayId }, { region: name }) => {
        const { routeTables, internetGateways } = world.region(name).ec2;
        const table = recordOf("routeTable", routeTables, RouteTableId);
        if (!DestinationCidrBlock) throw missingParameter("destinationCidrBlock");
        if (!GatewayId) throw missingParameter("gatewayId");
        if (!GatewayId.startsWith("igw-")) throw notEmulated(`routes to ${GatewayId}`);
        recordOf("internetGateway", internetGateways, GatewayId);
        if (table.Routes.some((route) => route.DestinationCidrBlock === DestinationCidrBlock)) {
          throw new AwsError("RouteAlreadyExists", `The route identified by ${DestinationCidrBlock} already exists.`);
        }
        return () => {
          const route = { DestinationCidrBlock, GatewayId, Origin: "CreateRoute" as const, State: "active" as const };
          routeTables.put({ ...table, Routes: [...table.Routes, route] });
          return { Return: true };
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

    ModifySubnetAttribute: changing(
      ["SubnetId", "MapPublicIpOnLaunch"],
      ({ SubnetId = "", MapPublicIpOnLaunch }, { region: name }) => {
        const { subnets } = world.region(name).ec2;
        const subnet = recordOf("subnet", subnets, SubnetId);
        if (MapPublicIpOnLaunch?.Value === undefined) throw missingParameter("MapPublicIpOnLaunch");
        const mapped = MapPublicIpOnLaunch.Value;
        return () => {
          subnets.put({ ...subnet, MapPublicIpOnLaunch: mapped });
          return {};
        };
      },
    ),
  };
}
