import { GetRoleCommand } from "@aws-sdk/client-iam";
import { isCode } from "../aws/errors.ts";
import type { Check, Examined } from "./finding.ts";

/** Names of service-linked roles, by the service's principal (IAM, "AWS services that work with IAM"). */
const NAMES: Readonly<Record<string, string>> = {
  "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
  "ecs.amazonaws.com": "AWSServiceRoleForECS",
  "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
  "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
  "rds.amazonaws.com": "AWSServiceRoleForRDS",
};

/** The roles that services make for themselves when they are first used. */
export const linkedRoles: Check = {
  subject: "service-linked roles",
  async look(examined) {
    const subject = "service-linked roles";
    if (examined.needs.linkedRoles.length === 0) return [];
    const there = await Promise.all(examined.needs.linkedRoles.map((principal) => exists(examined, principal)));
    const missing = examined.needs.linkedRoles.filter((_, index) => !there[index]);
    if (missing.length === 0) return [{ level: "ok", subject, text: "all there" }];
    const text = `not there yet: ${missing.map((principal) => NAMES[principal] ?? principal).join(", ")}; AWS makes them at their first use`;
    const next =
      "Nothing, if you may create them (iam:CreateServiceLinkedRole); else ask whoever administers the account.";
    return [{ level: "note", subject, text, next }];
  },
};

async function exists({ aws }: Examined, principal: string): Promise<boolean> {
  try {
    await aws.iam.send(new GetRoleCommand({ RoleName: NAMES[principal] ?? principal }));
    return true;
  } catch (error) {
    if (isCode(error, "NoSuchEntity")) return false;
    throw error;
  }
}
