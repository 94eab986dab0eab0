import { AwsError } from "../../wire/service.ts";
import { stableUniqueId } from "../../world/ids.ts";
import type { World } from "../../world/world.ts";
import type { IamOperations } from "./operation.ts";
import { newRole, roleShape } from "./roles.ts";

/** Roles that services make for themselves, by the service's principal: name and managed policy. */
const LINKED_ROLES: Readonly<Record<string, readonly [roleName: string, policy: string]>> = {
  "ecs.amazonaws.com": ["AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"],
  "autoscaling.amazonaws.com": ["AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"],
  "elasticloadbalancing.amazonaws.com": [
    "AWSServiceRoleForElasticLoadBalancing",
    "AWSElasticLoadBalancingServiceRolePolicy",
  ],
  "rds.amazonaws.com": ["AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"],
  "ecs.application-autoscaling.amazonaws.com": [
    "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "AWSApplicationAutoscalingECSServicePolicy",
  ],
};

/** The caller, and roles that belong to services. */
export function accountOperations(world: World): IamOperations {
  return {
    GetUser: {
      accepts: ["UserName"],
      handle({ UserName = "sandbox" }, { account }) {
        if (UserName !== "sandbox") {
          throw new AwsError("NoSuchEntity", `The user with name ${UserName} cannot be found.`);
        }
        return {
          User: {
            UserName,
            UserId: stableUniqueId("AIDA", account),
            Arn: `arn:aws:iam::${account}:user/sandbox`,
            Path: "/",
            CreateDate: new Date("2026-01-01T00:00:00Z"),
          },
        };
      },
    },

    CreateServiceLinkedRole: {
      accepts: ["AWSServiceName", "Description"],
      handle({ AWSServiceName = "", Description }) {
        const [RoleName, policy] = LINKED_ROLES[AWSServiceName] ?? [];
        if (!RoleName) {
          throw new AwsError("InvalidInput", `Invalid service principal: ${AWSServiceName}`);
        }
        if (world.iam.roles.get(RoleName)) {
          throw new AwsError(
            "InvalidInput",
            `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
          );
        }
        const principal = { Effect: "Allow", Principal: { Service: AWSServiceName }, Action: "sts:AssumeRole" };
        const role = newRole(world, {
          RoleName,
          Path: `/aws-service-role/${AWSServiceName}/`,
          AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [principal] }),
          Tags: [],
          ...(Description !== undefined && { Description }),
          MaxSessionDuration: 3600,
        });
        const attached = [`arn:aws:iam::aws:policy/aws-service-role/${policy}`];
        const linked = world.iam.roles.put({ ...role, hidden: { attached, inline: {}, linkedTo: AWSServiceName } });
        return { Role: roleShape(linked) };
      },
    },
  };
}
