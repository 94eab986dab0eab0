import { AwsError } from "../../wire/service.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { recordOf } from "../../world/ec2/resource-ids.ts";
import { setRouteState } from "../../world/ec2/route-states.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { InternetGateway } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { inUse } from "./dependents.ts";
import { changing, type Ec2Operations } from "./operation.ts";

/** EC2 says `available` where its own model has only `attached`. */
const ATTACHED = "available" as unknown as "attached";

/** Internet gateways of one's own. */
export function internetGatewayOperations(world: World): Ec2Operations {
  return {
    CreateInternetGateway: changing(["TagSpecifications"], ({ TagSpecifications }, { region: name, account }) => {
      const { internetGateways } = world.region(name).ec2;
      const Tags = tagsFor("internet-gateway", TagSpecifications);
      return () => {
        const InternetGateway: InternetGateway = {
          InternetGatewayId: newId("igw"),
          OwnerId: account,
          Attachments: [],
          Tags,
        };
        internetGateways.put(InternetGateway);
        return { InternetGateway };
      };
    }),

    AttachInternetGateway: changing(
      ["InternetGatewayId", "VpcId"],
      ({ InternetGatewayId = "", VpcId = "" }, { region: name }) => {
        const { internetGateways, vpcs } = world.region(name).ec2;
        const gateway = recordOf("internetGateway", internetGateways, InternetGatewayId);
        recordOf("vpc", vpcs, VpcId);
        const [attached] = gateway.Attachments;
        if (attached) {
          throw new AwsError(
            "Resource.AlreadyAssociated",
            `resource ${InternetGatewayId} is already attached to network ${attached.VpcId}`,
          );
        }
        if (internetGateways.find((one) => isAttached(one, VpcId))) {
          throw invalidValue(`Network ${VpcId} already has an internet gateway attached`);
        }
        return () => {
          internetGateways.put({ ...gateway, Attachments: [{ State: ATTACHED, VpcId }] });
          setRouteState(world.region(name), ({ GatewayId }) => GatewayId === InternetGatewayId, "active");
          return {};
        };
      },
    ),

    DetachInternetGateway: changing(
      ["InternetGatewayId", "VpcId"],
      ({ InternetGatewayId = "", VpcId = "" }, { region: name }) => {
        const { internetGateways, vpcs, networkInterfaces } = world.region(name).ec2;
        const gateway = recordOf("internetGateway", internetGateways, InternetGatewayId);
        recordOf("vpc", vpcs, VpcId);
        if (!isAttached(gateway, VpcId)) {
          throw new AwsError(
            "Gateway.NotAttached",
            `resource ${InternetGatewayId} is not attached to network ${VpcId}`,
          );
        }
        if (networkInterfaces.find((one) => one.VpcId === VpcId && one.Association?.PublicIp !== undefined)) {
          throw new AwsError(
            "DependencyViolation",
            `Network ${VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
          );
        }
        return () => {
          internetGateways.put({ ...gateway, Attachments: [] });
          setRouteState(world.region(name), ({ GatewayId }) => GatewayId === InternetGatewayId, "blackhole");
          return {};
        };
      },
    ),

    DeleteInternetGateway: changing(["InternetGatewayId"], ({ InternetGatewayId = "" }, { region: name }) => {
      const { internetGateways } = world.region(name).ec2;
      const gateway = recordOf("internetGateway", internetGateways, InternetGatewayId);
      if (gateway.Attachments.length > 0) throw inUse("internetGateway", InternetGatewayId);
      return () => {
        internetGateways.delete(InternetGatewayId);
        return {};
      };
    }),
  };
}

export function isAttached({ Attachments }: InternetGateway, vpcId: string): boolean {
  return Attachments.some(({ VpcId }) => VpcId === vpcId);
}
