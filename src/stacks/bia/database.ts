import { type Ref, task } from "../../engine/task.ts";
import { dbInstance } from "../../kinds/rds/db-instance.ts";
import { generatedSecret } from "../../kinds/ssm/generated-secret.ts";
import { usesSequelize } from "../../remote/app/compose.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { traitsOf } from "./app-source.ts";

/** Characters of the master user's password. */
const PASSWORD_LENGTH = 32;

/** Days that backups are kept if nobody says how many; fewer where the account's plan allows no more. */
export const USUAL_BACKUPS = 7;

/**
 * RDS for PostgreSQL, and its password: generated once, kept in SSM, never in the clear. The app's database is there from the
 * beginning, unless sequelize makes it.
 */
export function databaseTasks({ database, app }: BiaVariables, region: string, securityGroup: Ref<string>) {
  const { identifier, instanceClass, engineVersion, storage, username, port, backupRetention, zone } = database;

  const password = task("db-password", `password of database ${identifier}`, generatedSecret, {
    name: passwordParameter(database),
    length: PASSWORD_LENGTH,
  });

  const instance = task("db-instance", `database ${identifier}`, dbInstance, {
    identifier,
    engine: "postgres",
    instanceClass,
    engineVersion,
    storage,
    username,
    password: { parameter: password.out(({ name }) => name) },
    passwordVersion: password.out(({ version }) => version),
    ...(!usesSequelize(traitsOf(app)) && { databaseName: database.name }),
    port,
    backupRetention: backupRetention ?? USUAL_BACKUPS,
    fewerBackups: backupRetention === undefined,
    availabilityZone: `${region}${zone}`,
    securityGroups: [securityGroup],
    publiclyAccessible: false,
  });

  return { password, instance };
}

/** Name of the SSM parameter that holds the master user's password. */
export function passwordParameter({ identifier }: BiaVariables["database"]): string {
  return `/bia-infra/bia/${identifier}/password`;
}
