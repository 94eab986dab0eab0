import { spawnSync } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { awsCli, describeOnAwsCli } from "./aws.ts";
import { type Started, started } from "./started.ts";

const CLUSTER = ["--cluster", "cluster-bia-alb"];
const SERVICE = "service-bia-alb";
const TASKS_MAY_ASSUME = statement({
  Effect: "Allow",
  Principal: { Service: "ecs-tasks.amazonaws.com" },
  Action: "sts:AssumeRole",
});
const OPENS_CHANNELS = statement({ Effect: "Allow", Action: "ssmmessages:*", Resource: "*" });

let sandbox: Started | undefined;
let folder: string;
const { aws, look, ask } = awsCli(() => sandbox?.env ?? {});

// Each call is a program of its own, which takes seconds to start.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

describeOnAwsCli("the aws CLI on tasks of the whole stack that run", () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "bia-aws-exec-"));
    if (!inject("awsCli")) return;
    await cp(path.join(import.meta.dirname, "../../support/tiny-app"), path.join(folder, "app"), { recursive: true });
    await appendFile(path.join(folder, "app", "server.mjs"), 'console.log("ERROR: none, only a line to find");\n');
    const config = path.join(folder, "bia.ts");
    await writeFile(config, 'export default { app: { source: "app" } };\n');
    await writePlugin(path.join(folder, "bin"));
    sandbox = await started({ BIA_SANDBOX_DELAYS: "none" });
    const { code, stderr } = await sandbox.run("create", "--all", "--config", config);
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(async () => {
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("finds what they have printed, each line in the stream of its task", () => {
    const { taskArns } = look("ecs", "list-tasks", ...CLUSTER, "--service-name", SERVICE);
    const streams = taskArns.map((arn: string) => `bia/bia/${arn.split("/").at(-1)}`);
    const group = ["--log-group-name", "/ecs/task-def-bia-alb", "--log-stream-name-prefix", "bia/"];
    const { events } = look("logs", "filter-log-events", ...group, "--filter-pattern", "ERROR");
    const found = events.map(({ logStreamName, message }: Record<string, string>) => [logStreamName, message]);
    expect(found).toEqual(
      expect.arrayContaining(streams.map((stream: string) => [stream, expect.stringMatching(/^ERROR: none/)])),
    );
    expect(look("logs", "filter-log-events", ...group, "--filter-pattern", "WARN").events).toEqual([]);
  });

  it("opens a terminal on a container by execute-command, once it has a task role, a new deployment and a connected agent", () => {
    const update = ["ecs", "update-service", ...CLUSTER, "--service", SERVICE, "--enable-execute-command"];
    expect(aws(...update)).toMatchObject({
      code: "InvalidParameterException",
      message: expect.stringContaining("because a valid taskRoleArn is not being used"),
    });
    const role = ask(
      "Role.Arn",
      ...["iam", "create-role", "--role-name", "exec", "--assume-role-policy-document", TASKS_MAY_ASSUME],
    );
    const { taskDefinition } = look("ecs", "describe-task-definition", "--task-definition", "task-def-bia-alb");
    const containers = ["--container-definitions", JSON.stringify(taskDefinition.containerDefinitions)];
    const roles = ["--task-role-arn", role, "--execution-role-arn", taskDefinition.executionRoleArn];
    look("ecs", "register-task-definition", "--family", "task-def-bia-alb", ...containers, ...roles);
    look(...update, "--task-definition", "task-def-bia-alb");
    look("ecs", "wait", "services-stable", ...CLUSTER, "--services", SERVICE);

    const [task] = look("ecs", "list-tasks", ...CLUSTER, "--service-name", SERVICE).taskArns;
    expect(execute(task, "/bin/sh", "").stderr).toContain(
      "(TargetNotConnectedException) when calling the ExecuteCommand operation",
    );
    const policy = ["--role-name", "exec", "--policy-name", "exec", "--policy-document", OPENS_CHANNELS];
    look("iam", "put-role-policy", ...policy);
    const { stdout } = execute(task, "/bin/sh", "cd /tmp\necho in $PWD\nexit\n");
    const [{ containers: found }] = look("ecs", "describe-tasks", ...CLUSTER, "--tasks", task).tasks;
    expect(found[0].managedAgents).toMatchObject([{ name: "ExecuteCommandAgent", lastStatus: "RUNNING" }]);
    const id = task.split("/").at(-1);
    expect(stdout).toContain(`StartSession {"Target": "ecs:cluster-bia-alb_${id}_${found[0].runtimeId}"}`);
    expect(stdout).toContain("# echo in $PWD\r\nin /tmp\r\n# exit\r\n");
    expect(execute(task, `node -e 'console.log("six times", 7)'`, "").stdout).toContain("six times 7\r\n");
  });
});

/** Runs `aws ecs execute-command`, with this typed into its session. */
function execute(task: string, command: string, input: string) {
  const args = ["ecs", "execute-command", ...CLUSTER, "--task", task, "--command", command, "--interactive"];
  const env = { ...sandbox?.env, PATH: [path.join(folder, "bin"), process.env.PATH].join(path.delimiter) };
  const endpoint = ["--endpoint-url", sandbox?.env.AWS_ENDPOINT_URL ?? ""];
  return spawnSync("aws", [...args, ...endpoint], { env, input, encoding: "utf8" });
}

/** A program of the plugin's name. */
async function writePlugin(bin: string): Promise<void> {
  await mkdir(bin);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx"));
  const plugin = path.join(import.meta.dirname, "plugin.ts");
  const script = `#!/bin/sh\nexec "${process.execPath}" --import "${tsx}" "${plugin}" "$@"\n`;
  await writeFile(path.join(bin, "session-manager-plugin"), script, { mode: 0o755 });
}

function statement(one: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [one] });
}
