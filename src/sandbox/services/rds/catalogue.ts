import { zonesOf } from "../../world/catalogue/zones.ts";
import { EMULATED, type Engine } from "./engines.ts";
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

const SIZES = ["micro", "small", "medium", "large", "xlarge", "2xlarge"];
const CLASSES = [
  ...SIZES.map((size) => `db.t3.${size}`),
  ...SIZES.map((size) => `db.t4g.${size}`),
  ...SIZES.slice(3).flatMap((size) => [`db.m6g.${size}`, `db.m7g.${size}`, `db.r6g.${size}`]),
];

/** A version of an engine that can be created. */
export interface Version {
  readonly engine: Engine;
  readonly major: string;
  /** E.g. `16.14`. */
  readonly full: string;
  /** Of its major version. */
  readonly isDefault: boolean;
}

/** All versions that can be created, oldest first, by engine. */
export const VERSIONS: readonly Version[] = EMULATED.flatMap((engine) =>
  Object.entries(engine.minors).flatMap(([major, minors]) =>
    minors.map((minor) => ({ engine, major, full: `${major}.${minor}`, isDefault: minor === minors.at(-1) })),
  ),
);

/** Whether a version is what its engine is where no version is named. */
export function isEngineDefault({ engine, major, isDefault }: Version): boolean {
  return isDefault && major === engine.defaultMajor;
}

/** The version that a request means: a major one alone stands for its default. @throws AwsError if there is none */
export function versionOf(engine: Engine, asked: string = engine.defaultMajor): Version {
  const own = VERSIONS.filter((one) => one.engine === engine);
  const version = own.find(({ full, major, isDefault }) => full === asked || (major === asked && isDefault));
  if (!version) throw invalidCombination(`Cannot find version ${asked} for ${engine.name}`);
  return version;
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
