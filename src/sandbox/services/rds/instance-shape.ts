import type { DBInstance as RdsInstance } from "@aws-sdk/client-rds";
import type { DBInstance } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { subnetGroupShape } from "./subnet-groups.ts";

/** An instance as RDS answers it. */
export function instanceShape(region: Region, { hidden, ...instance }: DBInstance): RdsInstance {
  const subnetGroup = region.rds.dbSubnetGroups.get(hidden.subnetGroup);
  return { ...instance, ...(subnetGroup && { DBSubnetGroup: subnetGroupShape(region, subnetGroup) }) };
}
