import { paginateListRoles } from "@aws-sdk/client-iam";
import type { Clients } from "./clients.ts";

/** Names of the account's roles whose trust policy mentions an ARN. (A listing has their trust policies: iam:ListRoles) */
export async function trustingRoles({ iam: client }: Pick<Clients, "iam">, arn: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client }, {})) {
    for (const { RoleName = "", AssumeRolePolicyDocument = "" } of Roles)
      if (decodeURIComponent(AssumeRolePolicyDocument).includes(`"${arn}"`)) names.push(RoleName);
  }
  return names;
}
