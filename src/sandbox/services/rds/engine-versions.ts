import type { Filter } from "@aws-sdk/client-rds";
import { notEmulated } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { DEFAULT_VERSION, databaseZones, ORDERABLE, type Orderable, VERSIONS, type Version } from "./catalogue.ts";
import { paged, type RdsOperations } from "./operation.ts";

/** Of this listing alone. (rds:DescribeOrderableDBInstanceOptions, MaxRecords) */
const MOST_OPTIONS = 1000;

/** What can be created: versions of PostgreSQL, and classes and storage for each. */
export function engineVersionOperations(world: World): RdsOperations {
  return {
    DescribeDBEngineVersions: {
      accepts: ["Engine", "EngineVersion", "DBParameterGroupFamily", "DefaultOnly", "Filters", "MaxRecords", "Marker"],
      handle(input) {
        refuseFilters(input.Filters);
        const { Engine, EngineVersion, DBParameterGroupFamily: family, DefaultOnly } = input;
        const found = VERSIONS.filter(({ full, major, isDefault }) => {
          if (Engine !== undefined && Engine !== "postgres") return false;
          if (family !== undefined && family !== familyOf(major)) return false;
          if (EngineVersion !== undefined && EngineVersion !== full && EngineVersion !== major) return false;
          // With a major version named, its default; else that of the engine (rds:DescribeDBEngineVersions, DefaultOnly).
          return !DefaultOnly || (EngineVersion === undefined ? full === DEFAULT_VERSION?.full : isDefault);
        });
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { DBEngineVersions: items.map(versionShape), ...rest };
      },
    },

    DescribeOrderableDBInstanceOptions: {
      accepts: ["Engine", "EngineVersion", "DBInstanceClass", "LicenseModel", "Vpc", "Filters", "MaxRecords", "Marker"],
      handle(input, { region }) {
        refuseFilters(input.Filters);
        const { Engine, EngineVersion, DBInstanceClass } = input;
        const found = ORDERABLE.filter(
          ({ version, instanceClass }) =>
            Engine === "postgres" &&
            (EngineVersion === undefined || EngineVersion === version.full) &&
            (DBInstanceClass === undefined || DBInstanceClass === instanceClass),
        );
        const { items, ...rest } = paged(found, input, world.pageSize, MOST_OPTIONS);
        return { OrderableDBInstanceOptions: items.map((option) => optionShape(region, option)), ...rest };
      },
    },
  };
}

/** Name of the parameters' family of a major version, and the end of its default group's name. */
export function familyOf(major: string): string {
  return `postgres${major}`;
}

function refuseFilters(filters: readonly Filter[] | undefined): void {
  const [first] = filters ?? [];
  if (first) throw notEmulated(`the filter ${first.Name}`);
}

function versionShape({ major, full }: Version) {
  return {
    Engine: "postgres",
    MajorEngineVersion: major,
    EngineVersion: full,
    DBParameterGroupFamily: familyOf(major),
    DBEngineDescription: "PostgreSQL",
    DBEngineVersionDescription: `PostgreSQL ${full}-R1`,
    Status: "available",
    SupportsReadReplica: true,
    SupportsLogExportsToCloudwatchLogs: true,
    ExportableLogTypes: ["postgresql", "upgrade"],
    SupportedCACertificateIdentifiers: ["rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"],
    ValidUpgradeTarget: VERSIONS.filter((other) => isLater(other, { major, full })).map((other) => ({
      Engine: "postgres",
      EngineVersion: other.full,
      Description: `PostgreSQL ${other.full}-R1`,
      AutoUpgrade: other.major === major && other.isDefault,
      IsMajorVersionUpgrade: other.major !== major,
    })),
  };
}

function isLater(one: Pick<Version, "major" | "full">, other: Pick<Version, "major" | "full">): boolean {
  return Number(one.major) > Number(other.major) || (one.major === other.major && minorOf(one) > minorOf(other));
}

function minorOf({ full }: Pick<Version, "full">): number {
  return Number(full.split(".")[1]);
}

function optionShape(region: string, { version, instanceClass, storageType }: Orderable) {
  return {
    Engine: "postgres",
    EngineVersion: version.full,
    DBInstanceClass: instanceClass,
    LicenseModel: "postgresql-license",
    AvailabilityZones: databaseZones(region).map((Name) => ({ Name })),
    MultiAZCapable: true,
    ReadReplicaCapable: true,
    Vpc: true,
    SupportsStorageEncryption: true,
    StorageType: storageType,
    SupportsIops: storageType === "gp3",
    SupportsStorageThroughput: storageType === "gp3",
    MinStorageSize: 20,
    MaxStorageSize: 65536,
    SupportedNetworkTypes: ["IPV4", "DUAL"],
  };
}
