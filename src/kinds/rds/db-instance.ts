import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceMessage,
  DeleteDBInstanceCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceMessage,
  type DBInstance as RdsInstance,
  StartDBInstanceCommand,
} from "@aws-sdk/client-rds";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { databaseNamed } from "../../aws/listings.ts";
import { memberOf, secretNamed } from "../../aws/secrets.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import { Explained } from "../../engine/errors.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { compareVersions, creatableVersion, type DbEngine, ENGINE_TITLES, majorOf } from "./engine-version.ts";
import { brokenBy, isUsable, remedyOf } from "./status.ts";

/** One PostgreSQL or MySQL on RDS, in one zone. */
export interface DbInstanceDesired {
  /** Lower case; unique in account and region. */
  readonly identifier: string;
  readonly engine: DbEngine;
  /** E.g. `db.t3.micro`. */
  readonly instanceClass: string;
  /** A major version, `16` or `8.4`, of which the newest is made; or a full one, which is the least that it shall have. */
  readonly engineVersion: string;
  /** Size in GiB, the least that it shall have: a storage grows, by RDS's autoscaling too, and never shrinks. */
  readonly storage: { readonly size: number; readonly type: "gp2" | "gp3" };
  /** The master user. */
  readonly username: string;
  /** What holds the master user's password: the name of a SecureString parameter, or of a secret whose member `password` it is. */
  readonly password: { readonly parameter: string } | { readonly secret: string };
  /** Which value of that it is; another one is given to the instance. */
  readonly passwordVersion: string;
  /** A database that it has from the beginning. Absent: only what every instance of the engine has. */
  readonly databaseName?: string | undefined;
  readonly port: number;
  /** Days that automated backups are kept at least; 0: none are made. */
  readonly backupRetention: number;
  /** True: nobody asked for a number of days, and fewer, where the account's plan allows no more, are no difference. Default false. */
  readonly fewerBackups?: boolean | undefined;
  /** E.g. `us-east-1a`. */
  readonly availabilityZone: string;
  /** Name of the DB subnet group, one of whose subnets it is in. Absent: it is in the default VPC. */
  readonly subnetGroup?: string | undefined;
  /** Ids. */
  readonly securityGroups: readonly string[];
  /** True: it has a public address, which costs, and is open to whomever its security groups let in. */
  readonly publiclyAccessible: boolean;
}

/** An instance as RDS has it. */
export interface DbInstance {
  readonly identifier: string;
  readonly arn: string;
  /** Never used again, unlike the name: `db-...`. */
  readonly resourceId: string;
  /** RDS's word, e.g. `creating`. */
  readonly status: string;
  /** Absent until late in its creation. */
  readonly endpoint?: { readonly address: string; readonly port: number };
  readonly instanceClass: string;
  /** In full, e.g. `16.14`. */
  readonly engineVersion: string;
  readonly engine: string;
  readonly databaseName: string | undefined;
  readonly subnetGroup: string | undefined;
  readonly storage: { readonly size: number; readonly type: string };
  /** It is about to grow: a storage that is full is then no reason to give up. */
  readonly willGrow: boolean;
  readonly username: string;
  readonly backupRetention: number;
  readonly availabilityZone: string | undefined;
  /** It has a standby in another zone, which a failover changes places with. */
  readonly multiAz: boolean;
  readonly securityGroups: readonly string[];
  readonly publiclyAccessible: boolean;
  /** Its master user still has another password than it was last given. */
  readonly passwordPending: boolean;
  readonly tags: Tags;
}

/** Tag that tells which value of the password's parameter the instance was given. */
const PASSWORD_TAG = "bia-infra:password";
/** Tag of an instance whose backups are kept for fewer days than wanted, because the account's plan allows no more. */
const BACKUPS_TAG = "bia-infra:backups";

/** Why a difference is no reason to touch a database, or what touching it takes (RDS User Guide, "Settings for DB instances"). */
const LARGER = { left: "a storage only grows, so the size asked for is the least" };
const NEWER = { left: "RDS or a person upgraded it, and there is no way back" };
const KEPT_LONGER = { left: "to keep them shorter would delete some: that is for a person to do, in the RDS console" };
const FREE_PLAN = {
  left: "AWS's Free plan allows no more: write backupRetention: 1 for it in the variables, or upgrade the plan and set it in the RDS console",
};
const FAILED_OVER = { left: "somebody made it Multi-AZ, and a failover moves it" };
const OTHER_CLASS = { takes: "the database is away for some minutes" };
const OTHER_PORT = { takes: "the database restarts" };
const UPGRADE = { takes: "the database is away while it is upgraded, and there is no way back" };

