import type { CreateDBInstanceMessage, RestoreDBInstanceFromDBSnapshotMessage } from "@aws-sdk/client-rds";
import type { DBSnapshot } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { addInstance, made } from "./create.ts";
import { instanceShape } from "./instance-shape.ts";
import { invalidCombination, invalidValue, type RdsOperations, snapshotOf } from "./operation.ts";
import { invalidSnapshotState } from "./snapshots.ts";

/** Makes instances from snapshots. */
export function restoreOperations(world: World): RdsOperations {
  return {
    RestoreDBInstanceFromDBSnapshot: {
      accepts: [
        "DBInstanceIdentifier",
        "DBSnapshotIdentifier",
        "DBInstanceClass",
        "Engine",
        "AllocatedStorage",
        "StorageType",
        "Iops",
        "StorageThroughput",
        "VpcSecurityGroupIds",
        "AvailabilityZone",
        "DBSubnetGroupName",
        "BackupRetentionPeriod",
        "Port",
        "MultiAZ",
        "AutoMinorVersionUpgrade",
        "PubliclyAccessible",
        "DeletionProtection",
        "CopyTagsToSnapshot",
        "EngineLifecycleSupport",
        "Tags",
      ],
      handle(input, { region: name, account }) {
        const region = world.region(name);
        const snapshot = snapshotOf(region, input.DBSnapshotIdentifier);
        const { instance, ...rest } = made(world, region, requestFor(region, snapshot, input), account);
        const { passwordIsNew } = snapshot.hidden.instance.hidden;
        const hidden = { ...instance.hidden, passwordIsNew, restoresFrom: snapshot.hidden.data };
        const restored = { ...instance, PendingModifiedValues: {}, hidden };
        return { DBInstance: instanceShape(region, addInstance(world, region, { ...rest, instance: restored })) };
      },
    },
  };
}

/** As if the instance were created with what the snapshot and the request say. @throws AwsError if it cannot be restored so */
function requestFor(
  region: Region,
  { Status, AllocatedStorage: size, Engine: engine, EngineVersion, MasterUsername, TagList, Port, hidden }: DBSnapshot,
  { DBSnapshotIdentifier: _, ...input }: RestoreDBInstanceFromDBSnapshotMessage,
): CreateDBInstanceMessage {
  if (Status !== "available") {
    throw invalidSnapshotState("Cannot restore from a snapshot that is not in the available state.");
  }
  const { Engine = engine, AllocatedStorage = size, Tags } = input;
  if (Engine !== engine) throw invalidValue(`Invalid DB engine: ${Engine}`);
  if (AllocatedStorage < size) {
    throw invalidCombination(
      `The allocated storage of ${AllocatedStorage} GiB is less than the ${size} GiB of the snapshot.`,
    );
  }
  const { instance } = hidden;
  const source = region.rds.dbInstances.find(({ DbiResourceId }) => DbiResourceId === instance.DbiResourceId);
  return {
    DBInstanceClass: instance.DBInstanceClass,
    Port,
    BackupRetentionPeriod: instance.BackupRetentionPeriod,
    EngineLifecycleSupport: instance.EngineLifecycleSupport,
    ...input,
    Engine,
    EngineVersion,
    AllocatedStorage,
    DBName: instance.DBName,
    MasterUsername,
    MasterUserPassword: instance.hidden.password,
    // Without tags of its own it gets those of the source (rds:RestoreDBInstanceFromDBSnapshot, CopyTagsToSnapshot).
    Tags: Tags?.length ? Tags : (source?.TagList ?? TagList),
  };
}
