import {
  type DBEngineVersion,
  type OrderableDBInstanceOption,
  paginateDescribeDBEngineVersions,
  paginateDescribeOrderableDBInstanceOptions,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { Explained } from "../../engine/errors.ts";

/** Where and as what an instance is to be made. */
export interface Wish {
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly storage: { readonly type: string };
  readonly availabilityZone: string;
}

/**
 * The newest version of PostgreSQL that can be created now and that begins with the wanted one: minor versions are
 * withdrawn every quarter, so none of them can be written down.
 *
 * @throws {Explained} none can be created, or not with this class and storage in this zone
 */
export async function creatableVersion(rds: RDSClient, wish: Wish): Promise<string> {
  const { engineVersion, instanceClass, storage, availabilityZone } = wish;
  const versions = await versionsOf(rds, majorOf(engineVersion));
  const matching = versions.filter((version) => isWithin(version, engineVersion)).sort(byAge);
  if (matching.length === 0) {
    throw new Explained(
      `RDS creates no PostgreSQL ${engineVersion} any more, or not yet`,
      versions.length > 0
        ? `Write ${majorOf(engineVersion)} as engine version in the variables, or one of ${versions.join(", ")}.`
        : "Choose another major version in the variables.",
    );
  }
  let zones: string[] = [];
  for (const version of matching.reverse()) {
    const options = await optionsOf(rds, version, instanceClass);
    const fitting = options.filter(({ StorageType, Vpc }) => StorageType === storage.type && Vpc !== false);
    zones = fitting.flatMap(({ AvailabilityZones }) => (AvailabilityZones ?? []).flatMap(({ Name }) => Name ?? []));
    if (zones.includes(availabilityZone)) return version;
  }
  throw new Explained(
    `RDS has no ${instanceClass} with PostgreSQL ${engineVersion} and ${storage.type} storage in ${availabilityZone}`,
    zones.length > 0
      ? `Choose another zone in the variables: ${[...new Set(zones)].sort().join(", ")} have it.`
      : "Choose another instance class or storage type in the variables.",
  );
}

/** `16` of `16.14`. */
export function majorOf(version: string): string {
  return version.split(".")[0] ?? version;
}

/** Compares versions number by number, as far as both name them: below 0 if the first is older. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one.split("."), other.split(".")];
  const at = a.findIndex((part, index) => b[index] !== undefined && b[index] !== part);
  return at < 0 ? 0 : Number(a[at]) - Number(b[at]);
}

function isWithin(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

function byAge(one: string, other: string): number {
  return compareVersions(one, other);
}

async function versionsOf(rds: RDSClient, major: string): Promise<string[]> {
  const found: DBEngineVersion[] = [];
  const input = { Engine: "postgres", DBParameterGroupFamily: `postgres${major}` };
  for await (const page of paginateDescribeDBEngineVersions({ client: rds }, input)) {
    found.push(...(page.DBEngineVersions ?? []));
  }
  // A deprecated one is listed, but cannot be created (rds:DescribeDBEngineVersions, Status).
  return found.filter(({ Status = "available" }) => Status === "available").flatMap((one) => one.EngineVersion ?? []);
}

async function optionsOf(rds: RDSClient, version: string, instanceClass: string): Promise<OrderableDBInstanceOption[]> {
  const found: OrderableDBInstanceOption[] = [];
  const input = { Engine: "postgres", EngineVersion: version, DBInstanceClass: instanceClass };
  for await (const page of paginateDescribeOrderableDBInstanceOptions({ client: rds }, input)) {
    found.push(...(page.OrderableDBInstanceOptions ?? []));
  }
  return found;
}
