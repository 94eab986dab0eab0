import { randomBytes } from "node:crypto";
import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { storageSpeed } from "../../world/catalogue/database-storage.ts";
import { databaseDomain } from "../../world/database-domain.ts";
import { checkPlanAllowsDatabase } from "../../world/free-plan.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { DBInstance, DBSubnetGroup, NetworkInterface } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { ENGINES, versionOf } from "./catalogue.ts";
import { EMULATED, familyOf } from "./engines.ts";
import { instanceShape } from "./instance-shape.ts";
import { newInterface } from "./network-interface.ts";
import { invalidValue, mergedTags, type RdsOperations } from "./operation.ts";
import { checkProgram } from "./programs.ts";
import { checkQuota } from "./quotas.ts";
import {
  checkClass,
  checkIdentifier,
  checkPassword,
  checkPort,
  checkRetention,
  checkStorage,
  checkUser,
  groupsOf,
} from "./settings.ts";
import { subnetGroupOf } from "./subnet-groups.ts";

/** Days (rds:CreateDBInstance, BackupRetentionPeriod). */
const USUAL_RETENTION = 1;
const SUPPORT = ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"];

/** Creates instances; their controller takes them from there. */
export function createOperations(world: World): RdsOperations {
  return {
    CreateDBInstance: {
      accepts: [
        "DBInstanceIdentifier",
        "DBInstanceClass",
        "Engine",
        "EngineVersion",
        "DBName",
        "MasterUsername",
        "MasterUserPassword",
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
        "StorageEncrypted",
        "Tags",
      ],
      handle(input, { region: name, account }) {
        const region = world.region(name);
        return { DBInstance: instanceShape(region, addInstance(world, region, made(world, region, input, account))) };
      },
    },
  };
}

/** Adds an instance to the region, with what belongs to it. @throws AwsError if the account may not have it */
export function addInstance(
  world: World,
  region: Region,
  { instance, subnetGroup, networkInterface }: Made,
): DBInstance {
  const { DBInstanceClass, BackupRetentionPeriod } = instance;
  checkPlanAllowsDatabase(world, { DBInstanceClass, BackupRetentionPeriod });
  checkQuota(region, "DBInstances", 1);
  checkQuota(region, "AllocatedStorage", instance.AllocatedStorage);
  ensureLinkedRole(world, "rds.amazonaws.com");
  region.rds.dbSubnetGroups.put(subnetGroup);
  region.ec2.networkInterfaces.put(networkInterface);
  return region.rds.dbInstances.put(instance);
}

/** An instance that is to be, with what belongs to it. */
export interface Made {
  readonly instance: DBInstance;
  readonly subnetGroup: DBSubnetGroup;
  readonly networkInterface: NetworkInterface;
}

/** Answers the version that is asked for. @throws AwsError if AWS, or the sandbox, would not create it */
function checkedRequest(world: World, region: Region, input: CreateDBInstanceMessage) {
  const { DBInstanceIdentifier = "", Engine = "", DBInstanceClass = "", StorageType = "gp3" } = input;
  const { AllocatedStorage, Iops, StorageThroughput, EngineLifecycleSupport } = input;
  checkIdentifier(DBInstanceIdentifier);
  if (region.rds.dbInstances.get(DBInstanceIdentifier.toLowerCase()))
    throw new AwsError("DBInstanceAlreadyExists", "DB instance already exists");
  if (!ENGINES.includes(Engine)) throw invalidValue(`Invalid DB engine: ${Engine}`);
  const engine = EMULATED.find(({ name }) => name === Engine);
  if (!engine) throw notEmulated(`the database engine ${Engine}`);
  // At once, not when its first client comes.
  checkProgram(world, engine.name);
  const version = versionOf(engine, input.EngineVersion);
  checkStorage({ engine, AllocatedStorage, StorageType, Iops, StorageThroughput });
  checkClass(DBInstanceClass, version, StorageType);
  checkUser(input.MasterUsername, engine);
  checkPassword(input.MasterUserPassword);
  checkRetention(input.BackupRetentionPeriod);
  checkPort(input.Port);
  checkDatabase(input.DBName);
  if (EngineLifecycleSupport !== undefined && !SUPPORT.includes(EngineLifecycleSupport)) {
    throw invalidValue(`Invalid EngineLifecycleSupport: ${EngineLifecycleSupport}`);
  }
  if (input.StorageEncrypted) throw notEmulated("encrypted storage (StorageEncrypted)");
  if (input.MultiAZ) throw notEmulated("instances in several zones (MultiAZ)");
  return version;
}

