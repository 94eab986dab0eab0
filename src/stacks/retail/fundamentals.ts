import { type AnyTask, type Ref, type Stage, task } from "../../engine/task.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import { cluster as clusterKind } from "../../kinds/ecs/cluster.ts";
import { listener } from "../../kinds/elbv2/listener.ts";
import { loadBalancer as balancerKind } from "../../kinds/elbv2/load-balancer.ts";
import { targetGroup } from "../../kinds/elbv2/target-group.ts";
import { role } from "../../kinds/iam/role.ts";
import type { RetailVariables } from "../../variables/index.ts";
import { fromAddresses } from "../ingress.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import type { Place } from "../place.ts";
import { fargateCost, loadBalancerCost, logGroupCost } from "../prices.ts";
import type { Network } from "./network.ts";
import { uiTasks } from "./ui.ts";

/** What later stages need of this one. */
export interface Shop {
  readonly cluster: {
    readonly name: Ref<string>;
    readonly arn: Ref<string>;
    /** What the ARNs of its services begin with. */
    readonly services: Ref<string>;
  };
  /** ARNs of what the internet reaches, and of where it leads to. */
  readonly loadBalancer: Ref<string>;
  readonly targetGroup: Ref<string>;
  /** What leads there. */
  readonly listener: AnyTask;
  /** The user interface, with tasks that run, and the id of its security group. */
  readonly ui: AnyTask;
  readonly uiGroup: Ref<string>;
  /** ARN of the role that pulls images and writes logs, and the name of what those go to. */
  readonly executionRole: Ref<string>;
  readonly logGroup: Ref<string>;
  /** ARN of the role of the user interface's containers. */
  readonly taskRole: Ref<string>;
}

/** The lab "Fundamentals": the shop's user interface as a service on Fargate, behind a load balancer. */
export function fundamentals(
  variables: RetailVariables,
  { region }: Place,
  network: Network,
): Stage & { readonly made: Shop } {
  const { loadBalancer, cluster: clusterSettings, roles, logs, ui } = variables;

  const entrance = task("alb-security-group", `security group ${loadBalancer.securityGroup.name}`, securityGroup, {
    name: loadBalancer.securityGroup.name,
    description: loadBalancer.securityGroup.description,
    vpcId: network.vpcId,
    ingress: loadBalancer.securityGroup.ingress.map(fromAddresses),
    tags: {},
  });

  const executionRole = task("execution-role", `role ${roles.execution}`, role, {
    name: roles.execution,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: [managedPolicyArn("AmazonECSTaskExecutionRolePolicy")],
  });

  const taskRole = task("task-role", `role ${roles.task}`, role, {
    name: roles.task,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: [],
    inlinePolicies: { "ecs-exec": EXEC_POLICY },
  });

  const output = task("log-group", `log group ${logs.group}`, logGroup, {
    name: logs.group,
    retention: logs.retention,
  });

  const balancer = task(
    "load-balancer",
    `load balancer ${loadBalancer.name}`,
    balancerKind,
    {
      name: loadBalancer.name,
      scheme: "internet-facing",
      subnets: network.publicSubnets,
      securityGroups: [entrance.out(({ groupId }) => groupId)],
    },
    [network.entrance],
  );

  const targets = task("target-group", `target group ${ui.targetGroup.name}`, targetGroup, {
    name: ui.targetGroup.name,
    targetType: "ip",
    protocol: "HTTP",
    protocolVersion: "HTTP1",
    port: 8080,
    vpcId: network.vpcId,
    healthCheck: {
      protocol: "HTTP",
      port: "traffic-port",
      path: ui.targetGroup.healthPath,
      interval: ui.targetGroup.interval,
      timeout: ui.targetGroup.timeout,
      healthyThreshold: ui.targetGroup.healthyThreshold,
      unhealthyThreshold: ui.targetGroup.unhealthyThreshold,
      codes: "200",
    },
    attributes: { "deregistration_delay.timeout_seconds": `${ui.targetGroup.deregistrationDelay}` },
  });

  const http = task("http-listener", `listener HTTP ${loadBalancer.port}`, listener, {
    loadBalancer: balancer.early(({ arn }) => arn),
    port: loadBalancer.port,
    protocol: "HTTP",
    targetGroup: targets.out(({ arn }) => arn),
  });

  const cluster = task("cluster", `cluster ${clusterSettings.name}`, clusterKind, clusterSettings);

  const url = balancer.out(({ dnsName }) =>
    loadBalancer.port === 80 ? `http://${dnsName}` : `http://${dnsName}:${loadBalancer.port}`,
  );
  const { tasks, service, deployed, groupId } = uiTasks(variables, {
    region,
    network,
    url,
    cluster: cluster.out(({ name }) => name),
    loadBalancerGroup: entrance.out(({ groupId }) => groupId),
    executionRole: executionRole.out(({ arn }) => arn),
    taskRole: taskRole.out(({ arn }) => arn),
    logGroup: output.out(({ name }) => name),
    targetGroup: targets.out(({ arn }) => arn),
    after: [http, ...network.ways],
  });

  return {
    made: {
      cluster: {
        name: cluster.out(({ name }) => name),
        arn: cluster.out(({ arn }) => arn),
        services: cluster.out(({ arn }) => `${arn.replace(":cluster/", ":service/")}/`),
      },
      loadBalancer: balancer.out(({ arn }) => arn),
      targetGroup: targets.out(({ arn }) => arn),
      listener: http,
      ui: service,
      uiGroup: groupId,
      executionRole: executionRole.out(({ arn }) => arn),
      logGroup: output.out(({ name }) => name),
      taskRole: taskRole.out(({ arn }) => arn),
    },
    name: "fundamentals",
    title: "FUNDAMENTALS: the shop on Fargate, behind a load balancer",
    tasks: [entrance, executionRole, taskRole, output, balancer, targets, http, cluster, ...tasks],
    accountWide: ["roles.execution", "roles.task"],
    outputs: {
      shop: url,
      cluster: cluster.out(({ name }) => name),
      service: service.out(() => ui.name),
    },
    costs: [
      loadBalancerCost(`load balancer ${loadBalancer.name}`, network.publicSubnets.length),
      fargateCost(`tasks of ${ui.name}`, ui.desiredCount, { ...ui, isPublic: variables.network.nat === "none" }),
      logGroupCost(`log group ${logs.group}`),
    ],
    running: { cluster: clusterSettings.name, service: ui.name },
    services: [deployed],
  };
}

/** What the agent of ECS Exec in a container needs. (ECS Developer Guide, "IAM permissions required for ECS Exec") */
const EXEC_POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      Resource: ["*"],
    },
  ],
} as const;
