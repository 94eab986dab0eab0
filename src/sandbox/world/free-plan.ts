import { AwsError } from "../wire/service.ts";
import { instanceType } from "./catalogue/instance-types.ts";
import type { World } from "./world.ts";

/** What an account on AWS's Free plan is refused, in AWS's words as people report them. */

/** Database classes and days of backups that it may have. */
const CLASSES = ["db.t3.micro", "db.t4g.micro"];
const MOST_BACKUPS = 1;

/** @throws AwsError for a machine that the account's plan does not allow */
export function checkPlanAllowsMachine({ plan }: World, type: string): void {
  if (plan === "paid" || instanceType(type)?.freeTier) return;
  throw new AwsError(
    "InvalidParameterCombination",
    "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.",
  );
}

/** @throws AwsError for a database that the account's plan does not allow */
export function checkPlanAllowsDatabase(
  { plan }: World,
  {
    DBInstanceClass,
    BackupRetentionPeriod,
  }: { DBInstanceClass?: string | undefined; BackupRetentionPeriod?: number | undefined },
): void {
  if (plan === "paid") return;
  const refuse = (why: string) => new AwsError("FreeTierRestrictionError", why);
  if (DBInstanceClass !== undefined && !CLASSES.includes(DBInstanceClass)) {
    throw refuse("This instance size isn't available with free plan accounts.");
  }
  if ((BackupRetentionPeriod ?? 0) > MOST_BACKUPS) {
    throw refuse(
      "The specified backup retention period exceeds the maximum available to free tier customers. To remove all limitations, upgrade your account plan.",
    );
  }
}
