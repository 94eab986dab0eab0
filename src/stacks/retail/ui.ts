import { type AnyTask, type Ref, type Refs, type RollSettings, task } from "../../engine/task.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import { service } from "../../kinds/ecs/service.ts";
import { taskDefinition } from "../../kinds/ecs/task-definition.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Network } from "./network.ts";
import { configuredService } from "./release.ts";
import { CONTAINER, PORT, shopTask } from "./shop-task.ts";

/** By what the user interface is told where its back ends are. Stages that make those set it. */
export const ENDPOINTS = {
  assets: "ENDPOINTS_ASSETS",
  catalog: "ENDPOINTS_CATALOG",
  carts: "ENDPOINTS_CARTS",
} as const;

/** Seconds in which a new task is not judged by the load balancer: a Java program takes one of them, or two. */
const GRACE_PERIOD = 120;

/** What the user interface runs on. */
interface Surroundings {
  readonly region: string;
  readonly network: Network;
  readonly cluster: Ref<string>;
  /** Of the load balancer, which people open. */
  readonly url: Ref<string>;
  /** Id of the load balancer's security group. */
  readonly loadBalancerGroup: Ref<string>;
  readonly executionRole: Ref<string>;
  readonly taskRole: Ref<string>;
  readonly logGroup: Ref<string>;
  readonly targetGroup: Ref<string>;
  /** What must be true before the first task starts. */
  readonly after: readonly AnyTask[];
}

/** The shop's user interface: its security group, what a task of it is, and the service. */
export function uiTasks(variables: RetailVariables, around: Surroundings) {
  const { ui, cluster, network: settings } = variables;
  const group = task("ui-security-group", `security group ${ui.securityGroup.name}`, securityGroup, {
    name: ui.securityGroup.name,
    description: ui.securityGroup.description,
    vpcId: around.network.vpcId,
    ingress: [
      {
        protocol: "tcp",
        fromPort: PORT,
        toPort: PORT,
        sourceGroup: around.loadBalancerGroup,
        description: "From the load balancer",
      },
    ],
    tags: {},
  });

  const defined = (environment: Readonly<Record<string, string>>): Refs<TaskDefinitionDesired> =>
    shopTask(ui, {
      ...around,
      cluster: cluster.name,
      healthPath: "/actuator/health",
      logPrefix: "ui-service",
      environment: { ...(ui.banner !== undefined && { RETAIL_UI_BANNER: ui.banner }), ...environment },
      keeps: Object.values(ENDPOINTS),
      initProcess: true,
    });
  const definition = task("ui-task-definition", `task definition ${ui.family}`, taskDefinition, defined({}));

  const isPublic = settings.nat === "none";
  const running = task(
    "ui-service",
    `service ${ui.name}`,
    service,
    {
      cluster: around.cluster,
      name: ui.name,
      taskDefinition: definition.out(({ arn }) => arn),
      desiredCount: ui.desiredCount,
      scalable: true,
      capacityProviderStrategy: [],
      fargate: {
        subnets: isPublic ? around.network.publicSubnets : around.network.privateSubnets,
        securityGroups: [group.out(({ groupId }) => groupId)],
        publicAddresses: isPublic,
      },
      executeCommand: ui.executeCommand,
      deployment: {
        minimumHealthyPercent: ui.minimumHealthyPercent,
        maximumPercent: ui.maximumPercent,
        whenFailing: ui.whenFailing,
      },
      availabilityZoneRebalancing: "ENABLED",
      loadBalancers: [{ targetGroup: around.targetGroup, container: CONTAINER, port: PORT }],
      healthCheckGracePeriod: GRACE_PERIOD,
      placementConstraints: [],
      placementStrategy: [],
      propagateTags: "SERVICE",
    },
    around.after,
  );

  const deployed = configuredService({
    name: ui.name,
    cluster: cluster.name,
    family: ui.family,
    container: CONTAINER,
    definition: defined,
    asked: { url: around.url, path: ui.targetGroup.healthPath, tells: false },
    rollSettings: rollSettingsOf(variables),
  });
  return {
    tasks: [group, definition, running],
    service: running,
    deployed,
    groupId: group.out(({ groupId }) => groupId),
  };
}

function rollSettingsOf({ ui }: RetailVariables): RollSettings {
  const { deregistrationDelay, interval, healthyThreshold, unhealthyThreshold } = ui.targetGroup;
  return {
    tasks: { value: ui.desiredCount, course: 2, variable: "ui.desiredCount" },
    least: { value: ui.minimumHealthyPercent, course: 100, variable: "ui.minimumHealthyPercent" },
    most: { value: ui.maximumPercent, course: 200, variable: "ui.maximumPercent" },
    drain: { value: deregistrationDelay, course: 30, variable: "ui.targetGroup.deregistrationDelay" },
    check: { value: interval, course: 10, variable: "ui.targetGroup.interval" },
    good: { value: healthyThreshold, course: 2, variable: "ui.targetGroup.healthyThreshold" },
    bad: { value: unhealthyThreshold, course: 3, variable: "ui.targetGroup.unhealthyThreshold" },
    kill: { value: ui.stopTimeout, course: 30, variable: "ui.stopTimeout" },
  };
}
