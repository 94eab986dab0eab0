import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type LogConfiguration,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { bareEnvironment, runCli, startCli } from "../support/cli.ts";
import { clientsOf } from "../support/runs.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

const CLUSTER = "cluster-bia-alb";
const SERVICE = "service-bia-alb";
const GROUP = "/ecs/task-def-bia-alb";
const [FIRST, SECOND, THIRD] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];

const AWSLOGS: LogConfiguration = {
  logDriver: "awslogs",
  options: { "awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bia" },
};

/** A service of the stack's name, and a command line that works on it. */
interface Served {
  readonly sandbox: RunningSandbox;
  readonly aws: AwsClients;
  readonly env: NodeJS.ProcessEnv;
  logs(...args: string[]): ReturnType<typeof runCli>;
  put(task: string, ...events: InputLogEvent[]): Promise<void>;
}

async function served(logConfiguration: LogConfiguration | undefined = AWSLOGS): Promise<Served> {
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
    logs: (...args) => runCli(["logs", ...args], env),
    async put(task, ...logEvents) {
      const stream = { logGroupName: GROUP, logStreamName: `bia/bia/${task}` };
      await aws.logs.send(new CreateLogStreamCommand(stream)).catch(() => {});
      await aws.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    },
  };
}

/** A task that ECS knows. */
function know({ sandbox }: Served, id: string, lastStatus: "RUNNING" | "STOPPED"): void {
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

const ago = (seconds: number, message: string): InputLogEvent => ({ timestamp: Date.now() - 1000 * seconds, message });

describe("bia-infra logs", () => {
  it("prints what the running tasks have printed, in the order of time, each line with its time and task", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    know(at, SECOND, "RUNNING");
    const line = ago(20, "GET /api/versao 200\n");
    await at.put(FIRST, line, ago(5, "third"));
    await at.put(SECOND, ago(10, "\u001b[32msecond\u001b[39m\twith colours"));
    const { code, stdout } = await at.logs();
    expect(code).toBe(0);
    const [first, ...others] = stdout.trimEnd().split("\n");
    expect(first).toBe(`${new Date(line.timestamp ?? 0).toISOString()} 11111111 GET /api/versao 200`);
    expect(others.map((text) => text.slice(25))).toEqual(["22222222 second  with colours", "11111111 third"]);
  });

  it("leaves out tasks that have stopped, of which --previous prints what they did, those that ECS forgot included", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    know(at, SECOND, "STOPPED");
    await at.put(THIRD, ago(30, "long gone"));
    await at.put(SECOND, ago(20, "died"));
    await at.put(FIRST, ago(10, "lives"));
    expect((await at.logs()).stdout).toMatch(/^\S+ 11111111 lives\n$/);
    expect((await at.logs("--previous")).stdout).toMatch(/^\S+ 33333333 long gone\n\S+ 22222222 died\n$/);
  });

  it("goes as far back as it is told, and says where to look when there is nothing", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    await at.put(FIRST, ago(120, "old"));
    const none = await at.logs("--since", "1m");
    expect(none).toMatchObject({ code: 0, stdout: "" });
    expect(none.stderr).toContain(
      "no running task of service service-bia-alb has printed anything in the last 1 min 00 s. --since 1d looks further back; `bia-infra logs --previous` shows what stopped ones did.",
    );
    expect((await at.logs("--since", "3m")).stdout).toContain("old");
  });

  it("prints only what matches, and objects where they are asked for", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    const error = ago(9, "SequelizeConnectionError: connect ECONNREFUSED");
    await at.put(FIRST, ago(10, "GET / 200"), error);
    const { stdout } = await at.logs("--grep", "Error|WARN", "--json");
    expect(JSON.parse(stdout)).toEqual({
      at: new Date(error.timestamp ?? 0).toISOString(),
      task: FIRST,
      container: "bia",
      message: error.message,
    });
  });

  it("reads more than an answer of AWS holds", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    const now = Date.now() - 60_000;
    await at.put(
      FIRST,
      ...Array.from({ length: 5_000 }, (_, index) => ({ timestamp: now + index, message: `${index}` })),
    );
    const { stdout } = await at.logs();
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((text) => Number(text.split(" ")[2])),
    ).toEqual([...Array(5_000).keys()]);
  });

  it("follows what comes, new tasks too, each line once, and ends with 0 at Ctrl-C", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    await at.put(THIRD, ago(30, "of a task that has stopped"));
    await at.put(FIRST, ago(20, "first"));
    const { child, ended } = startCli(["logs", "--follow"], at.env);
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    const texts = () =>
      out
        .trimEnd()
        .split("\n")
        .map((text) => text.slice(34));
    await expect.poll(texts, { timeout: 10_000 }).toEqual(["first"]);
    await at.put(SECOND, ago(0, "of a new task"));
    await expect.poll(texts, { timeout: 10_000 }).toEqual(["first", "of a new task"]);
    // Printed before, and there only now.
    await at.put(FIRST, ago(3, "late"));
    await expect.poll(texts, { timeout: 10_000 }).toEqual(["first", "of a new task", "late"]);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect(texts()).toEqual(["first", "of a new task", "late"]);
  });

  it("says what to do when the service keeps nothing", async () => {
    const at = await served({ logDriver: "json-file" });
    const { code, stderr } = await at.logs();
    expect(code).toBe(1);
    expect(stderr).toContain(
      "nothing of what service service-bia-alb prints is kept: task definition task-def-bia-alb:1 has no log driver awslogs",
    );
    expect(stderr).toContain("`bia-infra create --stage 2-3` then makes a log group");
  });

  it("says what to do when there is no such service, or its log group is gone", async () => {
    const at = await served();
    const other = await at.logs("web");
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain(
      "there is no service web in cluster cluster-bia-alb\nThe stack's own is service-bia-alb.",
    );
    await at.aws.logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    const gone = await at.logs();
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain("The specified log group does not exist.\nSomebody has deleted it: `bia-infra plan`");
    const sandbox = await sandboxForTest({ delays: "none" });
    const empty = await runCli(["logs"], bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }));
    expect(empty.stderr).toContain("`bia-infra create --stage 2-3` makes it.");
  });

  it.each([
    [["--since", "soon"], /It must be a number with s, m, h or d, such as 10m\./],
    [["--grep", "("], /Unterminated group|Invalid regular expression/],
    [["--follow", "--previous"], /--follow and --previous exclude each other/],
  ])("refuses %s before any call", async (args, words) => {
    const { code, stderr } = await runCli(
      ["logs", ...args],
      bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});
