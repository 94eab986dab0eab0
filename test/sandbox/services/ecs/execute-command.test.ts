import {
  DescribeTasksCommand,
  ExecuteCommandCommand,
  type ExecuteCommandCommandInput,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { refusal } from "../clients.ts";
import {
  addMachines,
  CLUSTER,
  createCluster,
  createExecutionRole,
  createService,
  type Ecs,
  ecsOf,
  FAMILY,
  register,
  SERVICE,
  tasksOf,
} from "./fixtures.ts";

const NOT_ENABLED =
  "InvalidParameterException: The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.";

/** Two machines, and a task definition with a role that has no policies yet. */
async function cluster(): Promise<Ecs> {
  const at = await ecsOf({ delays: "short" });
  await createCluster(at, 0);
  addMachines(at, 2);
  await register(at, { taskRoleArn: await createExecutionRole(at, []) });
  return at;
}

async function taskOf(at: Ecs, enableExecuteCommand: boolean): Promise<string> {
  const { tasks } = await at.ecs.send(
    new RunTaskCommand({ cluster: CLUSTER, taskDefinition: FAMILY, enableExecuteCommand }),
  );
  return tasks?.[0]?.taskArn ?? "";
}

const execute = ({ ecs }: Ecs, input: Partial<ExecuteCommandCommandInput>) =>
  ecs.send(new ExecuteCommandCommand({ cluster: CLUSTER, task: "", command: "ls", interactive: true, ...input }));

const agentOf = async ({ ecs }: Ecs, task: string) => {
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [task] }));
  return tasks?.[0]?.containers?.[0]?.managedAgents?.[0];
};

test("the agent of ECS Exec comes up after its task, and ends with it", async () => {
  const at = await cluster();
  expect(await agentOf(at, await taskOf(at, false))).toBeUndefined();
  const task = await taskOf(at, true);
  expect(await agentOf(at, task)).toEqual({ name: "ExecuteCommandAgent", lastStatus: "PENDING" });
  await at.world.clock.advance(5000);
  expect(await agentOf(at, task)).toMatchObject({ lastStatus: "RUNNING", lastStartedAt: expect.any(Date) });
  await at.ecs.send(new StopTaskCommand({ cluster: CLUSTER, task }));
  await at.world.clock.advance(5000);
  expect(await agentOf(at, task)).toMatchObject({ lastStatus: "STOPPED" });
});

test("ExecuteCommand says, in AWS's words, what a task lacks for it, and answers a session once it lacks nothing", async () => {
  const at = await cluster();
  const without = await taskOf(at, false);
  const task = await taskOf(at, true);
  expect(await refusal(execute(at, { task }))).toBe(NOT_ENABLED);
  await at.world.clock.advance(5000);
  expect(await refusal(execute(at, { task: without }))).toBe(NOT_ENABLED);
  expect(await refusal(execute(at, { task, cluster: "other" }))).toBe("ClusterNotFoundException: Cluster not found.");
  expect(await refusal(execute(at, { task: "bia" }))).toBe(
    "InvalidParameterException: task length should be one of [32,36]",
  );
  expect(await refusal(execute(at, { task: "0".repeat(32) }))).toBe(
    "InvalidParameterException: The referenced task was not found.",
  );
  expect(await refusal(execute(at, { task, container: "other" }))).toBe(
    "InvalidParameterException: The container other was not found in the task.",
  );
  expect(await refusal(execute(at, { task }))).toBe(
    "TargetNotConnectedException: The execute command failed due to an internal error. Try again later.",
  );
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  await at.iam.send(new AttachRolePolicyCommand({ RoleName: "ecsTaskExecutionRole", PolicyArn }));
  const { session, ...about } = await execute(at, { task });
  expect(about).toMatchObject({ taskArn: task, containerName: "bia", interactive: true });
  expect(session).toEqual({
    sessionId: expect.stringMatching(/^ecs-execute-command-[a-z2-7]{26}$/),
    streamUrl: expect.stringContaining(`/v1/data-channel/${session?.sessionId}?role=publish_subscribe`),
    tokenValue: expect.stringMatching(/^[\w+/]{80}$/),
  });
});

test("a session opens for its token, and once", async () => {
  const at = await cluster();
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  await at.iam.send(new AttachRolePolicyCommand({ RoleName: "ecsTaskExecutionRole", PolicyArn }));
  const task = await taskOf(at, true);
  await at.world.clock.advance(5000);
  const { session } = await execute(at, { task });
  const open = (first: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(session?.streamUrl ?? "");
      socket.on("error", reject).on("open", () => socket.send(first));
      socket.on("message", (message) => {
        socket.terminate();
        resolve(`opened: ${message.toString().includes("RequestedClientActions")}`);
      });
      socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
    });
  const refused = `1003 Channel ${session?.sessionId}: request to open data channel does not contain token.`;
  expect(await open("{}")).toBe(refused);
  expect(await open(JSON.stringify({ TokenValue: `${session?.tokenValue}x` }))).toBe(refused);
  const right = JSON.stringify({ TokenValue: session?.tokenValue });
  expect(await open(right)).toBe("opened: true");
  expect(await open(right)).toBe(refused);
});

test("services and tasks for ECS Exec need a role of the task", async () => {
  const at = await cluster();
  await createService(at, { desiredCount: 0 });
  await register(at);
  const enableExecuteCommand = true;
  const wanting =
    "because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.";
  expect(await refusal(createService(at, { serviceName: "other", enableExecuteCommand }))).toBe(
    `InvalidParameterException: The service couldn't be created ${wanting}`,
  );
  const update = new UpdateServiceCommand({
    cluster: CLUSTER,
    service: SERVICE,
    taskDefinition: FAMILY,
    enableExecuteCommand,
  });
  expect(await refusal(at.ecs.send(update))).toBe(
    `InvalidParameterException: The service couldn't be updated ${wanting}`,
  );
  expect(await refusal(taskOf(at, true))).toBe(
    "InvalidParameterException: The execute command failed because a valid task role is not being used. Specify a valid task role in your task definition or as a task override and try again.",
  );
  expect(await tasksOf(at)).toEqual([]);
});
