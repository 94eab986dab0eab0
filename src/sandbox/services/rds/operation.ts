import type { Tag } from "@aws-sdk/client-rds";
import { constraintOf } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import type { DBInstance, DBSnapshot } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { pageOf } from "../page.ts";

/** Operations of RDS; each file declares some. */
export type RdsOperations = Operations<typeof import("@aws-sdk/client-rds")>;

const RECORDS = { least: 20, most: 100 };

/** The refusal of an input that RDS's model does not allow. */
export function refuses([first]: Violations): AwsError {
  const { path, rule, value } = first;
  if (rule === "required") return new AwsError("MissingParameter", `The request must contain the parameter ${path}.`);
  if (rule === "filter") return invalidValue(`Unrecognized filter name: ${value}`);
  const name = path.split(".").findLast((part) => !/^\d+$/.test(part));
  return invalidValue(`Invalid value ${value} for ${name}. ${constraintOf(first).replace("Member must", "It must")}`);
}

/** What RDS says to values that it does not take. */
export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

/** What RDS says to a change that an instance's status does not allow. */
export function invalidState(message: string): AwsError {
  return new AwsError("InvalidDBInstanceState", message);
}

/** What RDS says to values that do not fit each other. */
export function invalidCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombination", message);
}

/** A page of a listing, with RDS's words for it. */
export function paged<Item>(
  items: readonly Item[],
  { Marker, MaxRecords }: { Marker?: string | undefined; MaxRecords?: number | undefined },
  size: number,
  most = RECORDS.most,
): { items: Item[]; Marker?: string } {
  if (MaxRecords !== undefined && (MaxRecords < RECORDS.least || MaxRecords > most)) {
    throw invalidValue(`Invalid value ${MaxRecords} for MaxRecords. Must be between ${RECORDS.least} and ${most}`);
  }
  const invalid = () => invalidValue("The parameter Marker is not valid.");
  const page = pageOf(items, { size: MaxRecords ?? size, token: Marker, invalid });
  return { items: page.items, ...(page.next !== undefined && { Marker: page.next }) };
}

/** The instance of a name. RDS keeps names in lower case and does not mind how they are asked for. */
export function instanceOf(region: Region, identifier: string | undefined): DBInstance {
  const instance = region.rds.dbInstances.get((identifier ?? "").toLowerCase());
  if (!instance) throw new AwsError("DBInstanceNotFound", `DBInstance ${identifier} not found.`);
  return instance;
}

/** The snapshot of a name or an ARN. */
export function snapshotOf(region: Region, identifier = ""): DBSnapshot {
  const [, name = identifier] = identifier.split(":snapshot:");
  const snapshot = region.rds.dbSnapshots.get(name.toLowerCase());
  if (!snapshot) throw new AwsError("DBSnapshotNotFound", `DBSnapshot ${identifier} not found.`);
  return snapshot;
}

const TAG_RULES: TagRules = {
  badLength: (key) => invalidValue(`The tag key or value of '${key}' has an invalid length.`),
  reserved: () => invalidValue("System tags cannot be added/updated by requester"),
  tooMany: (most) => invalidValue(`A resource can have at most ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}
