import {
  type DescribeOrderableDBInstanceOptionsMessage,
  paginateDescribeDBEngineVersions,
  paginateDescribeOrderableDBInstanceOptions,
} from "@aws-sdk/client-rds";
import { awsError } from "../aws/errors.ts";
import type { Check, Examined, Finding } from "./finding.ts";
import type { DatabaseRequirement } from "./requirements.ts";

/** Whether RDS can make the databases: the engine's version, and the class in the zone. */
export const databases: Check = {
  subject: "database",
  look: (examined) =>
    Promise.all(
      examined.needs.databases.map((database) =>
        orderable(examined, database).catch((error: unknown) => withoutProgram(error, database)),
      ),
    ),
};

/** The sandbox's MySQL is this computer's. @throws what is not about its absence */
function withoutProgram(error: unknown, { engine, engineVersion, variables }: DatabaseRequirement): Finding {
  const refused = awsError(error);
  if (refused?.code !== "SandboxLacksProgram") throw error;
  const otherwise = variables.instead === undefined ? "" : `, or set ${variables.instead}`;
  const next = `Install it as it says${otherwise}.`;
  return { level: "problem", subject: `${engine} ${engineVersion}`, text: refused.message, next };
}

async function orderable(examined: Examined, database: DatabaseRequirement): Promise<Finding> {
  const { engine, engineVersion, instanceClass, zone, variables } = database;
  const subject = `${engine} ${engineVersion}`;
  const newest = (await versionsOf(examined, engine, engineVersion)).at(-1);
  if (newest === undefined) {
    const major = majorVersion(database);
    const next =
      engineVersion === major
        ? `Choose another ${variables.engineVersion}.`
        : `Set ${variables.engineVersion} to a major version alone (${major}): its newest minor version is taken then.`;
    return { level: "problem", subject, text: "RDS cannot create this version any more", next };
  }
  const zones = await zonesWith(examined, { Engine: engine, EngineVersion: newest, DBInstanceClass: instanceClass });
  if (zones.includes(zone))
    return { level: "ok", subject, text: `${newest} can be had as ${instanceClass} in ${zone}` };
  const elsewhere = [...new Set(zones)].sort().join(", ");
  const next =
    elsewhere === ""
      ? `Choose another ${variables.instanceClass}.`
      : `Set ${variables.zone} to one of ${elsewhere}, or choose another ${variables.instanceClass}.`;
  return { level: "problem", subject, text: `${newest} cannot be had as ${instanceClass} in ${zone}`, next };
}

/** MySQL's have two parts, as 8.4. (RDS User Guide, "MySQL on Amazon RDS versions") */
function majorVersion({ engine, engineVersion }: DatabaseRequirement): string {
  const parts = engine === "mysql" ? 2 : 1;
  return engineVersion.split(".").slice(0, parts).join(".");
}

/** Versions that can be created, oldest first. RDS promises no order, and 16.9 comes before 16.10. */
async function versionsOf({ aws }: Examined, Engine: string, EngineVersion: string): Promise<string[]> {
  const versions: string[] = [];
  for await (const page of paginateDescribeDBEngineVersions({ client: aws.rds }, { Engine, EngineVersion })) {
    for (const { EngineVersion: found, Status = "available" } of page.DBEngineVersions ?? []) {
      if (found && Status === "available") versions.push(found);
    }
  }
  return versions.sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}

async function zonesWith({ aws }: Examined, input: DescribeOrderableDBInstanceOptionsMessage): Promise<string[]> {
  const zones: string[] = [];
  for await (const page of paginateDescribeOrderableDBInstanceOptions({ client: aws.rds }, input)) {
    for (const { AvailabilityZones = [] } of page.OrderableDBInstanceOptions ?? []) {
      zones.push(...AvailabilityZones.flatMap(({ Name }) => Name ?? []));
    }
  }
  return zones;
}
