import type { ModifyDBInstanceMessage, PendingModifiedValues } from "@aws-sdk/client-rds";
import { notEmulated } from "../../wire/service.ts";
import { checkPlanAllowsDatabase } from "../../world/free-plan.ts";
import type { DBInstance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { VERSIONS, type Version, versionOf } from "./catalogue.ts";
import { engineNamed, majorOf } from "./engines.ts";
import { instanceShape } from "./instance-shape.ts";
import { groupSet } from "./network-interface.ts";
import { instanceOf, invalidCombination, invalidState, type RdsOperations } from "./operation.ts";
import { checkQuota } from "./quotas.ts";
import {
  checkClass,
  checkPassword,
  checkPort,
  checkRetention,
  checkStorage,
  groupsOf,
  invalidStorage,
} from "./settings.ts";

/** Statuses in which an instance takes changes. */
const MODIFIABLE = ["available", "storage-optimization", "storage-full"];

/** Changes instances. */
export function modifyOperations(world: World): RdsOperations {
  return {
    ModifyDBInstance: {
      accepts: [
        "DBInstanceIdentifier",
        "ApplyImmediately",
        "AllocatedStorage",
        "StorageType",
        "Iops",
        "StorageThroughput",
        "DBInstanceClass",
        "VpcSecurityGroupIds",
        "MasterUserPassword",
        "BackupRetentionPeriod",
        "EngineVersion",
        "AllowMajorVersionUpgrade",
        "PubliclyAccessible",
        "DeletionProtection",
        "DBPortNumber",
        "AutoMinorVersionUpgrade",
        "CopyTagsToSnapshot",
        "MaxAllocatedStorage",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const instance = instanceOf(region, input.DBInstanceIdentifier);
        if (!MODIFIABLE.includes(instance.DBInstanceStatus)) {
          throw invalidState("Database instance is not in available state.");
        }
        checkPlanAllowsDatabase(world, input);
        const pending = { ...instance.PendingModifiedValues, ...pendingOf(instance, input) };
        checkQuota(region, "AllocatedStorage", (pending.AllocatedStorage ?? 0) - instance.AllocatedStorage);
        const groups =
          input.VpcSecurityGroupIds && groupsOf(world, region, vpcOf(region, instance), input.VpcSecurityGroupIds);
        const changed = region.rds.dbInstances.update(instance.DBInstanceIdentifier, (draft) => {
          applyAtOnce(draft, input);
          if (groups) draft.VpcSecurityGroups = groups;
          draft.PendingModifiedValues = pending;
          if (input.MasterUserPassword !== undefined) draft.hidden.password = input.MasterUserPassword;
          // What waited for the maintenance window is applied too (rds:ModifyDBInstance, ApplyImmediately).
          // A password does not wait (MasterUserPassword).
          const applies = input.ApplyImmediately === true || input.MasterUserPassword !== undefined;
          draft.hidden.isApplying ||= applies && Object.keys(pending).length > 0;
        });
        if (groups) {
          region.ec2.networkInterfaces.update(instance.hidden.networkInterfaceId, (draft) => {
            draft.Groups = groupSet(region, groups);
          });
        }
        return changed ? { DBInstance: instanceShape(region, changed) } : {};
      },
    },
  };
}

/** Settings that hold at once, whatever ApplyImmediately says. */
function applyAtOnce(draft: DBInstance, input: ModifyDBInstanceMessage): void {
  const { PubliclyAccessible, DeletionProtection, AutoMinorVersionUpgrade, CopyTagsToSnapshot } = input;
  if (PubliclyAccessible !== undefined) draft.PubliclyAccessible = PubliclyAccessible;
  if (DeletionProtection !== undefined) draft.DeletionProtection = DeletionProtection;
  if (AutoMinorVersionUpgrade !== undefined) draft.AutoMinorVersionUpgrade = AutoMinorVersionUpgrade;
  if (CopyTagsToSnapshot !== undefined) draft.CopyTagsToSnapshot = CopyTagsToSnapshot;
}

/** What differs from what there is. @throws AwsError if AWS would not change it so */
function pendingOf(instance: DBInstance, input: ModifyDBInstanceMessage): PendingModifiedValues {
  const { DBInstanceClass, MasterUserPassword, BackupRetentionPeriod, DBPortNumber } = input;
  const version = upgradeOf(instance, input);
  const storage = storageOf(instance, input);
  if (DBInstanceClass !== undefined) {
    checkClass(DBInstanceClass, versionOf(engineNamed(instance.Engine), instance.EngineVersion), instance.StorageType);
  }
  if (MasterUserPassword !== undefined) checkPassword(MasterUserPassword);
  checkRetention(BackupRetentionPeriod);
  checkPort(DBPortNumber);
  const differs = <T>(value: T | undefined, present: T) => value !== undefined && value !== present;
  return {
    ...storage,
    ...(differs(version?.full, instance.EngineVersion) && { EngineVersion: version?.full }),
    ...(differs(DBInstanceClass, instance.DBInstanceClass) && { DBInstanceClass }),
    ...(differs(BackupRetentionPeriod, instance.BackupRetentionPeriod) && { BackupRetentionPeriod }),
    ...(differs(DBPortNumber, instance.hidden.endpoint.Port) && { Port: DBPortNumber }),
    ...(MasterUserPassword !== undefined && { MasterUserPassword: "****" }),
  };
}

function upgradeOf(instance: DBInstance, { EngineVersion, AllowMajorVersionUpgrade }: ModifyDBInstanceMessage) {
  if (EngineVersion === undefined) return undefined;
  const engine = engineNamed(instance.Engine);
  const present = majorOf(engine, instance.EngineVersion);
  if (EngineVersion === present) return undefined;
  const version = versionOf(engine, EngineVersion);
  const isOlder = rank(version) < rank({ engine, full: instance.EngineVersion });
  if (isOlder) {
    throw invalidCombination(`Cannot upgrade ${engine.name} from ${instance.EngineVersion} to ${version.full}`);
  }
  if (version.major !== present && !AllowMajorVersionUpgrade) {
    throw invalidCombination(
      "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
    );
  }
  if (version.major !== present)
    throw notEmulated(`an upgrade to another major version (EngineVersion ${version.full})`);
  return version;
}

/** Place among the versions; one that is no longer created is before all others of its major version. */
function rank({ engine, full }: Pick<Version, "engine" | "full">): number {
  const own = (one: Version) => one.engine === engine;
  const at = VERSIONS.findIndex((one) => own(one) && one.full === full);
  return at >= 0 ? at : VERSIONS.findIndex((one) => own(one) && one.major === majorOf(engine, full)) - 0.5;
}

/** A storage that grows does so by a tenth at least (rds:ModifyDBInstance, AllocatedStorage). */
function storageOf(instance: DBInstance, input: ModifyDBInstanceMessage): PendingModifiedValues {
  const { AllocatedStorage, StorageType = instance.StorageType, Iops, StorageThroughput } = input;
  const size = AllocatedStorage ?? instance.AllocatedStorage;
  const engine = engineNamed(instance.Engine);
  if (size < instance.AllocatedStorage) throw invalidStorage(size, StorageType, engine);
  checkStorage({ engine, AllocatedStorage: size, StorageType, Iops, StorageThroughput });
  // No more than it has: it does not grow by itself. ("Managing capacity automatically with storage autoscaling")
  if ((input.MaxAllocatedStorage ?? 0) > size) throw notEmulated("storage that grows by itself (MaxAllocatedStorage)");
  const grows = size > instance.AllocatedStorage;
  const changes = grows || StorageType !== instance.StorageType;
  if (changes && instance.DBInstanceStatus === "storage-optimization") {
    throw invalidCombination(
      "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
    );
  }
  return {
    ...(grows && { AllocatedStorage: Math.max(size, Math.ceil(instance.AllocatedStorage * 1.1)) }),
    ...(StorageType !== instance.StorageType && { StorageType }),
  };
}

function vpcOf(region: Region, { hidden }: DBInstance): string {
  return region.rds.dbSubnetGroups.get(hidden.subnetGroup)?.VpcId ?? "";
}