/** An instance of RDS. Its minor version is RDS's to move (AutoMinorVersionUpgrade), so that is no difference. */
export const dbInstance: Kind<DbInstanceDesired, DbInstance, Aws> = {
  type: "rds.db-instance",
  linkedRole: "AWSServiceRoleForRDS",
  async find(aws, desired) {
    const found = await databaseNamed(aws, desired.identifier);
    return found && fromAws(found, desired);
  },
  diff(desired, actual) {
    const { availabilityZone, storage, endpoint } = actual;
    const zone = actual.multiAz ? FAILED_OVER : { needsReplacement: true };
    const version = (more = {}) => change("engineVersion", actual.engineVersion, desired.engineVersion, more);
    const size = (more = {}) => change("storage.size", gib(storage.size), gib(desired.storage.size), more);
    return [
      ...change("engine", actual.engine, desired.engine, { needsReplacement: true }),
      ...change("username", actual.username, desired.username, { needsReplacement: true }),
      // One that somebody has made since in an instance that had none is none that RDS knows.
      ...(actual.databaseName === undefined ? [] : fixed("databaseName", actual.databaseName, desired.databaseName)),
      // Within a VPC AWS moves none (rds:ModifyDBInstance answers InvalidVPCNetworkStateFault).
      ...fixed("subnetGroup", actual.subnetGroup, desired.subnetGroup),
      // RDS tells the zone only late in the creation.
      ...(availabilityZone ? change("availabilityZone", availabilityZone, desired.availabilityZone, zone) : []),
      ...(isNewerMajor(desired, actual) ? version(NEWER) : []),
      ...(isUpgrade(desired, actual) ? version(UPGRADE) : []),
      ...(storage.size > desired.storage.size ? size(LARGER) : size()),
      ...backupChange(desired, actual),
      ...(actual.status === "stopped" ? change("state", "stopped", "available") : []),
      ...change("instanceClass", actual.instanceClass, desired.instanceClass, OTHER_CLASS),
      ...change("storage.type", storage.type, desired.storage.type),
      ...change("securityGroups", listed(actual.securityGroups), listed(desired.securityGroups)),
      ...change("publiclyAccessible", `${actual.publiclyAccessible}`, `${desired.publiclyAccessible}`),
      ...(endpoint ? change("port", endpoint.port, desired.port, OTHER_PORT) : []),
      ...passwordChange(desired, actual),
    ];
  },
  async create(aws, desired, note) {
    const version = await creatableVersion(aws.rds, desired);
    note(`${ENGINE_TITLES[desired.engine]} ${version}`);
    const input = {
      DBInstanceIdentifier: desired.identifier,
      DBInstanceClass: desired.instanceClass,
      Engine: desired.engine,
      EngineVersion: version,
      DBName: desired.databaseName,
      // Otherwise RDS charges for it once the major version is out of support (rds:CreateDBInstance).
      EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
      AllocatedStorage: desired.storage.size,
      StorageType: desired.storage.type,
      MasterUsername: desired.username,
      MasterUserPassword: await passwordOf(aws, desired),
      Port: desired.port,
      BackupRetentionPeriod: desired.backupRetention,
      AvailabilityZone: desired.availabilityZone,
      DBSubnetGroupName: desired.subnetGroup,
      VpcSecurityGroupIds: [...desired.securityGroups],
      PubliclyAccessible: desired.publiclyAccessible,
      Tags: toTagList({ ...aws.ownership, [PASSWORD_TAG]: desired.passwordVersion }),
    } satisfies CreateDBInstanceMessage;
    try {
      return await made(aws, input, desired);
    } catch (error) {
      if (!isTooManyBackups(error)) throw error;
      note(fewerBackups(desired));
      const Tags = [...input.Tags, { Key: BACKUPS_TAG, Value: "fewer" }];
      return made(aws, { ...input, BackupRetentionPeriod: FREE_BACKUPS, Tags }, desired);
    }
  },
  async update(aws, desired, actual, changes, note) {
    const fields = new Set(changes.map(({ field }) => field));
    // Nothing can be changed while it is stopped; the rest is done once it runs.
    if (fields.has("state")) {
      await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: actual.identifier }));
      return;
    }
    const input = await modification(aws, desired, fields);
    // Without ApplyImmediately nothing happens before the maintenance window, up to a week later.
    const call = { DBInstanceIdentifier: actual.identifier, ...input, ApplyImmediately: true };
    try {
      await aws.rds.send(new ModifyDBInstanceCommand(call));
    } catch (error) {
      if (!isTooManyBackups(error)) throw error;
      note(fewerBackups(desired));
      await aws.rds.send(new ModifyDBInstanceCommand({ ...call, BackupRetentionPeriod: FREE_BACKUPS }));
      await addTags(aws, actual.arn, { [BACKUPS_TAG]: "fewer" });
    }
    if (fields.has("password")) await addTags(aws, actual.arn, { [PASSWORD_TAG]: desired.passwordVersion });
  },
  async remove({ rds }, { identifier }) {
    try {
      await rds.send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          SkipFinalSnapshot: true,
          DeleteAutomatedBackups: true,
        }),
      );
    } catch (error) {
      // `Instance bia is already being deleted.`
      if (!isCode(error, "InvalidDBInstanceState") || !/already being deleted/.test(String(error))) throw error;
    }
  },
  pending: ({ status, endpoint, passwordPending }) => {
    if (!isUsable(status) && status !== "stopped") return `RDS status: ${status}`;
    if (passwordPending) return `RDS status: ${status}, with a new password to come`;
    return endpoint ? undefined : "RDS has not named its endpoint yet";
  },
  broken: ({ status, willGrow }) => brokenBy(status, willGrow),
  remedy: ({ status }) => remedyOf(status),
  leaving: ({ status }) => status === "deleting",
  holds: "all data in it, with its automated backups (no final snapshot is made)",
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ engine, engineVersion, instanceClass, endpoint, status }) =>
    [
      `${ENGINE_TITLES[engine as DbEngine] ?? engine} ${engineVersion} on ${instanceClass}`,
      ...(endpoint ? [`${endpoint.address}:${endpoint.port}`] : []),
      ...(status === "available" ? [] : [status]),
    ].join(", "),
  // RDS itself speaks of some minutes; field reports of 5 to 10 for a create, 3 to 8 for a delete.
  limits: { usually: 300, usuallyGone: 300, ready: 2400, gone: 3600, poll: [0.3, 15] },
};

