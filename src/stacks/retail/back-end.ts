import { type AnyTask, type Ref, type Refs, task } from "../../engine/task.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import { service } from "../../kinds/ecs/service.ts";
import type { ServiceConnect } from "../../kinds/ecs/service-connect.ts";
import { taskDefinition } from "../../kinds/ecs/task-definition.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Shop } from "./fundamentals.ts";
import type { Network } from "./network.ts";
import { configuredService } from "./release.ts";
import { CONTAINER, PORT, shopTask } from "./shop-task.ts";

/** Per cent of a back end's tasks that run at least, and at most, while they are replaced. */
const ROLLED = { least: 100, most: 200 } as const;

/** The port that clients call: Service Connect leads it to the program's own. */
const CALLED_AT = 80;

/** A namespace of Service Connect. */
export type Namespace = Ref<ServiceConnect["namespace"]>;

/** What a service behind the user interface is made of beside its variables. */
interface BackEnd {
  /** As clients call it, and as its tasks here begin. */
  readonly host: "assets" | "catalog" | "carts";
  readonly settings: RetailVariables["assets"];
  readonly network: Network;
  readonly shop: Shop;
  readonly nat: RetailVariables["network"]["nat"];
  readonly region: string;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly namespace: Namespace;
  readonly healthPath: string;
  /** Id of the security group around its tasks. */
  readonly group: Ref<string>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, Ref<string>>>;
  /** Default: that of the user interface. */
  readonly executionRole?: Ref<string>;
  /** Absent: none. */
  readonly taskRole?: Ref<string>;
  /** What ECS does about tasks that fail again and again. Default `rollback`. */
  readonly whenFailing?: "rollback" | "off";
  /** What a person can do where its tasks may not do something. Default: nothing in particular. */
  readonly whenDenied?: Ref<string>;
  /** What must be true before its first task starts. */
  readonly after?: readonly AnyTask[];
}

/** The security group around the tasks of a service that the user interface calls; it lets in nobody else. */
export function backEndGroup({
  host,
  settings,
  network,
  shop,
}: Pick<BackEnd, "host" | "settings" | "network" | "shop">) {
  return task(`${host}-security-group`, `security group ${settings.securityGroup.name}`, securityGroup, {
    name: settings.securityGroup.name,
    description: settings.securityGroup.description,
    vpcId: network.vpcId,
    ingress: [{ protocol: "tcp", fromPort: PORT, toPort: PORT, sourceGroup: shop.uiGroup, description: "From the ui" }],
    tags: {},
  });
}

/** A service that the user interface calls: what a task of it is, and the service. */
export function backEnd(of: BackEnd) {
  const { host, settings, network, shop, namespace } = of;
  const defined = (environment: Readonly<Record<string, string>>): Refs<TaskDefinitionDesired> =>
    shopTask(settings, {
      region: of.region,
      cluster: of.cluster,
      executionRole: of.executionRole ?? shop.executionRole,
      ...(of.taskRole && { taskRole: of.taskRole }),
      logGroup: shop.logGroup,
      logPrefix: `${host}-service`,
      healthPath: of.healthPath,
      environment: { ...of.environment, ...environment },
      ...(of.secrets && { secrets: of.secrets }),
    });
  const title = `task definition ${settings.family}`;
  const definition = task(`${host}-task-definition`, title, taskDefinition, defined({}));
  const isPublic = of.nat === "none";
  const running = task(
    `${host}-service`,
    `service ${settings.name}`,
    service,
    {
      cluster: shop.cluster.name,
      name: settings.name,
      taskDefinition: definition.out(({ arn }) => arn),
      desiredCount: settings.desiredCount,
      capacityProviderStrategy: [],
      fargate: {
        subnets: isPublic ? network.publicSubnets : network.privateSubnets,
        securityGroups: [of.group],
        publicAddresses: isPublic,
      },
      deployment: {
        minimumHealthyPercent: ROLLED.least,
        maximumPercent: ROLLED.most,
        whenFailing: of.whenFailing ?? "rollback",
      },
      availabilityZoneRebalancing: "ENABLED",
      loadBalancers: [],
      healthCheckGracePeriod: 0,
      placementConstraints: [],
      placementStrategy: [],
      propagateTags: "SERVICE",
      serviceConnect: { namespace, services: [calledAs(host)] },
      ...(of.whenDenied && { whenDenied: of.whenDenied }),
    },
    [...network.ways, ...(of.after ?? [])],
  );
  const deployed = configuredService({
    name: settings.name,
    cluster: of.cluster,
    family: settings.family,
    container: CONTAINER,
    definition: defined,
    rollSettings: {
      tasks: { value: settings.desiredCount, course: 1, variable: `${host}.desiredCount` },
      least: { value: ROLLED.least, course: ROLLED.least },
      most: { value: ROLLED.most, course: ROLLED.most },
      kill: { value: settings.stopTimeout, course: 30, variable: `${host}.stopTimeout` },
    },
  });
  return { tasks: [definition, running], service: running, deployed };
}

/** What clients call a program of the shop by Service Connect. */
export function calledAs(host: string): ServiceConnect["services"][number] {
  return { portName: CONTAINER, host, port: CALLED_AT };
}
