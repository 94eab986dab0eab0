import { StopInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import {
  CancelCommandCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
} from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../services/clients.ts";
import { launch } from "../services/ec2/fixtures.ts";
import { invocationOf, machineReady, outcome, send, until } from "./machines.ts";

test("a command runs on the machine as root, and its output is there once it has ended", async () => {
  const ready = await machineReady();
  const id = await send(ready, ready.instanceId, ["whoami", "pwd", "echo problem >&2"]);
  expect(await invocationOf(ready, ready.instanceId, id)).toMatchObject({
    Status: "Pending",
    ResponseCode: -1,
    StandardOutputContent: "",
  });
  expect(await outcome(ready, id)).toMatchObject({
    Status: "Success",
    StatusDetails: "Success",
    ResponseCode: 0,
    StandardOutputContent: "root\n/usr/bin\n",
    StandardErrorContent: "problem\n",
    PluginName: "aws:runShellScript",
  });
});

test("the exit code of a script is that of its last line, unless it says otherwise", async () => {
  const ready = await machineReady();
  const forgiving = await send(ready, ready.instanceId, ["false", "true"]);
  expect(await outcome(ready, forgiving)).toMatchObject({ Status: "Success", ResponseCode: 0 });
  const strict = await send(ready, ready.instanceId, ["set -e", "echo before", "(exit 3)", "echo after"]);
  expect(await outcome(ready, strict)).toMatchObject({
    Status: "Failed",
    ResponseCode: 3,
    StandardOutputContent: "before\n",
    StandardErrorContent: "failed to run commands: exit status 3",
  });
});

test("what a command leaves on the disk is there for the next one", async () => {
  const ready = await machineReady();
  await outcome(ready, await send(ready, ready.instanceId, "echo hello > /root/note"));
  const id = await send(ready, ready.instanceId, "cat note", { workingDirectory: ["/root"] });
  expect(await outcome(ready, id)).toMatchObject({ StandardOutputContent: "hello\n" });
});

test("long output is cut after 24,000 characters, errors after 8,000", async () => {
  const ready = await machineReady();
  const id = await send(ready, ready.instanceId, ["printf 'x%.0s' $(seq 30000)", "printf 'y%.0s' $(seq 30000) >&2"]);
  const { StandardOutputContent = "", StandardErrorContent = "" } = await outcome(ready, id);
  expect(StandardOutputContent).toHaveLength(24_000);
  expect(StandardErrorContent).toHaveLength(8_000);
  expect(StandardOutputContent).toMatch(/^x{1000}.*---Output truncated---$/s);
});

test("a command is not known right after it was sent, then pending, then in progress", async () => {
  const ready = await machineReady({ delays: "real" });
  const id = await send(ready, ready.instanceId, "sleep 1000");
  expect(await refusal(invocationOf(ready, ready.instanceId, id))).toMatch(/^InvocationDoesNotExist: /);
  await ready.world.clock.advance(600);
  expect(await invocationOf(ready, ready.instanceId, id)).toMatchObject({ Status: "Pending" });
  await ready.world.clock.advance(600);
  expect(await invocationOf(ready, ready.instanceId, id)).toMatchObject({ Status: "InProgress" });
});

test("a script that takes longer than its execution timeout is ended", async () => {
  const ready = await machineReady();
  const id = await send(ready, ready.instanceId, ["echo begun", "sleep 1000"], { executionTimeout: ["5"] });
  await until(ready, async () => (await invocationOf(ready, ready.instanceId, id)).Status === "InProgress");
  await ready.world.clock.advance(5000);
  expect(await outcome(ready, id)).toMatchObject({
    Status: "TimedOut",
    StatusDetails: "Execution Timed Out",
    StandardOutputContent: "begun\n",
  });
});

describe("cancelling", () => {
  const cancel = (ready: Awaited<ReturnType<typeof machineReady>>, CommandId: string) =>
    ready.ssm.send(new CancelCommandCommand({ CommandId }));

  test("ends a script that runs", async () => {
    const ready = await machineReady();
    const id = await send(ready, ready.instanceId, "sleep 1000");
    await until(ready, async () => (await invocationOf(ready, ready.instanceId, id)).Status === "InProgress");
    await cancel(ready, id);
    expect(await outcome(ready, id)).toMatchObject({ Status: "Cancelled" });
  });

  test("keeps one that has not begun from running", async () => {
    const ready = await machineReady({ delays: "real" });
    const id = await send(ready, ready.instanceId, "touch /root/was-here");
    await ready.world.clock.advance(600);
    await cancel(ready, id);
    await ready.world.clock.advance(10_000);
    expect(await outcome(ready, id)).toMatchObject({ Status: "Cancelled" });
    const look = await send(ready, ready.instanceId, "ls /root/was-here");
    await ready.world.clock.advance(10_000);
    expect(await outcome(ready, look)).toMatchObject({ Status: "Failed" });
  });

  test("of a command that is not known is refused", async () => {
    const ready = await machineReady();
    expect(await refusal(cancel(ready, "00000000-0000-0000-0000-000000000000"))).toMatch(/^InvalidCommandId: /);
  });
});

describe("refused is a command", () => {
  const unknown = "i-0123456789abcdef0";
  const attempt = (clients: Awaited<ReturnType<typeof clientsOf>>, input: Partial<SendCommandCommandInput>) =>
    refusal(
      clients.ssm.send(
        new SendCommandCommand({
          DocumentName: "AWS-RunShellScript",
          InstanceIds: [unknown],
          Parameters: { commands: ["true"] },
          ...input,
        }),
      ),
    );

  test("to an instance that is not there, or not registered yet", async () => {
    const clients = await clientsOf();
    const refused = (id: string) =>
      `InvalidInstanceId: Instances [[${id}]] not in a valid state for account ${clients.world.account}`;
    expect(await attempt(clients, {})).toBe(refused(unknown));
    const id = await launch(clients.ec2);
    expect(await attempt(clients, { InstanceIds: [id] })).toBe(refused(id));
  });

  test("to several instances of which one is not reachable", async () => {
    const ready = await machineReady();
    expect(await attempt(ready, { InstanceIds: [ready.instanceId, unknown] })).toBe(
      `InvalidInstanceId: Instances [[${unknown}]] not in a valid state for account ${ready.world.account}`,
    );
    expect((await ready.ssm.send(new ListCommandsCommand({}))).Commands ?? []).toEqual([]);
  });

  test("to a stopped or terminated instance", async () => {
    const ready = await machineReady();
    const InstanceIds = [ready.instanceId];
    await ready.ec2.send(new StopInstancesCommand({ InstanceIds }));
    await ready.world.clock.advance(0);
    expect(await attempt(ready, { InstanceIds })).toMatch(/^InvalidInstanceId: /);
    await ready.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(await attempt(ready, { InstanceIds })).toMatch(/^InvalidInstanceId: /);
  });

  test.each<[string, Partial<SendCommandCommandInput>, RegExp]>([
    ["of a document that is not there", { DocumentName: "my-document" }, /^InvalidDocument: /],
    [
      "of a document of AWS that is not emulated",
      { DocumentName: "AWS-RunPowerShellScript" },
      /^SandboxNotEmulated: .*AWS-RunPowerShellScript/,
    ],
    ["without commands", { Parameters: {} }, /^InvalidParameters: /],
    [
      "with a parameter that the document does not have",
      { Parameters: { commands: ["true"], cwd: ["/"] } },
      /^InvalidParameters: .*cwd/,
    ],
    [
      "with an execution timeout of over two days",
      { Parameters: { commands: ["true"], executionTimeout: ["172801"] } },
      /^InvalidParameters: /,
    ],
    ["with a delivery timeout below 30 s", { TimeoutSeconds: 10 }, /^ValidationException: .*timeoutSeconds/],
    ["to nobody", { InstanceIds: [] }, /^InvalidParameters: /],
    [
      "whose output goes to S3, which is not emulated",
      { OutputS3BucketName: "bucket" },
      /^SandboxNotEmulated: .*OutputS3BucketName/,
    ],
    [
      "whose output goes to CloudWatch, which is not emulated",
      { CloudWatchOutputConfig: {} },
      /^SandboxNotEmulated: .*CloudWatchOutputConfig/,
    ],
  ])("%s", async (_what, input, expected) => {
    expect(await attempt(await clientsOf(), input)).toMatch(expected);
  });
});

test("a command sent twice runs twice", async () => {
  const ready = await machineReady();
  for (let time = 0; time < 2; time++) await outcome(ready, await send(ready, ready.instanceId, "echo x >> /root/log"));
  const id = await send(ready, ready.instanceId, "wc -l < /root/log");
  expect((await outcome(ready, id)).StandardOutputContent?.trim()).toBe("2");
});

test("commands go to instances by tag, and to none if none has it", async () => {
  const ready = await machineReady();
  const byTag = async (value: string) => {
    const { Command } = await ready.ssm.send(
      new SendCommandCommand({
        DocumentName: "AWS-RunShellScript",
        Targets: [{ Key: "tag:Name", Values: [value] }],
        Parameters: { commands: ["true"] },
      }),
    );
    return Command;
  };
  expect(await byTag("ghost")).toMatchObject({ TargetCount: 0 });
});

test("commands are listed with what they printed", async () => {
  const ready = await machineReady();
  const CommandId = await send(ready, ready.instanceId, ["echo out", "echo err >&2"]);
  await outcome(ready, CommandId);
  const { Commands } = await ready.ssm.send(new ListCommandsCommand({ CommandId }));
  expect(Commands).toMatchObject([{ CommandId, Status: "Success", TargetCount: 1, CompletedCount: 1, ErrorCount: 0 }]);
  const { CommandInvocations } = await ready.ssm.send(new ListCommandInvocationsCommand({ CommandId, Details: true }));
  expect(CommandInvocations).toMatchObject([
    { InstanceId: ready.instanceId, CommandPlugins: [{ Output: "out\n\n----------ERROR-------\nerr\n" }] },
  ]);
});

test("a script on a machine that is switched off never reports back", async () => {
  const ready = await machineReady();
  const id = await send(ready, ready.instanceId, "sleep 1000");
  await until(ready, async () => (await invocationOf(ready, ready.instanceId, id)).Status === "InProgress");
  await ready.ec2.send(new StopInstancesCommand({ InstanceIds: [ready.instanceId] }));
  expect(await outcome(ready, id)).toMatchObject({ Status: "TimedOut", StandardOutputContent: "" });
});