async function made(
  { rds }: Aws,
  input: CreateDBInstanceMessage,
  desired: DbInstanceDesired,
): Promise<DbInstance | undefined> {
  const { DBInstance } = await rds.send(new CreateDBInstanceCommand(input));
  return DBInstance && fromAws({ ...DBInstance, TagList: input.Tags }, desired);
}

function fromAws(found: RdsInstance, desired: DbInstanceDesired): DbInstance {
  const { Address, Port } = found.Endpoint ?? {};
  const size = found.AllocatedStorage ?? 0;
  return {
    identifier: found.DBInstanceIdentifier ?? "",
    arn: found.DBInstanceArn ?? "",
    resourceId: found.DbiResourceId ?? "",
    status: found.DBInstanceStatus ?? "",
    ...(Address && Port && { endpoint: { address: Address, port: Port } }),
    instanceClass: found.DBInstanceClass ?? "",
    engineVersion: found.EngineVersion ?? "",
    engine: found.Engine ?? "",
    databaseName: found.DBName,
    subnetGroup: found.DBSubnetGroup?.DBSubnetGroupName,
    storage: { size, type: found.StorageType ?? "" },
    willGrow: desired.storage.size > size,
    username: found.MasterUsername ?? "",
    backupRetention: found.BackupRetentionPeriod ?? 0,
    availabilityZone: found.AvailabilityZone,
    multiAz: found.MultiAZ ?? false,
    securityGroups: (found.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []),
    publiclyAccessible: found.PubliclyAccessible ?? false,
    passwordPending: found.PendingModifiedValues?.MasterUserPassword !== undefined,
    tags: fromTagList(found.TagList),
  };
}

