import { AwsError } from "../../wire/service.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { recordOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { RouteTable } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { inUse } from "./dependents.ts";
import { changing, type Ec2Operations } from "./operation.ts";

/** Route tables of one's own, and which subnets follow them. */
export function routeTableOperations(world: World): Ec2Operations {
  return {
    CreateRouteTable: changing(
      ["VpcId", "TagSpecifications", "ClientToken"],
      ({ VpcId = "", TagSpecifications, ClientToken }, { region: name, account }) => {
        const { vpcs, routeTables } = world.region(name).ec2;
        const { CidrBlock } = recordOf("vpc", vpcs, VpcId);
        const Tags = tagsFor("route-table", TagSpecifications);
        const known = ClientToken && routeTables.find(({ hidden }) => hidden?.token === ClientToken);
        if (known) return () => ({ RouteTable: known, ClientToken });
        return () => {
          const local = {
            DestinationCidrBlock: CidrBlock,
            GatewayId: "local",
            Origin: "CreateRouteTable" as const,
            State: "active" as const,
          };
          const RouteTable: RouteTable = {
            RouteTableId: newId("rtb"),
            VpcId,
            OwnerId: account,
            Associations: [],
            PropagatingVgws: [],
            Routes: [local],
            Tags,
            ...(ClientToken && { hidden: { token: ClientToken } }),
          };
          routeTables.put(RouteTable);
          return { RouteTable, ClientToken };
        };
      },
    ),

    AssociateRouteTable: changing(
      ["RouteTableId", "SubnetId"],
      ({ RouteTableId = "", SubnetId = "" }, { region: name }) => {
        const { routeTables, subnets } = world.region(name).ec2;
        const table = recordOf("routeTable", routeTables, RouteTableId);
        const subnet = recordOf("subnet", subnets, SubnetId);
        if (subnet.VpcId !== table.VpcId) {
          throw invalidValue(`route table ${RouteTableId} and subnet ${SubnetId} belong to different networks`);
        }
        const holder = routeTables.find(({ Associations }) => Associations.some((one) => one.SubnetId === SubnetId));
        const own = holder?.Associations.find((one) => one.SubnetId === SubnetId);
        if (holder && holder.RouteTableId !== RouteTableId) {
          throw new AwsError(
            "Resource.AlreadyAssociated",
            `the specified association for route table ${RouteTableId} conflicts with an existing association`,
          );
        }
        const association = own ?? associationOf(RouteTableId, SubnetId);
        return () => {
          if (!own) routeTables.put({ ...table, Associations: [...table.Associations, association] });
          return {
            AssociationId: association.RouteTableAssociationId,
            AssociationState: { State: "associated" as const },
          };
        };
      },
    ),

    ReplaceRouteTableAssociation: changing(
      ["AssociationId", "RouteTableId"],
      ({ AssociationId = "", RouteTableId = "" }, { region: name }) => {
        const region = world.region(name);
        const table = recordOf("routeTable", region.ec2.routeTables, RouteTableId);
        const { holder, association } = associated(region, AssociationId);
        if (association.Main) throw invalidValue(`cannot replace the main association ${AssociationId} here`);
        const NewAssociation = associationOf(RouteTableId, association.SubnetId ?? "");
        return () => {
          const left = holder.Associations.filter((one) => one !== association);
          region.ec2.routeTables.put({ ...holder, Associations: left });
          const now = region.ec2.routeTables.get(RouteTableId) ?? table;
          region.ec2.routeTables.put({ ...now, Associations: [...now.Associations, NewAssociation] });
          return {
            NewAssociationId: NewAssociation.RouteTableAssociationId,
            AssociationState: { State: "associated" as const },
          };
        };
      },
    ),

    DisassociateRouteTable: changing(["AssociationId"], ({ AssociationId = "" }, { region: name }) => {
      const region = world.region(name);
      const { holder, association } = associated(region, AssociationId);
      if (association.Main) throw invalidValue(`cannot disassociate the main route table association ${AssociationId}`);
      return () => {
        const Associations = holder.Associations.filter((one) => one !== association);
        region.ec2.routeTables.put({ ...holder, Associations });
        return {};
      };
    }),

    DeleteRouteTable: changing(["RouteTableId"], ({ RouteTableId = "" }, { region: name }) => {
      const { routeTables } = world.region(name).ec2;
      const table = recordOf("routeTable", routeTables, RouteTableId);
      if (table.Associations.length > 0) throw inUse("routeTable", RouteTableId);
      return () => {
        routeTables.delete(RouteTableId);
        return {};
      };
    }),
  };
}

function associationOf(RouteTableId: string, SubnetId: string) {
  return {
    Main: false,
    RouteTableAssociationId: newId("rtbassoc"),
    RouteTableId,
    SubnetId,
    AssociationState: { State: "associated" as const },
  };
}

function associated({ ec2 }: Region, id: string) {
  for (const holder of ec2.routeTables.all()) {
    const association = holder.Associations.find((one) => one.RouteTableAssociationId === id);
    if (association) return { holder, association };
  }
  throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
}
