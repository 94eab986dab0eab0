import { type AnyTask, type Ref, type Refs, task } from "../../engine/task.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { service } from "../../kinds/ecs/service.ts";
import { taskDefinition } from "../../kinds/ecs/task-definition.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import type { PolicyDocument } from "../../kinds/iam/policy-document.ts";
import { role } from "../../kinds/iam/role.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import { passwordParameter } from "./database.ts";

/** Seconds in which a new task is not judged by the load balancer: bia is up in a few, its machine may be slower. */
const GRACE_PERIOD = 60;

/** The name of the log group that the tasks print to. */
export function logGroupName({ taskDefinition: { family, logs } }: BiaVariables): string {
  return logs.group ?? `/ecs/${family}`;
}

/** What the app runs on. */
interface Surroundings {
  readonly region: string;
  readonly cluster: Ref<string>;
  readonly capacityProvider: Ref<string>;
  /** With its tag. */
  readonly image: Ref<string>;
  readonly database: { readonly address: Ref<string>; readonly port: string; readonly passwordArn: Ref<string> };
  /** ARN; absent: there is no load balancer. */
  readonly targetGroup: Ref<string> | undefined;
  /** What must be true before the first task starts. */
  readonly after: readonly AnyTask[];
}

/** The app as an ECS service, and what it needs to start. */
export function serviceTasks(
  variables: BiaVariables,
  { region, cluster, capacityProvider, image, database, targetGroup, after }: Surroundings,
) {
  const { taskDefinition: definition, service: settings, capacityProvider: capacity, database: data } = variables;
  const {
    name: container,
    containerPort,
    hostPort,
    cpu,
    memory,
    stopTimeout,
    environment,
    secrets,
  } = definition.container;
  const executionRole = task("execution-role", `role ${definition.executionRole.name}`, role, {
    name: definition.executionRole.name,
    service: "ecs-tasks.amazonaws.com",
    managedPolicies: definition.executionRole.managedPolicies.map(managedPolicyArn),
    inlinePolicies: {
      "read-database-password": mayRead(region, [passwordParameter(data)]),
      ...(Object.keys(secrets).length > 0 && { "read-secrets": mayRead(region, Object.values(secrets)) }),
    },
  });

  const printed = task("log-group", `log group ${logGroupName(variables)}`, logGroup, {
    name: logGroupName(variables),
    retention: definition.logs.retention,
  });
  const output = definition.logs.enabled ? printed : undefined;

  const defined: Refs<TaskDefinitionDesired> = {
    family: definition.family,
    networkMode: "bridge",
    requiresCompatibilities: ["EC2"],
    runtimePlatform: { operatingSystem: "LINUX", architecture: architectureOf(variables) },
    executionRole: executionRole.out(({ arn }) => arn),
    containers: [
      {
        name: container,
        image,
        cpu,
        memory,
        stopTimeout,
        essential: true,
        portMappings: [{ hostPort, containerPort, protocol: "tcp" }],
        environment: {
          ...withoutNamesOf(secrets, {
            DB_USER: data.username,
            DB_HOST: database.address,
            DB_PORT: database.port,
            DB_NAME: data.name,
          }),
          ...environment,
        },
        secrets: { DB_PWD: database.passwordArn, ...secrets },
        ...(output && {
          logConfiguration: logConfiguration(
            output.out(({ name }) => name),
            region,
            container,
          ),
        }),
      },
    ],
    release: { container, versionVariable: "VERSAO_API" },
    service: { cluster: variables.cluster.name, name: settings.name },
  };
  const revision = task("task-definition", `task definition ${definition.family}`, taskDefinition, defined);

  const running = task(
    "service",
    `service ${settings.name}`,
    service,
    {
      cluster,
      name: settings.name,
      taskDefinition: revision.out(({ arn }) => arn),
      desiredCount: settings.desiredCount,
      capacityProviderStrategy: [{ provider: capacityProvider, base: capacity.base, weight: capacity.weight }],
      deployment: {
        minimumHealthyPercent: settings.minimumHealthyPercent,
        maximumPercent: settings.maximumPercent,
        whenFailing: settings.whenFailing,
      },
      // With 100 per cent at most AWS refuses it (CreateService, availabilityZoneRebalancing).
      availabilityZoneRebalancing: "DISABLED",
      loadBalancers: targetGroup ? [{ targetGroup, container, port: containerPort }] : [],
      healthCheckGracePeriod: targetGroup ? GRACE_PERIOD : 0,
      placementConstraints: [{ type: "distinctInstance" }],
      placementStrategy: [{ type: "spread", field: "attribute:ecs.availability-zone" }],
      propagateTags: "SERVICE",
    },
    after,
  );

  return { tasks: { executionRole, output, revision, service: running }, leftOut: output ? [] : [printed], defined };
}

/**
 * Of any account, which a role's own policy cannot reach anyway: so the role waits for nothing, and one that somebody else
 * made is looked at before anything is changed.
 */
function mayRead(region: string, parameters: readonly string[]): PolicyDocument {
  const Resource = [...new Set(parameters)].map((name) => `arn:aws:ssm:${region}:*:parameter${name}`).sort();
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["ssm:GetParameters"], Resource }] };
}

/** ECS takes no name both as a secret and as a text. */
function withoutNamesOf<Value>(secrets: object, texts: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => !Object.hasOwn(secrets, name)));
}

/** Each container has a stream of its own, `PREFIX/CONTAINER/TASK`. (ECS Developer Guide, "Send ECS logs to CloudWatch") */
function logConfiguration(group: Ref<string>, region: string, prefix: string) {
  const options = { "awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": prefix };
  return { driver: "awslogs" as const, options };
}

/** Graviton machines have images of their own, which say so in their parameter. */
function architectureOf({ launchTemplate }: BiaVariables): "ARM64" | "X86_64" {
  return /arm64/.test(launchTemplate.imageParameter) ? "ARM64" : "X86_64";
}
