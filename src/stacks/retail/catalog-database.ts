import { type Ref, type Task, task } from "../../engine/task.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import { dbInstance } from "../../kinds/rds/db-instance.ts";
import { dbSubnetGroup } from "../../kinds/rds/db-subnet-group.ts";
import type { Secret, SecretDesired } from "../../kinds/secrets-manager/secret.ts";
import { parameter } from "../../kinds/ssm/parameter.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { databaseCost } from "../prices.ts";
import type { Network } from "./network.ts";

/** Days that backups are kept if nobody says how many; fewer where the account's plan allows no more. */
export const USUAL_BACKUPS = 7;

/** What the database stands in. */
interface Surroundings {
  readonly network: Network;
  /** Id of the security group around those who may connect. */
  readonly group: Ref<string>;
  /** Its master user and that one's password. */
  readonly password: Task<SecretDesired, Secret>;
  /** E.g. `us-east-1a`. */
  readonly zone: string;
}

/** MySQL on RDS for the catalog, in the private subnets, and the parameter that tells where it is. */
export function catalogDatabase({ database }: RetailVariables["catalog"], around: Surroundings) {
  const { identifier, instanceClass, engineVersion, storage, port, backupRetention, name } = database;
  const { network, password } = around;
  const door = task("catalog-database-group", `security group ${database.securityGroup.name}`, securityGroup, {
    name: database.securityGroup.name,
    description: database.securityGroup.description,
    vpcId: network.vpcId,
    ingress: [
      { protocol: "tcp", fromPort: port, toPort: port, sourceGroup: around.group, description: "From the catalog" },
    ],
    tags: {},
  });
  const subnets = task("catalog-subnet-group", `DB subnet group ${database.subnetGroup}`, dbSubnetGroup, {
    name: database.subnetGroup,
    description: "Private subnets of the retail store",
    subnets: network.privateSubnets,
  });
  const instance = task("catalog-database", `database ${identifier}`, dbInstance, {
    identifier,
    engine: "mysql",
    instanceClass,
    engineVersion,
    storage,
    username: "root",
    password: { secret: password.out((made) => made.name) },
    passwordVersion: password.out(({ version }) => version ?? ""),
    databaseName: name,
    port,
    backupRetention: backupRetention ?? USUAL_BACKUPS,
    fewerBackups: backupRetention === undefined,
    availabilityZone: around.zone,
    subnetGroup: subnets.out((made) => made.name),
    securityGroups: [door.out(({ groupId }) => groupId)],
    publiclyAccessible: false,
  });
  const endpoint = task("catalog-endpoint", `parameter ${database.endpointParameter}`, parameter, {
    name: database.endpointParameter,
    description: "Where the database of the catalog is",
    value: instance.out((made) => `${made.endpoint?.address}:${made.endpoint?.port}`),
  });
  return {
    tasks: [door, subnets, instance, endpoint],
    instance,
    /** ARN of the parameter. */
    endpoint: endpoint.out(({ arn }) => arn),
    cost: databaseCost(`database ${identifier}`, { engine: "mysql", instanceClass, storage }),
  };
}
