import { zonesOf } from "../../world/catalogue/zones.ts";
import { invalidCombination } from "./operation.ts";

/** Engines of RDS (rds:CreateDBInstance). */
export const ENGINES: readonly string[] = [
  "aurora-mysql",
  "aurora-postgresql",
  "custom-oracle-ee",
  "custom-oracle-ee-cdb",
  "custom-oracle-se2",
  "custom-oracle-se2-cdb",
  "custom-sqlserver-dev",
  "custom-sqlserver-ee",
  "custom-sqlserver-se",
  "custom-sqlserver-web",
  "db2-ae",
  "db2-se",
  "mariadb",
  "mysql",
  "oracle-ee",
  "oracle-ee-cdb",
  "oracle-se2",
  "oracle-se2-cdb",
  "postgres",
  "sqlserver-dev-ee",
  "sqlserver-ee",
  "sqlserver-ex",
  "sqlserver-se",
  "sqlserver-web",
];

/**
 * Minor versions that can be created, oldest first; the newest is the default of its major version. RDS withdraws old
 * ones every quarter (RDS for PostgreSQL Release Notes).
 */
const MINORS: Readonly<Record<string, readonly number[]>> = {
  13: [20, 21, 22, 23],
  14: [20, 21, 22, 23],
  15: [15, 16, 17, 18],
  16: [11, 12, 13, 14],
  17: [7, 8, 9, 10],
  18: [1, 2, 3, 4],
};
/** What a request gets that names no version (rds:CreateDBInstance, EngineVersion). */
const DEFAULT_MAJOR = "17";

const SIZES = ["micro", "small", "medium", "large", "xlarge", "2xlarge"];
const CLASSES = [
  ...SIZES.map((size) => `db.t3.${size}`),
  ...SIZES.map((size) => `db.t4g.${size}`),
  ...SIZES.slice(3).flatMap((size) => [`db.m6g.${size}`, `db.m7g.${size}`, `db.r6g.${size}`]),
];

/** A version of PostgreSQL that can be created. */
export interface Version {
  readonly major: string;
  /** E.g. `16.14`. */
  readonly full: string;
  readonly isDefault: boolean;
}

/** All versions that can be created, oldest first. */
export const VERSIONS: readonly Version[] = Object.entries(MINORS).flatMap(([major, minors]) =>
  minors.map((minor) => ({ major, full: `${major}.${minor}`, isDefault: minor === minors.at(-1) })),
);

/** The default version of PostgreSQL. */
export const DEFAULT_VERSION = newest(DEFAULT_MAJOR);

/** The version that a request means: a major one alone stands for its default. @throws AwsError if there is none */
export function versionOf(asked: string | undefined): Version {
  const version =
    asked === undefined || asked in MINORS
      ? newest(asked ?? DEFAULT_MAJOR)
      : VERSIONS.find(({ full }) => full === asked);
  if (!version) throw invalidCombination(`Cannot find version ${asked} for postgres`);
  return version;
}

function newest(major: string): Version | undefined {
  return VERSIONS.find((one) => one.major === major && one.isDefault);
}

/** A class of instance, with the versions and storage that it can be had with. */
export interface Orderable {
  readonly version: Version;
  readonly instanceClass: string;
  readonly storageType: "gp2" | "gp3";
}

/** Everything that can be ordered. */
export const ORDERABLE: readonly Orderable[] = VERSIONS.flatMap((version) =>
  CLASSES.flatMap((instanceClass) =>
    (["gp2", "gp3"] as const).map((storageType) => ({ version, instanceClass, storageType })),
  ),
);

/** Names of the zones in which instances of all classes can be had. */
export function databaseZones(region: string): string[] {
  return zonesOf(region).map(({ name }) => name);
}

/** Whether RDS has a class of this name. */
export function isClass(name: string): boolean {
  return CLASSES.includes(name);
}
