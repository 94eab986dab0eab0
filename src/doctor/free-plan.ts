import { DescribeInstanceTypesCommand } from "@aws-sdk/client-ec2";
import type { Check, Examined, Finding } from "./finding.ts";
import type { DatabaseRequirement } from "./requirements.ts";

/** What RDS gives to an account on the Free plan: days of backups, and classes. *Seen*, as its words are */
const FREE_BACKUPS = 1;
const FREE_CLASSES = ["db.t3.micro", "db.t4g.micro"];

/**
 * What an account on the Free plan (opened after 2025-07-15 and not upgraded) would be refused. No service of ours tells
 * which plan an account is on, and a dry run does not find out: so this says what would happen if it were.
 */
export const freePlan: Check = {
  subject: "Free plan",
  async look(examined) {
    const refused = [await typesNote(examined), classesNote(examined), backupsNote(examined)];
    const notes = refused.filter((text) => text !== undefined);
    const subject = "Free plan";
    if (notes.length === 0) {
      const less = examined.needs.databases.some(keepsFewer);
      const text = `nothing that it refuses${less ? "; on it the database's backups are kept for 1 day" : ""}`;
      return [{ level: "ok", subject, text }];
    }
    const next =
      "Only for accounts on the Free plan: change these in the variables, or upgrade the plan (Billing, in the console).";
    return [{ level: "note", subject, text: notes.join("; "), next } satisfies Finding];
  },
};

async function typesNote({ aws, needs }: Examined): Promise<string | undefined> {
  if (needs.instances.length === 0) return undefined;
  const Filters = [{ Name: "free-tier-eligible", Values: ["true"] }];
  const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ Filters }));
  const eligible = InstanceTypes.map(({ InstanceType }) => InstanceType as string);
  const refused = [...new Set(needs.instances.map(({ type }) => type))].filter((type) => !eligible.includes(type));
  return refused.length === 0 ? undefined : `it refuses instance type ${refused.join(", ")}`;
}

function classesNote({ needs }: Examined): string | undefined {
  const refused = needs.databases.filter(({ instanceClass }) => !FREE_CLASSES.includes(instanceClass));
  if (refused.length === 0) return undefined;
  const named = refused.map(({ instanceClass, variables }) => `${variables.instanceClass} ${instanceClass}`);
  return `it refuses ${named.join(", ")} (FreeTierRestrictionError)`;
}

function keepsFewer({ backupRetention, fewerBackups }: DatabaseRequirement): boolean {
  return fewerBackups && backupRetention > FREE_BACKUPS;
}

function backupsNote({ needs }: Examined): string | undefined {
  const asked = needs.databases.filter((database) => !keepsFewer(database));
  const days = Math.max(0, ...asked.map(({ backupRetention }) => backupRetention));
  if (days <= FREE_BACKUPS) return undefined;
  return `it keeps the database's backups for ${FREE_BACKUPS} day, not for ${days}`;
}