/** Days that the Free plan keeps backups for. *Seen*, as its refusal's words are; no model has either. */
const FREE_BACKUPS = 1;

/** By the time RDS refuses, other parts are up and billed: so fewer days are kept and told, and the stack gets complete. */
function fewerBackups({ backupRetention, fewerBackups }: DbInstanceDesired): string {
  const asked = fewerBackups ? "" : `, although its backupRetention in the variables asks for ${days(backupRetention)}`;
  return `this account is on AWS's Free plan: backups are kept for 1 day${asked}`;
}

function isTooManyBackups(error: unknown): boolean {
  return isCode(error, "FreeTierRestrictionError") && /backup retention/.test(String(error));
}

/** None where the plan allows no more; what somebody has asked for is told then, and left. */
function backupChange({ backupRetention, fewerBackups }: DbInstanceDesired, actual: DbInstance): Change[] {
  const isFewer = actual.tags[BACKUPS_TAG] !== undefined && actual.backupRetention === FREE_BACKUPS;
  if (fewerBackups && isFewer) return [];
  const less = isFewer ? FREE_PLAN : {};
  const more = actual.backupRetention > backupRetention ? KEPT_LONGER : less;
  return change("backupRetention", days(actual.backupRetention), days(backupRetention), more);
}

/** The changes as RDS takes them. */
async function modification(
  aws: Aws,
  desired: DbInstanceDesired,
  fields: ReadonlySet<string>,
): Promise<Omit<ModifyDBInstanceMessage, "DBInstanceIdentifier">> {
  return {
    ...(fields.has("instanceClass") && { DBInstanceClass: desired.instanceClass }),
    ...(fields.has("storage.size") && { AllocatedStorage: desired.storage.size }),
    ...(fields.has("storage.type") && { StorageType: desired.storage.type }),
    ...(fields.has("backupRetention") && { BackupRetentionPeriod: desired.backupRetention }),
    ...(fields.has("securityGroups") && { VpcSecurityGroupIds: [...desired.securityGroups] }),
    ...(fields.has("publiclyAccessible") && { PubliclyAccessible: desired.publiclyAccessible }),
    ...(fields.has("port") && { DBPortNumber: desired.port }),
    ...(fields.has("engineVersion") && {
      EngineVersion: await creatableVersion(aws.rds, desired),
      AllowMajorVersionUpgrade: true,
    }),
    ...(fields.has("password") && { MasterUserPassword: await passwordOf(aws, desired) }),
  };
}

/** Read here and nowhere else, so that it is in no ref and no event. */
async function passwordOf({ ssm, secretsManager }: Aws, { password: from }: DbInstanceDesired): Promise<string> {
  const isParameter = "parameter" in from;
  const password = await (isParameter
    ? secretNamed(ssm, from.parameter)
    : memberOf(secretsManager, from.secret, "password"));
  if (password) return password;
  const what = isParameter
    ? `the parameter ${from.parameter} has no value`
    : `the secret ${from.secret} has no password`;
  throw new Explained(what, "Delete it, then run the same command again.");
}

/** What nobody asks for may be anything. */
function fixed(field: string, actual: string | undefined, desired: string | undefined): Change[] {
  return desired === undefined ? [] : change(field, actual, desired, { needsReplacement: true });
}

/** Only of an instance that we gave one: what others made has a password of their own. */
function passwordChange({ passwordVersion }: DbInstanceDesired, { tags }: DbInstance): Change[] {
  const given = tags[PASSWORD_TAG];
  if (given === undefined || given === passwordVersion) return [];
  return [{ field: "password", from: "that of an earlier parameter", to: "the present one" }];
}

function isUpgrade(desired: DbInstanceDesired, actual: DbInstance): boolean {
  return compareVersions(actual.engineVersion, desired.engineVersion) < 0;
}

/** A newer minor version than the wanted one is RDS's own upgrade, and not worth a word. */
function isNewerMajor(desired: DbInstanceDesired, actual: DbInstance): boolean {
  const major = (version: string) => majorOf(desired.engine, version);
  return compareVersions(major(actual.engineVersion), major(desired.engineVersion)) > 0;
}

function gib(size: number): string {
  return `${size} GiB`;
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}

async function addTags({ rds }: Aws, ResourceName: string, tags: Tags): Promise<void> {
  await rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: toTagList(tags) }));
}
