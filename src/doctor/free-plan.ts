import { DescribeInstanceTypesCommand } from "@aws-sdk/client-ec2";
import type { Check, Examined, Finding } from "./finding.ts";

/** Days of backups that RDS keeps for an account on the Free plan. */
const FREE_BACKUPS = 1;

/**
 * What an account on the Free plan (opened after 2025-07-15 and not upgraded) would be refused. No service of ours tells
 * which plan an account is on, and a dry run does not find out: so this says what would happen if it were.
 */
export const freePlan: Check = {
  subject: "Free plan",
  async look(examined) {
    const notes = [await typesNote(examined), backupsNote(examined)].filter((text) => text !== undefined);
    const subject = "Free plan";
    if (notes.length === 0) return [{ level: "ok", subject, text: "nothing that it does not allow" }];
    const next =
      "Only for accounts on the Free plan: change these in the variables, or upgrade the plan (Billing, in the console).";
    return [{ level: "note", subject, text: notes.join("; "), next } satisfies Finding];
  },
};

async function typesNote({ aws, needs }: Examined): Promise<string | undefined> {
  const Filters = [{ Name: "free-tier-eligible", Values: ["true"] }];
  const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ Filters }));
  const eligible = InstanceTypes.map(({ InstanceType }) => InstanceType as string);
  const refused = [...new Set(needs.instances.map(({ type }) => type))].filter((type) => !eligible.includes(type));
  return refused.length === 0 ? undefined : `it refuses instance type ${refused.join(", ")}`;
}

function backupsNote({ needs }: Examined): string | undefined {
  const days = Math.max(0, ...needs.databases.map(({ backupRetention }) => backupRetention));
  if (days <= FREE_BACKUPS) return undefined;
  return `it refuses database.backupRetention ${days} (FreeTierRestrictionError; ${FREE_BACKUPS} day at most)`;
}
