import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecs";
import { CreateRoleCommand, type IAMClient } from "@aws-sdk/client-iam";
import type { Scenario } from "../transcript.ts";

const family = "shop";

const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

/** As the workshop's: awslogs, a health check, a named port. */
export const DEFINITION: RegisterTaskDefinitionCommandInput = {
  family,
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "1024",
  memory: "2048",
  runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
  containerDefinitions: [
    {
      name: "application",
      image: "public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0",
      essential: true,
      // moto adds up those of the containers when it runs a task, and fails without.
      cpu: 1024,
      memory: 2048,
      portMappings: [
        { containerPort: 8080, hostPort: 8080, protocol: "tcp", name: "application", appProtocol: "http" },
      ],
      environment: [{ name: "RETAIL_UI_BANNER", value: "hello" }],
      linuxParameters: { initProcessEnabled: true },
      healthCheck: {
        command: ["CMD-SHELL", "curl -f http://localhost:8080/ || exit 1"],
        interval: 10,
        timeout: 5,
        retries: 3,
        startPeriod: 60,
      },
      logConfiguration: {
        logDriver: "awslogs",
        options: { "awslogs-group": "shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ui" },
      },
    },
  ],
  tags: [{ key: "owner", value: "me" }],
};

/** Task definitions for Fargate. */
export const taskDefinitions: Scenario = {
  title: "task definitions for Fargate",
  async run({ ecs, iam }, call) {
    const role = await roleOfTasks(iam, "shopExecutionRole");
    const register = (name: string, other: Partial<RegisterTaskDefinitionCommandInput>) =>
      call(
        name,
        ecs.send(
          new RegisterTaskDefinitionCommand({ ...DEFINITION, executionRoleArn: role, taskRoleArn: role, ...other }),
        ),
      );
    const { taskDefinition } = await register("RegisterTaskDefinition", {});
    await register("RegisterTaskDefinition, again", {});
    await register("RegisterTaskDefinition, of another network mode", { family: "wrong", networkMode: "bridge" });
    await register("RegisterTaskDefinition, of a size that there is not", { family: "wrong", memory: "512" });
    await register("RegisterTaskDefinition, without memory", { family: "wrong", memory: undefined });
    const arn = taskDefinition?.taskDefinitionArn ?? "";
    await call(
      "DescribeTaskDefinition",
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: family, include: ["TAGS"] })),
    );
    await call(
      "DescribeTaskDefinition, unknown",
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "nothing" })),
    );
    await call("ListTaskDefinitions", ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family })));
    await call("ListTaskDefinitionFamilies", ecs.send(new ListTaskDefinitionFamiliesCommand({ familyPrefix: family })));
    await call(
      "TagResource",
      ecs.send(new TagResourceCommand({ resourceArn: arn, tags: [{ key: "stage", value: "one" }] })),
    );
    await call("ListTagsForResource", ecs.send(new ListTagsForResourceCommand({ resourceArn: arn })));
    await call("UntagResource", ecs.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ["stage"] })));
    await call("ListTagsForResource, fewer", ecs.send(new ListTagsForResourceCommand({ resourceArn: arn })));
    await call("DeleteTaskDefinitions, active", ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [arn] })));
    await call("DeregisterTaskDefinition", ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn })));
    await call("ListTaskDefinitions, active", ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family })));
    await call(
      "ListTaskDefinitions, inactive",
      ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family, status: "INACTIVE" })),
    );
    await call("DeleteTaskDefinitions", ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [arn] })));
  },
  differences: [
    {
      at: /\.(registeredAt|registeredBy|deregisteredAt|deleteRequestedAt)$/,
      why: "moto leaves it out (ecs:TaskDefinition)",
    },
    { at: /^RegisterTaskDefinition(, again)?\.tags$/, why: "moto leaves them out (ecs:RegisterTaskDefinition)" },
    { at: /, of another network mode$/, why: "moto takes it; AWS: Fargate only supports network mode ‘awsvpc’" },
    {
      at: /, of a size that there is not$/,
      why: "moto takes it; AWS: No Fargate configuration exists for given values",
    },
    { at: /, without memory$/, why: "moto takes it; AWS: Fargate requires that 'memory' be defined at the task level" },
  ],
};

/** ARN of a role that tasks can have. */
export async function roleOfTasks(iam: IAMClient, RoleName: string): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify(TRUST);
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  return Role?.Arn ?? "";
}
