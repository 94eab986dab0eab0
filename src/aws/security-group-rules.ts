import { paginateDescribeSecurityGroupRules, type SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { Aws } from "./clients.ts";

/** The rules of these security groups, in both directions; asked once for all who need them. */
export async function rulesOfGroups(
  { ec2, shared }: Pick<Aws, "ec2" | "shared">,
  groupIds: readonly string[],
): Promise<SecurityGroupRule[]> {
  const byGroup = await shared.each("security group rules", groupIds, async (ids) => {
    const rules = new Map<string, SecurityGroupRule[]>(ids.map((id) => [id, []]));
    const Filters = [{ Name: "group-id", Values: [...ids] }];
    for await (const page of paginateDescribeSecurityGroupRules({ client: ec2 }, { Filters })) {
      for (const rule of page.SecurityGroupRules ?? []) rules.get(rule.GroupId ?? "")?.push(rule);
    }
    return rules;
  });
  return [...byGroup.values()].flat();
}
