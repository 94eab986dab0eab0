import type { Role as IamRole } from "@aws-sdk/client-iam";
import { newUniqueId } from "./ids.ts";
import type { Role } from "./records.ts";
import type { World } from "./world.ts";

/** A role that is not in the world yet. */
export function newRole(
  world: World,
  role: Pick<Role, "RoleName" | "Path" | "AssumeRolePolicyDocument" | "Tags"> &
    Pick<IamRole, "Description" | "MaxSessionDuration">,
): Role {
  return {
    ...role,
    RoleId: newUniqueId("AROA"),
    Arn: `arn:aws:iam::${world.account}:role${role.Path}${role.RoleName}`,
    CreateDate: secondsOnly(world.now()),
    hidden: { attached: [], inline: {} },
  };
}

/** IAM keeps no milliseconds. */
export function secondsOnly(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
