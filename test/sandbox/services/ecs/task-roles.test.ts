import { createRequire } from "node:module";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { RunTaskCommand } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientConfig } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";
import { CLUSTER, type Ecs, register, settle, tasksOf } from "./fixtures.ts";
import { fargate, network, registerUi, UI } from "./on-fargate.ts";
import { HOST, runningCluster, until } from "./running.ts";

const ROLE = "retailStoreEcsTaskRole";
const sdk = (name: string) => `require(${JSON.stringify(createRequire(import.meta.url).resolve(name))})`;

/** A program that says what comes of each call, as JSON, and makes those that are refused again until they are not. */
const PROGRAM = `
const { STSClient, GetCallerIdentityCommand } = ${sdk("@aws-sdk/client-sts")};
const { SSMClient, GetParameterCommand } = ${sdk("@aws-sdk/client-ssm")};
const region = process.env.AWS_REGION ?? "us-east-1";
const [sts, ssm] = [new STSClient({ region, maxAttempts: 1 }), new SSMClient({ region, maxAttempts: 1 })];
const say = (answer) => console.log(JSON.stringify(answer));
const failed = ({ name, message }) => ({ name, message });
(async () => {
  const metadata = process.env.ECS_CONTAINER_METADATA_URI_V4;
  const json = async (url) => (await fetch(url)).json();
  let own;
  while (!(own = await json(metadata + "/stats"))) await new Promise((resolve) => setTimeout(resolve, 50));
  say([own, await json(metadata + "/task/stats"), await json("http://169.254.170.2/v2/credentials/0-0")]);
  say(await sts.send(new GetCallerIdentityCommand({})).then(({ Arn }) => Arn, failed));
  const get = () => ssm.send(new GetParameterCommand({ Name: "/shop/name" })).then((got) => got.Parameter.Value, failed);
  say(await get());
  let value;
  while (typeof (value = await get()) !== "string") await new Promise((resolve) => setTimeout(resolve, 50));
  say(value);
})();`;

/** Makes the role of a task, its log group, and what it wants to read. Answers its ARN. */
async function createTaskRole({ iam, ssm, sandbox }: Ecs): Promise<string> {
  const logs = new CloudWatchLogsClient(clientConfig(sandbox));
  await logs.send(new CreateLogGroupCommand({ logGroupName: "tasks" }));
  logs.destroy();
  await ssm.send(new PutParameterCommand({ Name: "/shop/name", Type: "String", Value: "Retail" }));
  const Tags = [{ Key: "team", Value: "shop" }];
  const AssumeRolePolicyDocument = trust(`arn:aws:ecs:*:000000000000:task/*`);
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument, Tags }));
  return Role?.Arn ?? "";
}

/** That ECS may assume a role, for tasks of the account that are so. */
function trust(tasks: string): string {
  const Condition = { StringEquals: { "aws:SourceAccount": "000000000000" }, ArnLike: { "aws:SourceArn": tasks } };
  const Principal = { Service: "ecs-tasks.amazonaws.com" };
  const statement = { Effect: "Allow", Principal, Action: "sts:AssumeRole", Condition };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** Lets the role read the parameter, or not, from a region. */
function put({ iam }: Ecs, PolicyName: string, Effect: "Allow" | "Deny", region = "us-east-1") {
  const Resource = "arn:aws:ssm:us-east-1:000000000000:parameter/$" + "{aws:PrincipalTag/team}/*";
  const Condition = { StringEquals: { "aws:RequestedRegion": region }, Bool: { "aws:SecureTransport": true } };
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect, Action: "ssm:GetParameter", Resource, Condition }],
  });
  return iam.send(new PutRolePolicyCommand({ RoleName: ROLE, PolicyName, PolicyDocument }));
}

function container(image: string) {
  const options = { "awslogs-group": "tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "a" };
  const logConfiguration = { logDriver: "awslogs" as const, options };
  const environment = [{ name: "NODE_NO_WARNINGS", value: "1" }];
  return { name: "application", image, entryPoint: ["node", "-e", PROGRAM], environment, logConfiguration };
}

/** What the program has said by then: so many answers. */
function said(at: Ecs, count: number) {
  const logs = new CloudWatchLogsClient(clientConfig(at.sandbox));
  onTestFinished(() => logs.destroy());
  return until(at, async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "tasks" }));
    return events.length >= count && events.map(({ message = "" }) => JSON.parse(message));
  });
}

const denied = (task: string, why: string) => ({
  name: "AccessDeniedException",
  message: `User: arn:aws:sts::000000000000:assumed-role/${ROLE}/${task} is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:000000000000:parameter/shop/name ${why}`,
});
const idOf = (taskArn = "") => taskArn.split("/").at(-1) ?? "";

