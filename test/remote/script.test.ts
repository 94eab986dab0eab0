import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetCommandInvocationCommand, ListCommandInvocationsCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Aws } from "../../src/aws/clients.ts";
import { classify, explain } from "../../src/aws/errors.ts";
import { SharedReads } from "../../src/aws/shared-reads.ts";
import { wallClock } from "../../src/engine/clock.ts";
import { create } from "../../src/engine/create.ts";
import { task } from "../../src/engine/task.ts";
import { remoteScript } from "../../src/remote/script.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { fakeRun } from "../support/fake-kind.ts";
import { clientsOf, createOn, instanceIdOn, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** Runs one script on the machine of stage 1, as a task of its own. */
async function runOn(sandbox: RunningSandbox, script: string) {
  const clients = clientsOf(sandbox);
  const ownership = { "bia-infra:stack": "bia", "bia-infra:task": "probe" };
  const aws = clients.scopedTo({ region: "us-east-1", account: "000000000000", stack: "bia", ownership });
  const instanceId = await instanceIdOn(sandbox);
  const probe = task("probe", "probe", remoteScript, { name: "probe", instanceId, script, timeout: 600 });
  const run = fakeRun({
    aws: () => aws as never,
    clock: wallClock(),
    isUsual: false,
    forget: () => clients.shared.forget(),
    errors: { classify, explain: (error) => explain(error, undefined) },
  });
  const outcomes = await create(run, { tasks: [probe], findOnly: new Map(), adopt: false });
  clients.close();
  return { outcome: outcomes.get(probe), events: run.events };
}

/** A sandbox on which the work machine is set up. */
async function machine(): Promise<RunningSandbox> {
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, { needsOf: "dev-app-source" });
  return sandbox;
}

describe("a script on a machine", () => {
  it("runs once, and is found by its receipt without running anything", async () => {
    const sandbox = await machine();
    const script = "echo again >> /root/count; cat /root/count";
    const first = await runOn(sandbox, script);
    expect(first.outcome).toMatchObject({ result: { verdict: { is: "create" }, actual: { output: "again\n" } } });
    sandbox.world.faults.set([{ operation: "changing", effect: { latency: 0 } }]);
    const second = await runOn(sandbox, script);
    expect(second.outcome).toMatchObject({ result: { verdict: { is: "unchanged" } } });
    expect(sandbox.world.faults.strikes()[0]?.calls).toEqual([]);
  });

  it("asks for no receipts on a machine that the same run has launched, and finds them there afterwards", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const first = await createOn(sandbox, { only: "dev-ready" });
    expect(first.failed).toBe(false);
    expect(first.byOperation).not.toHaveProperty("ec2:DescribeTags");
    const second = await createOn(sandbox, { only: "dev-ready" });
    expect(new Set(Object.values(verdicts(second)))).toEqual(new Set(["unchanged"]));
  });

  it("runs again when it has changed", async () => {
    const sandbox = await machine();
    await runOn(sandbox, "echo one");
    expect((await runOn(sandbox, "echo two")).outcome).toMatchObject({ result: { verdict: { is: "create" } } });
  });

  it("that fails ends the task with its last words, and is run again the next time", async () => {
    const sandbox = await machine();
    const failing = "test -f /root/ok || { echo 'the disk is full' >&2; exit 3; }";
    const { events } = await runOn(sandbox, failing);
    expect(events.at(-1)).toMatchObject({
      type: "failed",
      error: { why: expect.stringContaining("the disk is full") },
    });
    await runOn(sandbox, "touch /root/ok");
    expect((await runOn(sandbox, failing)).outcome).toMatchObject({
      is: "done",
      result: { verdict: { is: "create" } },
    });
  });

  it("shows its output while it runs", async () => {
    const sandbox = await machine();
    const { outcome, events } = await runOn(sandbox, "echo begins; sleep 3; echo ends");
    expect(outcome).toMatchObject({ is: "done" });
    const kinds = events.flatMap((event) =>
      event.type === "note" ? [event.text] : event.type === "done" ? ["done"] : [],
    );
    expect(kinds[0]).toBe("begins");
    expect(kinds).toContain("done");
  });

  it("cannot swallow itself: its standard input is empty", async () => {
    const sandbox = await machine();
    const { outcome } = await runOn(sandbox, "cat\necho after");
    expect(outcome).toMatchObject({ result: { actual: { output: "after\n" } } });
  });
});

describe("the receipt of a script", () => {
  const desired = { name: "probe", instanceId: "i-1", script: "true", timeout: 60 };
  const hash = "b5bea41b6c623f7c";
  const mocked = () => ({ ec2: mockClient(EC2Client), ssm: mockClient(SSMClient) });
  let mocks: ReturnType<typeof mocked>;
  const unknown = Object.assign(new Error(""), { name: "InvocationDoesNotExist", $fault: "client", $metadata: {} });

  beforeEach(() => {
    mocks = mocked();
    mocks.ssm.on(ListCommandInvocationsCommand).resolves({});
    mocks.ssm.on(GetCommandInvocationCommand).rejects(unknown);
  });

  afterEach(() => {
    mocks.ec2.restore();
    mocks.ssm.restore();
  });

  function found(sent = Date.now()) {
    const Tags = [{ Key: "bia-infra:did:probe", Value: `${hash} command-1 ${sent}` }];
    mocks.ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ InstanceId: "i-1", Tags }] }] });
    const clients = { ec2: new EC2Client({ region: "us-east-1" }), ssm: new SSMClient({ region: "us-east-1" }) };
    return remoteScript.find({ ...clients, shared: new SharedReads() } as unknown as Aws, desired);
  }

  /** How a listing shows the command. */
  const listed = (Status: "Success" | "Failed", Output: string) => ({
    CommandInvocations: [{ CommandId: "command-1", Status, CommandPlugins: [{ Output }] }],
  });

  it("whose command SSM has forgotten counts as done after the thirty days that SSM remembers commands for", async () => {
    expect(await found(Date.now() - 40 * 86_400_000)).toMatchObject({ status: "Success" });
  });

  it("whose command SSM does not know counts as not started yet right after it was sent", async () => {
    expect(await found()).toMatchObject({ status: "Pending" });
  });

  it("is looked up in a listing of all commands, which shows what a success printed", async () => {
    mocks.ssm.on(ListCommandInvocationsCommand).resolves(listed("Success", "node=22"));
    expect(await found()).toMatchObject({ status: "Success", output: "node=22" });
    expect(mocks.ssm.commandCalls(GetCommandInvocationCommand)).toEqual([]);
  });

  it.each([
    { why: "it failed, because a listing shows too little of why", listing: listed("Failed", "beginning") },
    { why: "the listing may have cut off what it printed", listing: listed("Success", "x".repeat(2_500)) },
    { why: "the listing is of newer commands", listing: {} },
  ])("is looked up by its command where $why", async ({ listing }) => {
    mocks.ssm.on(ListCommandInvocationsCommand).resolves(listing);
    mocks.ssm
      .on(GetCommandInvocationCommand)
      .resolves({ Status: "Failed", StandardOutputContent: "beginning and end" });
    expect(await found()).toMatchObject({ status: "Failed", output: "beginning and end" });
  });

  it("is looked up by its command where AWS refuses the listing", async () => {
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException", $fault: "client", $metadata: {} });
    mocks.ssm.on(ListCommandInvocationsCommand).rejects(denied);
    mocks.ssm.on(GetCommandInvocationCommand).resolves({ Status: "Success", StandardOutputContent: "done" });
    expect(await found()).toMatchObject({ status: "Success", output: "done" });
  });
});
