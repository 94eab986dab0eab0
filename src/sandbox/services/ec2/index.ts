import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { accountAttributeOperations } from "./account-attributes.ts";
import { addressOperations } from "./addresses.ts";
import { catalogueOperations } from "./catalogue.ts";
import { instanceAttributeOperations } from "./instance-attributes.ts";
import { profileAssociationOperations } from "./instance-profiles.ts";
import { instanceOperations } from "./instances.ts";
import { internetGatewayOperations } from "./internet-gateways.ts";
import { keyPairOperations } from "./key-pairs.ts";
import { launchTemplateVersionOperations } from "./launch-template-versions.ts";
import { launchTemplateOperations } from "./launch-templates.ts";
import { natGatewayOperations } from "./nat-gateways.ts";
import { networkOperations } from "./network.ts";
import { refuses } from "./operation.ts";
import { routeTableOperations } from "./route-tables.ts";
import { routeOperations } from "./routes.ts";
import { runInstancesOperation } from "./run-instances.ts";
import { securityGroupRuleOperations } from "./security-group-rules.ts";
import { securityGroupOperations } from "./security-groups.ts";
import { subnetOperations } from "./subnets.ts";
import { withoutEmptyTags } from "./tag-lists.ts";
import { tagOperations } from "./tags.ts";
import { volumeOperations } from "./volumes.ts";
import { vpcOperations } from "./vpcs.ts";

/** Amazon EC2. */
export function ec2(world: World): Service {
  return world.serve(
    defineService(
      "ec2",
      () => import("@aws-sdk/client-ec2"),
      withoutEmptyTags({
        ...networkOperations(world),
        ...vpcOperations(world),
        ...subnetOperations(world),
        ...internetGatewayOperations(world),
        ...addressOperations(world),
        ...natGatewayOperations(world),
        ...routeTableOperations(world),
        ...routeOperations(world),
        ...catalogueOperations(world),
        ...accountAttributeOperations(world),
        ...securityGroupOperations(world),
        ...securityGroupRuleOperations(world),
        ...keyPairOperations(world),
        ...launchTemplateOperations(world),
        ...launchTemplateVersionOperations(world),
        ...runInstancesOperation(world),
        ...instanceOperations(world),
        ...instanceAttributeOperations(world),
        ...profileAssociationOperations(world),
        ...volumeOperations(world),
        ...tagOperations(world),
      }),
      { ignoresEmpty: true, rules: () => import("../models/ec2.json", { with: { type: "json" } }), refuses },
    ),
  );
}
