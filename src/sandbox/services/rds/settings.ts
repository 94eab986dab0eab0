import { type AwsError, notEmulated, notKnown } from "../../wire/service.ts";
import { isInstanceType } from "../../world/catalogue/aws-names.ts";
import { STRIPED_GIB } from "../../world/catalogue/database-storage.ts";
import type { DBInstance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { isClass, ORDERABLE, type Version } from "./catalogue.ts";
import type { Engine } from "./engines.ts";
import { invalidCombination, invalidValue } from "./operation.ts";

/** GiB. */
const STORAGE = { least: 20, most: 65536 };
const RETENTION = { most: 35 };
const PASSWORD = { shortest: 8, longest: 128 };

/** @throws AwsError if it is no name for an instance */
export function checkIdentifier(identifier: string): void {
  if (isIdentifier(identifier, 63)) return;
  throw invalidIdentifier("DBInstanceIdentifier");
}

/** @throws AwsError if it is no name for a manual snapshot */
export function checkSnapshotIdentifier(name: string | undefined, parameter: string): asserts name is string {
  if (!name) throw invalidValue(`The parameter ${parameter} must be provided and must not be blank.`);
  // Two blanks are AWS's own.
  if (!/^[a-z]/i.test(name)) throw invalidValue(`Invalid snapshot identifier:  ${name}`);
  if (!isIdentifier(name, 255)) throw invalidIdentifier(parameter);
}

function isIdentifier(text: string, longest: number): boolean {
  return /^[a-z](?:-?[a-z0-9])*$/i.test(text) && text.length <= longest;
}

function invalidIdentifier(parameter: string): AwsError {
  return invalidValue(
    `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.`,
  );
}

/** @throws AwsError if RDS would not take it for a master user */
export function checkUser(name: string | undefined, { reservedUsers, longestUser }: Engine): asserts name is string {
  if (!name) throw invalidValue("The parameter MasterUsername must be provided and must not be blank.");
  if (reservedUsers.test(name)) {
    throw invalidValue(`MasterUsername ${name} cannot be used as it is a reserved word used by the engine`);
  }
  if (!/^[a-z]\w*$/i.test(name) || name.length > longestUser)
    throw invalidValue("The parameter MasterUsername is not a valid user name.");
}

/** Rules of rds:CreateDBInstance, MasterUserPassword. */
export function checkPassword(password: string | undefined): asserts password is string {
  if (!password) throw invalidValue("The parameter MasterUserPassword must be provided and must not be blank.");
  const refuse = (why: string) => invalidValue(`The parameter MasterUserPassword is not a valid password${why}`);
  if (/[^\x21-\x7e]|[/@"]/.test(password)) {
    throw refuse(". Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.");
  }
  if (password.length < PASSWORD.shortest) {
    throw refuse(` because it is shorter than ${PASSWORD.shortest} characters.`);
  }
  if (password.length > PASSWORD.longest) {
    throw refuse(` because it is longer than ${PASSWORD.longest} characters.`);
  }
}

/** @throws AwsError if backups cannot be kept for so many days */
export function checkRetention(days: number | undefined): void {
  if (days === undefined || (Number.isInteger(days) && days >= 0 && days <= RETENTION.most)) return;
  throw invalidValue(
    `Invalid backup retention period: ${days}. Retention period must be between 0 and ${RETENTION.most}.`,
  );
}

/** @throws AwsError if a database cannot listen there */
export function checkPort(port: number | undefined): void {
  if (port === undefined || (port >= 1150 && port <= 65535)) return;
  throw invalidValue(`Invalid database port: ${port}. Valid port range: 1150-65535.`);
}

/** Generations that the versions which are here cannot be had with. */
const OLD = /^[cmrtxz][1-4]\./;

/** @throws AwsError if the class does not exist, or not with this version and storage */
export function checkClass(instanceClass: string, version: Version, storageType: string): void {
  if (!isClass(instanceClass)) {
    const [, type = ""] = /^db\.(\w+\.\w+)$/.exec(instanceClass) ?? [];
    if (!isInstanceType(type)) throw invalidValue(`Invalid DB Instance class: ${instanceClass}`);
    if (!OLD.test(type)) throw notKnown(`the class ${instanceClass} of databases`);
  }
  const fits = ORDERABLE.some(
    (one) => one.instanceClass === instanceClass && one.version === version && one.storageType === storageType,
  );
  if (fits) return;
  throw invalidCombination(
    `RDS does not support creating a DB instance with the following combination: DBInstanceClass=${instanceClass}, Engine=${version.engine.name}, EngineVersion=${version.full}, LicenseModel=${version.engine.license}. For supported combinations of instance class and database engine version, see the documentation.`,
  );
}

/** A storage that a request asks for. */
export interface AskedStorage {
  readonly engine: Engine;
  readonly AllocatedStorage: number | undefined;
  readonly StorageType: string;
  readonly Iops?: number | undefined;
  readonly StorageThroughput?: number | undefined;
}

/** @throws AwsError if there is no such storage */
export function checkStorage({
  engine,
  AllocatedStorage: size,
  StorageType: type,
  Iops,
  StorageThroughput,
}: AskedStorage): void {
  if (["io1", "io2", "standard"].includes(type)) throw notEmulated(`the storage type ${type}`);
  if (type !== "gp2" && type !== "gp3") throw invalidValue(`Invalid storage type: ${type}`);
  if (size === undefined) {
    throw invalidValue("The parameter AllocatedStorage must be provided and must not be null.");
  }
  if (size < STORAGE.least || size > STORAGE.most) throw invalidStorage(size, type, engine);
  // Terraform sends zeros with every change of a size.
  if (!Iops && !StorageThroughput) return;
  if (type === "gp3" && size >= STRIPED_GIB) throw notEmulated("a speed of your own for a gp3 storage");
  throw invalidCombination(
    `You can't specify IOPS or storage throughput for engine ${engine.name} and a storage size less than ${STRIPED_GIB}.`,
  );
}

/** What RDS says to sizes and types of storage that it does not have. */
export function invalidStorage(size: number, type: string, { name }: Engine): AwsError {
  return invalidCombination(`Invalid storage size for engine name ${name} and storage type ${type}: ${size}`);
}

/** @throws AwsError if one does not exist, or is in another VPC */
export function groupsOf(
  world: World,
  region: Region,
  vpcId: string,
  ids: readonly string[] | undefined,
): DBInstance["VpcSecurityGroups"] {
  const wanted = ids?.length ? ids : [defaultGroupOf(region, vpcId)];
  return wanted.map((id) => {
    const group = region.ec2.securityGroups.get(id);
    if (!group || group.hidden.visibleAt > world.now()) {
      throw invalidValue(`Invalid security group , groupId= ${id}, groupName=.`);
    }
    if (group.VpcId !== vpcId) {
      throw invalidCombination(
        `The DB instance and EC2 security group are in different VPCs. The DB instance is in ${vpcId} and the EC2 security group is in ${group.VpcId}`,
      );
    }
    return { VpcSecurityGroupId: id, Status: "active" };
  });
}

function defaultGroupOf(region: Region, vpcId: string): string {
  const group = region.ec2.securityGroups.find((one) => one.VpcId === vpcId && one.GroupName === "default");
  return group?.GroupId ?? "";
}
