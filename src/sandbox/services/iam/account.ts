import { AwsError, notEmulated } from "../../wire/service.ts";
import { isServicePrincipal } from "../../world/catalogue/aws-names.ts";
import { stableUniqueId } from "../../world/ids.ts";
import { ensureLinkedRole, linkedRoleName } from "../../world/linked-roles.ts";
import type { World } from "../../world/world.ts";
import type { IamOperations } from "./operation.ts";
import { roleShape } from "./roles.ts";

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
        const RoleName = linkedRoleName(AWSServiceName);
        if (!RoleName && isServicePrincipal(AWSServiceName)) throw notEmulated(`the linked role of ${AWSServiceName}`);
        if (!RoleName) throw new AwsError("InvalidInput", `Invalid service principal: ${AWSServiceName}`);
        if (world.iam.roles.get(RoleName)) {
          throw new AwsError(
            "InvalidInput",
            `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
          );
        }
        const linked = ensureLinkedRole(world, AWSServiceName, Description);
        return { Role: roleShape(linked) };
      },
    },
  };
}
