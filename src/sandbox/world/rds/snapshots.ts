import { randomBytes } from "node:crypto";
import type { Tag } from "@aws-sdk/client-rds";
import type { DBInstance, DBSnapshot } from "../records.ts";
import type { Region, World } from "../world.ts";

/** What is asked of a new snapshot. */
export interface SnapshotWanted {
  readonly identifier: string;
  readonly type: "manual" | "automated";
  readonly tags: Tag[];
}

/** A snapshot of an instance as it is now. It is `creating` until the controller has copied the data. */
export function newSnapshot(
  world: World,
  region: Region,
  instance: DBInstance,
  { identifier, type, tags }: SnapshotWanted,
): DBSnapshot {
  const account = instance.DBInstanceArn.split(":")[4] ?? "";
  const { DBInstanceIdentifier, DbiResourceId, Engine, EngineVersion, MasterUsername, StorageType } = instance;
  return {
    DBSnapshotIdentifier: identifier,
    DBSnapshotArn: `arn:aws:rds:${region.name}:${account}:snapshot:${identifier}`,
    DBInstanceIdentifier,
    DbiResourceId,
    SnapshotCreateTime: world.now(),
    OriginalSnapshotCreateTime: world.now(),
    InstanceCreateTime: instance.InstanceCreateTime,
    Status: "creating",
    PercentProgress: 0,
    SnapshotType: type,
    Engine,
    EngineVersion,
    LicenseModel: instance.LicenseModel,
    MasterUsername,
    AllocatedStorage: instance.AllocatedStorage,
    StorageType,
    Iops: instance.Iops,
    StorageThroughput: instance.StorageThroughput,
    Port: instance.hidden.endpoint.Port,
    AvailabilityZone: instance.AvailabilityZone,
    VpcId: region.rds.dbSubnetGroups.get(instance.hidden.subnetGroup)?.VpcId,
    OptionGroupName: instance.OptionGroupMemberships?.[0]?.OptionGroupName,
    Encrypted: false,
    IAMDatabaseAuthenticationEnabled: false,
    ProcessorFeatures: [],
    SnapshotTarget: "region",
    TagList: tags,
    hidden: { data: `snapshot-${randomBytes(8).toString("hex")}`, isCopied: false, instance },
  };
}