describe("a container of a task with a role", () => {
  it("calls AWS with the role's credentials, may what its policies say at that moment, and is told what it uses", async () => {
    const at = await fargate({ traffic: true });
    const taskRoleArn = await createTaskRole(at);
    await registerUi(at, { taskRoleArn, containerDefinitions: [{ ...container(UI), cpu: 256, memory: 1024 }] });
    await put(at, "elsewhere", "Allow", "eu-west-1");
    const input = { cluster: CLUSTER, taskDefinition: "ui", launchType: "FARGATE" as const };
    const { tasks } = await at.ecs.send(new RunTaskCommand({ ...input, networkConfiguration: network(at) }));
    const id = idOf(tasks?.[0]?.taskArn);
    const [[own, all, unknown], arn, refused] = await said(at, 3);
    expect(own).toMatchObject({
      name: "application",
      id: expect.stringMatching(`^${id}-\\d+$`),
      memory_stats: { limit: 1024 * 2 ** 20 },
      pids_stats: { current: 1 },
    });
    // A process of Node's.
    expect(own.memory_stats.usage).toBeGreaterThan(20 * 2 ** 20);
    expect(own.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(1e7);
    expect(own.cpu_stats.system_cpu_usage).toBeGreaterThan(own.cpu_stats.cpu_usage.total_usage);
    expect(all[own.id]).toMatchObject({ preread: own.read, precpu_stats: own.cpu_stats });
    expect(unknown).toMatchObject({ code: "InvalidIdInRequest" });
    expect(arn).toBe(`arn:aws:sts::000000000000:assumed-role/${ROLE}/${id}`);
    expect(refused).toEqual(denied(id, "because no identity-based policy allows the ssm:GetParameter action"));
    await put(at, "read", "Allow");
    expect((await said(at, 4)).at(-1)).toBe("Retail");
  });

  it("is refused what one of its policies denies, on a machine of one's own, too", async () => {
    const at = await runningCluster();
    const taskRoleArn = await createTaskRole(at);
    for (const effect of ["Allow", "Deny"] as const) await put(at, effect, effect);
    const { executionRoleArn } = at;
    const containerDefinitions = [{ ...container(`${HOST}/bia:latest`), cpu: 256, memory: 256 }];
    const { taskDefinition } = await register(at, { taskRoleArn, executionRoleArn, containerDefinitions });
    const run = { cluster: CLUSTER, taskDefinition: taskDefinition?.taskDefinitionArn };
    const { tasks } = await at.ecs.send(new RunTaskCommand(run));
    const [, arn, refused] = await said(at, 3);
    const id = idOf(tasks?.[0]?.taskArn);
    expect(arn).toBe(`arn:aws:sts::000000000000:assumed-role/${ROLE}/${id}`);
    expect(refused).toEqual(denied(id, "with an explicit deny in an identity-based policy"));
  });
});

it("a task whose role cannot be assumed does not start: it is gone, or trusts the tasks of a cluster, which ECS does not tell", async () => {
  const at = await fargate();
  const executionRoleArn = await createTaskRole(at);
  const AssumeRolePolicyDocument = trust(`arn:aws:ecs:*:000000000000:task/${CLUSTER}/*`);
  const { Role } = await at.iam.send(new CreateRoleCommand({ RoleName: "clustered", AssumeRolePolicyDocument }));
  for (const taskRoleArn of ["arn:aws:iam::000000000000:role/gone", Role?.Arn ?? ""]) {
    await registerUi(at, { taskRoleArn, executionRoleArn });
    const input = { cluster: CLUSTER, taskDefinition: "ui", launchType: "FARGATE" as const };
    await at.ecs.send(new RunTaskCommand({ ...input, networkConfiguration: network(at) }));
    await settle(at);
    const reasons = (await tasksOf(at, "STOPPED")).map(({ stoppedReason }) => stoppedReason);
    expect(reasons).toContainEqual(expect.stringContaining(`ECS was unable to assume the role '${taskRoleArn}'`));
  }
});

it("the keys of a role's session are worth nothing without its token", async () => {
  const at = await fargate();
  await createTaskRole(at);
  await put(at, "read", "Allow");
  const role = at.world.iam.roles.get(ROLE);
  if (!role) throw new Error("the role is not there");
  const { accessKeyId, secretAccessKey, token } = at.world.roleSessions.of(role, {
    name: "a",
    sourceIp: () => undefined,
  });
  const get = (sessionToken?: string) => {
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    const ssm = new SSMClient({ ...clientConfig(at.sandbox), credentials, maxAttempts: 1 });
    onTestFinished(() => ssm.destroy());
    return ssm.send(new GetParameterCommand({ Name: "/shop/name" }));
  };
  expect((await get(token)).Parameter?.Value).toBe("Retail");
  for (const wrong of [undefined, "x"]) {
    expect(await refusal(get(wrong))).toBe(
      "UnrecognizedClientException: The security token included in the request is invalid.",
    );
  }
});
