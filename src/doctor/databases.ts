import { DescribeDBEngineVersionsCommand, DescribeOrderableDBInstanceOptionsCommand } from "@aws-sdk/client-rds";
import type { Check, Examined, Finding } from "./finding.ts";
import type { DatabaseRequirement } from "./requirements.ts";

/** Whether RDS can make the databases: the engine's version, and the class in the zone. */
export const databases: Check = {
  subject: "database",
  look: (examined) => Promise.all(examined.needs.databases.map((database) => orderable(examined, database))),
};

async function orderable({ aws }: Examined, database: DatabaseRequirement): Promise<Finding> {
  const { engine, engineVersion, instanceClass, zone } = database;
  const subject = `${engine} ${engineVersion}`;
  const { DBEngineVersions = [] } = await aws.rds.send(
    new DescribeDBEngineVersionsCommand({ Engine: engine, EngineVersion: engineVersion }),
  );
  const newest = DBEngineVersions.at(-1)?.EngineVersion;
  if (newest === undefined) {
    const next = `Set database.engineVersion to a major version alone (${engineVersion.split(".")[0]}): its newest minor version is taken then.`;
    return { level: "problem", subject, text: "RDS cannot create this version any more", next };
  }
  const { OrderableDBInstanceOptions = [] } = await aws.rds.send(
    new DescribeOrderableDBInstanceOptionsCommand({
      Engine: engine,
      EngineVersion: newest,
      DBInstanceClass: instanceClass,
    }),
  );
  const zones = OrderableDBInstanceOptions.flatMap(({ AvailabilityZones = [] }) =>
    AvailabilityZones.map(({ Name }) => Name ?? ""),
  );
  if (zones.includes(zone))
    return { level: "ok", subject, text: `${newest} can be had as ${instanceClass} in ${zone}` };
  const elsewhere = [...new Set(zones)].sort().join(", ");
  const next =
    elsewhere === "" ? "Choose another database.instanceClass." : `Set database.zone to one of ${elsewhere}.`;
  return { level: "problem", subject, text: `${newest} cannot be had as ${instanceClass} in ${zone}`, next };
}
