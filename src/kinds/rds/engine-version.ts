import {
  type DBEngineVersion,
  type OrderableDBInstanceOption,
  paginateDescribeDBEngineVersions,
  paginateDescribeOrderableDBInstanceOptions,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { Explained } from "../../engine/errors.ts";

/** Engines that are made here, by RDS's names, and what they are called. */
export const ENGINE_TITLES = { postgres: "PostgreSQL", mysql: "MySQL" } as const;

export type DbEngine = keyof typeof ENGINE_TITLES;

/** Where and as what an instance is to be made. */
export interface Wish {
  readonly engine: DbEngine;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly storage: { readonly type: string };
  readonly availabilityZone: string;
}

/**
 * The newest version of an engine that can be created now and that begins with the wanted one: minor versions are
 * withdrawn every quarter, so none of them can be written down.
 *
 * @throws {Explained} none can be created, or not with this class and storage in this zone
 */
export async function creatableVersion(rds: RDSClient, wish: Wish): Promise<string> {
  const { engine, engineVersion, instanceClass, storage, availabilityZone } = wish;
  const title = `${ENGINE_TITLES[engine]} ${engineVersion}`;
  const major = majorOf(engine, engineVersion);
  const versions = await versionsOf(rds, engine, major);
  const matching = versions.filter((version) => isWithin(version, engineVersion)).sort(byAge);
  if (matching.length === 0) {
    throw new Explained(
      `RDS creates no ${title} any more, or not yet`,
      versions.length > 0
        ? `Write ${major} as engine version in the variables, or one of ${versions.join(", ")}.`
        : "Choose another major version in the variables.",
    );
  }
  let zones: string[] = [];
  for (const version of matching.reverse()) {
    const options = await optionsOf(rds, wish, version);
    const fitting = options.filter(({ StorageType, Vpc }) => StorageType === storage.type && Vpc !== false);
    zones = fitting.flatMap(({ AvailabilityZones }) => (AvailabilityZones ?? []).flatMap(({ Name }) => Name ?? []));
    if (zones.includes(availabilityZone)) return version;
  }
  throw new Explained(
    `RDS has no ${instanceClass} with ${title} and ${storage.type} storage in ${availabilityZone}`,
    zones.length > 0
      ? `Choose another zone in the variables: ${[...new Set(zones)].sort().join(", ")} have it.`
      : "Choose another instance class or storage type in the variables.",
  );
}

/** `16` of PostgreSQL's `16.14`, `8.4` of MySQL's `8.4.8`. */
export function majorOf(engine: DbEngine, version: string): string {
  return version
    .split(".")
    .slice(0, engine === "mysql" ? 2 : 1)
    .join(".");
}

/** Compares versions number by number, as far as both name them: below 0 if the first is older. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one.split("."), other.split(".")];
  const at = a.findIndex((part, index) => b[index] !== undefined && b[index] !== part);
  // MySQL's may go on `.R2.20241201` (RDS User Guide, "MySQL version numbers").
  const number = (part = "") => Number(part.replace(/\D/g, ""));
  return at < 0 ? 0 : number(a[at]) - number(b[at]);
}

function isWithin(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

function byAge(one: string, other: string): number {
  return compareVersions(one, other);
}

async function versionsOf(rds: RDSClient, Engine: DbEngine, major: string): Promise<string[]> {
  const found: DBEngineVersion[] = [];
  const input = { Engine, DBParameterGroupFamily: `${Engine}${major}` };
  for await (const page of paginateDescribeDBEngineVersions({ client: rds }, input)) {
    found.push(...(page.DBEngineVersions ?? []));
  }
  // A deprecated one is listed, but cannot be created (rds:DescribeDBEngineVersions, Status).
  return found.filter(({ Status = "available" }) => Status === "available").flatMap((one) => one.EngineVersion ?? []);
}

async function optionsOf(
  rds: RDSClient,
  { engine: Engine, instanceClass }: Wish,
  version: string,
): Promise<OrderableDBInstanceOption[]> {
  const found: OrderableDBInstanceOption[] = [];
  const input = { Engine, EngineVersion: version, DBInstanceClass: instanceClass };
  for await (const page of paginateDescribeOrderableDBInstanceOptions({ client: rds }, input)) {
    found.push(...(page.OrderableDBInstanceOptions ?? []));
  }
  return found;
}
