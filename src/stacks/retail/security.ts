import { type Stage, task } from "../../engine/task.ts";
import { table } from "../../kinds/dynamodb/table.ts";
import { serviceLinks } from "../../kinds/ecs/service-links.ts";
import { role } from "../../kinds/iam/role.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { fargateCost, tableCost } from "../prices.ts";
import { backEnd, backEndGroup } from "./back-end.ts";
import type { Shop } from "./fundamentals.ts";
import type { Network } from "./network.ts";
import type { Mesh } from "./service-connect.ts";
import { CONTAINER } from "./shop-task.ts";
import { ENDPOINTS } from "./ui.ts";

/** The index that carts 0.8.0 finds the items of a customer by; its name is in the program. */
const INDEX = "idx_global_customerId";

/** What carts 0.8.0 does with its table. */
const ON_TABLE = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem", "Query"];

/** What a person can do about carts that may not read their table. ECS starts them again and again, and the next has the right, in the same deployment. */
function repairOf(role: string, policy: string, tableArn: string): string {
  const Resource = [tableArn, `${tableArn}/index/*`];
  const document = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "dynamodb:*", Resource }] };
  return `Write carts.taskRole: "right" in the variables and run the same command again. Or give role ${role} the policy ${policy} that it lacks, and ECS's next task stays: aws iam put-role-policy --role-name ${role} --policy-name ${policy} --policy-document '${JSON.stringify(document)}'`;
}

/**
 * The lab "Security: IAM": carts as a service that keeps them in DynamoDB, with a role of its own. The workshop's mistake is there, too:
 * without the role's policy it may not read its table, ends, and is started again and again.
 */
export function security(variables: RetailVariables, place: Place, network: Network, shop: Shop, mesh: Mesh): Stage {
  const { carts, roles, ui, cluster } = variables;
  const isWrong = carts.taskRole === "wrong";
  const items = task("carts-table", `table ${carts.table}`, table, {
    name: carts.table,
    key: "id",
    indexes: { [INDEX]: "customerId" },
  });
  const arn = items.out((made) => made.arn);
  const policies = {
    [carts.policy]: {
      Version: "2012-10-17" as const,
      Statement: [
        {
          Effect: "Allow" as const,
          Action: ON_TABLE.map((name) => `dynamodb:${name}`),
          Resource: [arn, items.out((made) => `${made.arn}/index/*`)],
        },
      ],
    },
  };
  const own = task("carts-task-role", `role ${roles.cartsTask}`, role, {
    name: roles.cartsTask,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: [],
    ...(isWrong ? { formerPolicies: policies } : { inlinePolicies: policies }),
  });

  const around = { host: "carts", settings: carts, network, shop } as const;
  const group = backEndGroup(around);
  const kept = backEnd({
    ...around,
    group: group.out(({ groupId }) => groupId),
    nat: variables.network.nat,
    region: place.region,
    cluster: cluster.name,
    namespace: mesh.namespace,
    healthPath: "/actuator/health",
    environment: { CARTS_DYNAMODB_TABLENAME: carts.table, SPRING_PROFILES_ACTIVE: "dynamodb" },
    taskRole: own.out((made) => made.arn),
    whenDenied: items.out((made) => repairOf(roles.cartsTask, carts.policy, made.arn)),
    // With the mistake the breaker would end the lab: what never served has nothing to go back to, and nobody starts it again.
    whenFailing: isWrong ? "off" : "rollback",
    after: [items],
  });

  const linked = task(
    "ui-carts-link",
    `service ${ui.name} with ${carts.name}`,
    serviceLinks,
    {
      cluster: cluster.name,
      name: ui.name,
      container: CONTAINER,
      environment: { [ENDPOINTS.carts]: "http://carts" },
      calls: [carts.name],
    },
    [mesh.linked, kept.service],
  );

  const isPublic = variables.network.nat === "none";
  return {
    name: "security",
    title: "SECURITY: carts in DynamoDB, with a role of their own",
    tasks: [items, own, group, ...kept.tasks, linked],
    accountWide: ["roles.cartsTask"],
    services: [kept.deployed],
    outputs: { table: items.out((made) => made.name) },
    costs: [
      fargateCost(`tasks of ${carts.name}`, carts.desiredCount, { ...carts, isPublic }),
      tableCost(`table ${carts.table}`),
    ],
  };
}
