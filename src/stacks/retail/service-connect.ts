import { type AnyTask, type Stage, task } from "../../engine/task.ts";
import { serviceLinks } from "../../kinds/ecs/service-links.ts";
import { role } from "../../kinds/iam/role.ts";
import { secret } from "../../kinds/secrets-manager/secret.ts";
import { httpNamespace } from "../../kinds/servicediscovery/http-namespace.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import type { Place } from "../place.ts";
import { fargateCost, secretCost } from "../prices.ts";
import { backEnd, calledAs, type Namespace } from "./back-end.ts";
import type { Shop } from "./fundamentals.ts";
import type { Network } from "./network.ts";
import { CONTAINER } from "./shop-task.ts";
import { ENDPOINTS } from "./ui.ts";

/** Characters of the database's password, as in the workshop. */
const PASSWORD_LENGTH = 10;

/** What later stages need of this one. */
export interface Mesh {
  readonly namespace: Namespace;
  /** The user interface with the back ends that it has so far. */
  readonly linked: AnyTask;
}

/** The lab "Networking": pictures and goods as services of their own, which the user interface calls by name. */
export function serviceConnect(
  variables: RetailVariables,
  { region }: Place,
  network: Network,
  shop: Shop,
): Stage & { readonly made: Mesh } {
  const { assets, catalog, roles, ui, cluster } = variables;
  const { namespace: name } = variables.serviceConnect;
  const home = task("namespace", `namespace ${name}`, httpNamespace, { name });
  const namespace = home.out(({ arn }) => ({ name, arn }));
  const around = { network, shop, nat: variables.network.nat, region, cluster: cluster.name, namespace };
  const pictures = backEnd({ ...around, host: "assets", settings: assets, healthPath: "/health.html" });

  const password = task("catalog-secret", `secret ${catalog.secret}`, secret, {
    name: catalog.secret,
    members: { username: "root" },
    generated: "password",
    length: PASSWORD_LENGTH,
  });
  const secretArn = password.out(({ arn }) => arn);
  const executionRole = task("catalog-execution-role", `role ${roles.catalogExecution}`, role, {
    name: roles.catalogExecution,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: [managedPolicyArn("AmazonECSTaskExecutionRolePolicy")],
    inlinePolicies: {
      "catalog-secrets": {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secretArn] }],
      },
    },
  });
  const goods = backEnd({
    ...around,
    host: "catalog",
    settings: catalog,
    healthPath: "/health",
    executionRole: executionRole.out(({ arn }) => arn),
    environment: { DB_NAME: "catalog", RETAIL_CATALOG_PERSISTENCE_PROVIDER: "in-memory" },
    secrets: {
      DB_USER: password.out(({ arn }) => `${arn}:username::`),
      DB_PASSWORD: password.out(({ arn }) => `${arn}:password::`),
    },
  });

  const linked = task(
    "ui-links",
    `service ${ui.name} with ${assets.name} and ${catalog.name}`,
    serviceLinks,
    {
      cluster: cluster.name,
      name: ui.name,
      container: CONTAINER,
      environment: { [ENDPOINTS.assets]: "http://assets", [ENDPOINTS.catalog]: "http://catalog" },
      serviceConnect: { namespace, services: [calledAs("ui")] },
      calls: [assets.name, catalog.name],
    },
    // Its tasks know the names of those that were there before them, and of nobody else.
    [shop.ui, pictures.service, goods.service],
  );

  const isPublic = variables.network.nat === "none";
  return {
    made: { namespace, linked },
    name: "service-connect",
    title: "SERVICE-CONNECT: pictures and goods as services that the shop calls by name",
    tasks: [home, ...pictures.tasks, password, executionRole, ...goods.tasks, linked],
    accountWide: ["roles.catalogExecution"],
    outputs: { namespace: home.out(() => name) },
    costs: [
      fargateCost(`tasks of ${assets.name}`, assets.desiredCount, { ...assets, isPublic }),
      fargateCost(`tasks of ${catalog.name}`, catalog.desiredCount, { ...catalog, isPublic }),
      secretCost(`secret ${catalog.secret}`),
    ],
  };
}
