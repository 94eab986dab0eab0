import { type AnyTask, type Ref, task } from "../../engine/task.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import { service } from "../../kinds/ecs/service.ts";
import { taskDefinition } from "../../kinds/ecs/task-definition.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Network } from "./network.ts";

/** The port that every program of the shop listens on. */
const PORT = 8080;
/** What each of them is called in its task. */
const CONTAINER = "application";
/** Seconds in which a new task is not judged by the load balancer: a Java program takes one of them, or two. */
const GRACE_PERIOD = 120;

/** What the user interface runs on. */
interface Surroundings {
  readonly region: string;
  readonly network: Network;
  readonly cluster: Ref<string>;
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
export function uiTasks({ ui, network: settings }: RetailVariables, around: Surroundings) {
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

  const definition = task("ui-task-definition", `task definition ${ui.family}`, taskDefinition, {
    family: ui.family,
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" },
    executionRole: around.executionRole,
    taskRole: around.taskRole,
    cpu: ui.cpu,
    memory: ui.memory,
    containers: [
      {
        name: CONTAINER,
        image: ui.image,
        cpu: 0,
        essential: true,
        portMappings: [{ containerPort: PORT, hostPort: PORT, protocol: "tcp", name: CONTAINER, appProtocol: "http" }],
        environment: ui.banner === undefined ? {} : { RETAIL_UI_BANNER: ui.banner },
        secrets: {},
        logConfiguration: {
          driver: "awslogs",
          options: {
            "awslogs-group": around.logGroup,
            "awslogs-region": around.region,
            "awslogs-stream-prefix": "ui-service",
          },
        },
        healthCheck: {
          command: ["CMD-SHELL", `curl -f http://localhost:${PORT}/actuator/health || exit 1`],
          interval: 10,
          timeout: 5,
          retries: 3,
          startPeriod: 60,
        },
        initProcess: true,
      },
    ],
  });

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

  return { tasks: [group, definition, running], service: running };
}
