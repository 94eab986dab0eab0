import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type LogConfiguration,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { onTestFinished } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { bareEnvironment } from "../support/cli.ts";
import { clientsOf } from "../support/runs.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

export const CLUSTER = "cluster-bia-alb";
export const SERVICE = "service-bia-alb";
export const GROUP = "/ecs/task-def-bia-alb";
const AWSLOGS: LogConfiguration = {
  logDriver: "awslogs",
  options: { "awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bia" },
};

/** A service of the stack's name, and a command line that works on it. */
export interface Served {
  readonly sandbox: RunningSandbox;
  readonly aws: AwsClients;
  readonly env: NodeJS.ProcessEnv;
  /** Puts events into the stream of a task. */
  put(task: string, ...events: InputLogEvent[]): Promise<void>;
}

/** @param logConfiguration of its container. Default: it prints to the log group */
export async function served(logConfiguration: LogConfiguration | undefined = AWSLOGS): Promise<Served> {
  const sandbox = await sandboxForTest({ delays: "none" });
  const aws = clientsOf(sandbox);
  onTestFinished(() => aws.close());
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  await aws.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const container = { name: "bia", image: "bia", memory: 128, logConfiguration };
  const family = "task-def-bia-alb";
  await aws.ecs.send(new RegisterTaskDefinitionCommand({ family, containerDefinitions: [container] }));
  const service = { cluster: CLUSTER, serviceName: SERVICE, taskDefinition: family, desiredCount: 0 };
  await aws.ecs.send(new CreateServiceCommand(service));
  const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  return {
    sandbox,
    aws,
    env,
    async put(task, ...logEvents) {
      const stream = { logGroupName: GROUP, logStreamName: `bia/bia/${task}` };
      await aws.logs.send(new CreateLogStreamCommand(stream)).catch(() => {});
      await aws.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    },
  };
}

/** Makes a task known to ECS, one that no service has started. */
export function know({ sandbox }: Served, id: string, lastStatus: "RUNNING" | "STOPPED"): void {
  const arn = `arn:aws:ecs:us-east-1:${sandbox.world.account}`;
  sandbox.world.region("us-east-1").ecs.tasks.put({
    taskArn: `${arn}:task/${CLUSTER}/${id}`,
    clusterArn: `${arn}:cluster/${CLUSTER}`,
    taskDefinitionArn: `${arn}:task-definition/task-def-bia-alb:1`,
    containers: [],
    lastStatus,
    desiredStatus: lastStatus,
    group: "family:task-def-bia-alb",
    cpu: "0",
    memory: "128",
    createdAt: new Date(),
    tags: [],
    version: 1,
    hidden: { serviceArn: "", targets: [] },
  });
}