/** What a request would make. @throws AwsError if AWS would not create it */
export function made(world: World, region: Region, input: CreateDBInstanceMessage, account: string): Made {
  const { DBInstanceIdentifier = "", Engine = "", DBInstanceClass = "" } = input;
  const { MasterUsername = "", MasterUserPassword = "", DBName, AllocatedStorage, StorageType = "gp3" } = input;
  const { BackupRetentionPeriod = USUAL_RETENTION, EngineLifecycleSupport } = input;
  const id = DBInstanceIdentifier.toLowerCase();
  const version = checkedRequest(world, region, input);
  const { engine, major } = version;
  const { Port = engine.port } = input;
  const subnetGroup = subnetGroupOf(region, account, input.DBSubnetGroupName);
  const { AvailabilityZone, subnetId } = placeOf(region, subnetGroup, input.AvailabilityZone);
  const VpcSecurityGroups = groupsOf(world, region, subnetGroup.VpcId, input.VpcSecurityGroupIds);
  const networkInterface = newInterface(world, region, { subnetId, groups: VpcSecurityGroups, account });
  const size = AllocatedStorage ?? 0;
  const instance: DBInstance = {
    DBInstanceIdentifier: id,
    DBInstanceArn: `arn:aws:rds:${region.name}:${account}:db:${id}`,
    DbiResourceId: `db-${resourceId()}`,
    DBInstanceStatus: "creating",
    DBInstanceClass,
    Engine,
    EngineVersion: version.full,
    EngineLifecycleSupport: EngineLifecycleSupport ?? "open-source-rds-extended-support",
    LicenseModel: engine.license,
    MasterUsername,
    ...(DBName !== undefined && { DBName }),
    AllocatedStorage: size,
    StorageType,
    ...storageSpeed(StorageType, size),
    StorageEncrypted: false,
    BackupRetentionPeriod,
    BackupTarget: "region",
    PreferredBackupWindow: "06:10-06:40",
    PreferredMaintenanceWindow: "sun:04:30-sun:05:00",
    AvailabilityZone,
    MultiAZ: false,
    // True in a VPC with an internet gateway, as the default one is (rds:CreateDBInstance, PubliclyAccessible).
    PubliclyAccessible: input.PubliclyAccessible ?? true,
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    CopyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    DeletionProtection: input.DeletionProtection ?? false,
    VpcSecurityGroups,
    DBSecurityGroups: [],
    DBParameterGroups: [
      { DBParameterGroupName: `default.${familyOf(engine, major)}`, ParameterApplyStatus: "in-sync" },
    ],
    OptionGroupMemberships: [
      { OptionGroupName: `default:${engine.name}-${major.replace(".", "-")}`, Status: "in-sync" },
    ],
    PendingModifiedValues: { MasterUserPassword: "****" },
    CACertificateIdentifier: "rds-ca-rsa2048-g1",
    NetworkType: "IPV4",
    DbInstancePort: 0,
    MonitoringInterval: 0,
    IAMDatabaseAuthenticationEnabled: false,
    PerformanceInsightsEnabled: false,
    ReadReplicaDBInstanceIdentifiers: [],
    AssociatedRoles: [],
    DomainMemberships: [],
    DatabaseInsightsMode: "standard",
    TagList: mergedTags([], input.Tags),
    hidden: {
      password: MasterUserPassword,
      passwordIsNew: false,
      endpoint: {
        Address: `${id}.${databaseDomain(account, region.name)}`,
        Port,
        HostedZoneId: "Z2R2ITUGPM61AM",
      },
      subnetGroup: subnetGroup.DBSubnetGroupName,
      networkInterfaceId: networkInterface.NetworkInterfaceId,
      isApplying: false,
    },
  };
  return { instance, subnetGroup, networkInterface };
}

function checkDatabase(name: string | undefined): void {
  if (name === undefined || /^[a-z_]\w{0,62}$/i.test(name)) return;
  throw invalidValue("DBName must begin with a letter and contain only alphanumeric characters.");
}

/** Zone and subnet; a zone that nobody named is RDS's choice. */
function placeOf(
  region: Region,
  { hidden }: DBSubnetGroup,
  zone: string | undefined,
): { AvailabilityZone: string; subnetId: string } {
  const places = hidden.subnetIds.map((subnetId) => ({
    subnetId,
    AvailabilityZone: region.ec2.subnets.get(subnetId)?.AvailabilityZone ?? "",
  }));
  const place = places.find(({ AvailabilityZone }) => zone === undefined || AvailabilityZone === zone);
  if (place) return place;
  throw new AwsError(
    "InvalidVPCNetworkStateFault",
    `The DB subnet group has no subnet in the Availability Zone ${zone}. Its zones: ${places.map(({ AvailabilityZone }) => AvailabilityZone).join(", ")}.`,
  );
}

/** 26 capital letters and digits. */
function resourceId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(randomBytes(26), (byte) => letters[byte % letters.length]).join("");
}
