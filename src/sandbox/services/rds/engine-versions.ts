import type { Filter } from "@aws-sdk/client-rds";
import { notEmulated } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { databaseZones, isEngineDefault, ORDERABLE, type Orderable, VERSIONS, type Version } from "./catalogue.ts";
import { familyOf } from "./engines.ts";
import { paged, type RdsOperations } from "./operation.ts";
import { checkProgram } from "./programs.ts";

/** Of this listing alone. (rds:DescribeOrderableDBInstanceOptions, MaxRecords) */
const MOST_OPTIONS = 1000;

/** What can be created: versions of the engines, and classes and storage for each. */
export function engineVersionOperations(world: World): RdsOperations {
  return {
    DescribeDBEngineVersions: {
      accepts: ["Engine", "EngineVersion", "DBParameterGroupFamily", "DefaultOnly", "Filters", "MaxRecords", "Marker"],
      handle(input) {
        refuseFilters(input.Filters);
        const { Engine, EngineVersion, DBParameterGroupFamily: family, DefaultOnly } = input;
        const found = VERSIONS.filter((version) => {
          const { engine, full, major, isDefault } = version;
          if (Engine !== undefined && Engine !== engine.name) return false;
          if (family !== undefined && family !== familyOf(engine, major)) return false;
          if (EngineVersion !== undefined && EngineVersion !== full && EngineVersion !== major) return false;
          // With a major version named, its default; else that of the engine (rds:DescribeDBEngineVersions, DefaultOnly).
          return !DefaultOnly || (EngineVersion === undefined ? isEngineDefault(version) : isDefault);
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
        checkProgram(world, Engine);
        const found = ORDERABLE.filter(
          ({ version, instanceClass }) =>
            Engine === version.engine.name &&
            (EngineVersion === undefined || EngineVersion === version.full) &&
            (DBInstanceClass === undefined || DBInstanceClass === instanceClass),
        );
        const { items, ...rest } = paged(found, input, world.pageSize, MOST_OPTIONS);
        return { OrderableDBInstanceOptions: items.map((option) => optionShape(region, option)), ...rest };
      },
    },
  };
}

function refuseFilters(filters: readonly Filter[] | undefined): void {
  const [first] = filters ?? [];
  if (first) throw notEmulated(`the filter ${first.Name}`);
}

function versionShape(version: Version) {
  const { engine, major, full } = version;
  return {
    Engine: engine.name,
    MajorEngineVersion: major,
    EngineVersion: full,
    DBParameterGroupFamily: familyOf(engine, major),
    DBEngineDescription: engine.description,
    DBEngineVersionDescription: titleOf(version),
    Status: "available",
    SupportsReadReplica: true,
    SupportsLogExportsToCloudwatchLogs: true,
    ExportableLogTypes: [...engine.logs],
    SupportedCACertificateIdentifiers: ["rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"],
    ValidUpgradeTarget: VERSIONS.filter((other) => isLater(other, version)).map((other) => ({
      Engine: engine.name,
      EngineVersion: other.full,
      Description: titleOf(other),
      AutoUpgrade: other.major === major && other.isDefault,
      IsMajorVersionUpgrade: other.major !== major,
    })),
  };
}

function titleOf({ engine, full }: Version): string {
  return engine.name === "postgres" ? `${engine.title} ${full}-R1` : `${engine.title} ${full}`;
}

/** They stand in the order of their age. */
function isLater(one: Version, other: Version): boolean {
  return one.engine === other.engine && VERSIONS.indexOf(one) > VERSIONS.indexOf(other);
}

function optionShape(region: string, { version, instanceClass, storageType }: Orderable) {
  return {
    Engine: version.engine.name,
    EngineVersion: version.full,
    DBInstanceClass: instanceClass,
    LicenseModel: version.engine.license,
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
