import type * as rds from "@aws-sdk/client-rds";
import type { Known } from "./known.ts";

/** A DB subnet group. Without its subnets: they are looked up. */
export type DBSubnetGroup = Known<Omit<rds.DBSubnetGroup, "Subnets">, "DBSubnetGroupName" | "VpcId"> & {
  hidden: {
    subnetIds: string[];
    /** Absent: none, as of the one that RDS makes. */
    tags?: rds.Tag[];
  };
};

/** Without its subnet group: that is looked up. */
export type DBInstance = Known<
  Omit<rds.DBInstance, "DBSubnetGroup">,
  | "DBInstanceIdentifier"
  | "DBInstanceArn"
  | "DbiResourceId"
  | "DBInstanceStatus"
  | "DBInstanceClass"
  | "Engine"
  | "EngineVersion"
  | "MasterUsername"
  | "AllocatedStorage"
  | "StorageType"
  | "BackupRetentionPeriod"
  | "AvailabilityZone"
  | "VpcSecurityGroups"
  | "PendingModifiedValues"
  | "PubliclyAccessible"
  | "DeletionProtection"
  | "TagList"
> & {
  hidden: {
    /** Of the master user. */
    password: string;
    /** The real server has another password still. */
    passwordIsNew: boolean;
    /** As it will be in `Endpoint`. */
    endpoint: { Address: string; Port: number; HostedZoneId: string };
    subnetGroup: string;
    networkInterfaceId: string;
    /** Address of this computer that it is reached at; absent: it has not had one yet. */
    address?: string;
    /** The pending values are being applied, or wait for the maintenance window. */
    isApplying: boolean;
    /** Data of the snapshot that it is being restored from; absent: it has all that it is to begin with. */
    restoresFrom?: string;
  };
};

/** A snapshot of an instance, which outlives it. */
export type DBSnapshot = Known<
  rds.DBSnapshot,
  | "DBSnapshotIdentifier"
  | "DBSnapshotArn"
  | "DBInstanceIdentifier"
  | "DbiResourceId"
  | "Status"
  | "SnapshotType"
  | "Engine"
  | "EngineVersion"
  | "MasterUsername"
  | "AllocatedStorage"
  | "StorageType"
  | "Port"
  | "TagList"
> & {
  hidden: {
    /** Name of its data among those of the databases. */
    data: string;
    /** The data are there. */
    isCopied: boolean;
    /** The instance as it was. */
    instance: DBInstance;
  };
};
