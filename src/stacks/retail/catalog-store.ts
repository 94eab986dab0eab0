import type { Cost } from "../../engine/cost.ts";
import { type AnyTask, type Ref, task } from "../../engine/task.ts";
import { role } from "../../kinds/iam/role.ts";
import { secret } from "../../kinds/secrets-manager/secret.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import type { Place } from "../place.ts";
import { secretCost } from "../prices.ts";
import { catalogDatabase } from "./catalog-database.ts";
import type { Network } from "./network.ts";

/** Characters of the database's password, as in the workshop. */
const PASSWORD_LENGTH = 10;

/** Where the catalog has its goods, and what its tasks need to know of that. */
interface CatalogStore {
  readonly tasks: readonly AnyTask[];
  readonly executionRole: Ref<string>;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Ref<string>>>;
  /** What must be true before the catalog's first task starts. */
  readonly after: readonly AnyTask[];
  readonly costs: readonly Cost[];
  /** In words. */
  readonly where: string;
}

/** Whether the catalog has a database: the real program always has, the sandbox's stand-in where the variables say so. */
export function isInMysql({ persistence }: RetailVariables["catalog"], target: Place["target"]): boolean {
  return (persistence ?? (target === "aws" ? "mysql" : "memory")) === "mysql";
}

/**
 * The catalog's user and password, who may read them, and its database. The sandbox's stand-in can do without that, the real
 * program cannot.
 *
 * @param group id of the security group around the catalog's tasks
 */
export function catalogStore(
  { catalog, roles, network: settings }: RetailVariables,
  { region, target }: Place,
  network: Network,
  group: Ref<string>,
): CatalogStore {
  const password = task("catalog-secret", `secret ${catalog.secret}`, secret, {
    name: catalog.secret,
    members: { username: "root" },
    generated: "password",
    length: PASSWORD_LENGTH,
  });
  const secretArn = password.out(({ arn }) => arn);
  const zone = `${region}${settings.zones[0]?.zone ?? "a"}`;
  const database = isInMysql(catalog, target)
    ? catalogDatabase(catalog, { network, group, password, zone })
    : undefined;

  const executionRole = task("catalog-execution-role", `role ${roles.catalogExecution}`, role, {
    name: roles.catalogExecution,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: [managedPolicyArn("AmazonECSTaskExecutionRolePolicy")],
    inlinePolicies: {
      "catalog-secrets": {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secretArn] },
          ...(database
            ? [{ Effect: "Allow", Action: ["ssm:GetParameters"], Resource: [database.endpoint] } as const]
            : []),
        ],
      },
    },
  });
  return {
    tasks: [password, ...(database?.tasks ?? []), executionRole],
    executionRole: executionRole.out(({ arn }) => arn),
    environment: {
      DB_NAME: catalog.database.name,
      ...(!database && { RETAIL_CATALOG_PERSISTENCE_PROVIDER: "in-memory" }),
    },
    secrets: {
      ...(database && { DB_ENDPOINT: database.endpoint }),
      DB_USER: password.out(({ arn }) => `${arn}:username::`),
      DB_PASSWORD: password.out(({ arn }) => `${arn}:password::`),
    },
    after: database ? [database.instance] : [],
    costs: [secretCost(`secret ${catalog.secret}`), ...(database ? [database.cost] : [])],
    where: database ? "in MySQL" : "in memory",
  };
}
