import {
  CreateServiceCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  waitUntilServicesStable,
} from "@aws-sdk/client-ecs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import type { StackUp } from "./stack-up.ts";

/** Creates a service `shell` beside the stack's own, whose task has a role that ECS Exec may use. */
export async function createServiceWithExec({ aws: { ecs, iam } }: StackUp): Promise<void> {
  const RoleName = "exec";
  const trust = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
  const calls = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
  const may = { Effect: "Allow", Action: calls.map((call) => `ssmmessages:${call}`), Resource: "*" };
  const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: RoleName, PolicyDocument: document(may) }));
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "task-def-bia-alb" }));
  const { containerDefinitions, executionRoleArn, networkMode } = taskDefinition ?? {};
  // The stack's own tasks take more than half of their machines.
  const small = { cpu: 128, memory: 256, memoryReservation: 64 };
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "shell",
      containerDefinitions: containerDefinitions?.map((container) => ({ ...container, ...small })),
      executionRoleArn,
      networkMode,
      taskRoleArn: RoleName,
    }),
  );
  const service = { serviceName: "shell", taskDefinition: "shell", desiredCount: 1, enableExecuteCommand: true };
  await ecs.send(new CreateServiceCommand({ cluster: "cluster-bia-alb", ...service }));
  const wanted = { cluster: "cluster-bia-alb", services: ["shell"] };
  await waitUntilServicesStable({ client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, wanted);
}
