import { tmpdir } from "node:os";
import {
  ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeServicesCommand } from "@aws-sdk/client-ecs";
import { expect, it, onTestFinished } from "vitest";
import { LoadClient } from "../../src/load/load.ts";
import { Tally } from "../../src/load/tally.ts";
import type { ListenerRow } from "../../src/sandbox/controllers/balancing.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { clientsOf, createOn, statusOn, unfinished } from "../support/runs.ts";
import { clientConfig, homeOf, sandboxForTest } from "../support/sandbox.ts";

const SERVICE = { cluster: "retail-store-ecs-cluster", services: ["ui"] };
const ResourceId = "service/retail-store-ecs-cluster/ui";
/** Nearly the 200 a second of the workshop, which come to 8 tasks of 1500 a minute with nothing to spare. */
const RATE = 190;

/** Looks again and again until it is true. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function siteOf({ endpoint, keys }: RunningSandbox): Promise<URL> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const { listeners } = (await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json()) as {
    listeners: ListenerRow[];
  };
  return new URL(`http://${listeners[0]?.address}:${listeners[0]?.localPort}/home`);
}

/** A minute is a second. */
it("the shop gets more tasks under load and fewer without, while its page answers", { timeout: 180_000 }, async () => {
  const sandbox = await sandboxForTest({ speed: 60, delays: "none", traffic: true, throttling: false });
  const { variables } = await load(undefined, "/", "retail");
  const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
  expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  const [aws, config] = [clientsOf(sandbox), clientConfig(sandbox)];
  const [scaling, cloudwatch] = [new ApplicationAutoScalingClient(config), new CloudWatchClient(config)];
  const site = new LoadClient(await siteOf(sandbox));
  const stopped = new AbortController();
  onTestFinished(async () => {
    stopped.abort();
    await site.close();
    for (const client of [scaling, cloudwatch]) client.destroy();
    aws.close();
  });
  const service = async () => (await aws.ecs.send(new DescribeServicesCommand(SERVICE))).services?.[0];
  const running = async () => (await service())?.runningCount ?? 0;
  const isInAlarm = async (side: "High" | "Low") => {
    const AlarmNamePrefix = `TargetTracking-${ResourceId}-Alarm${side}`;
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix, StateValue: "ALARM" }));
    return MetricAlarms?.length === 1;
  };
  const told = async () => (await statusOn(sandbox, { stack })).tasks.map(({ detail }) => detail).join("\n");

  const tally = new Tally();
  const loaded = site.load({ rate: RATE, duration: 120_000, tally, signal: stopped.signal });
  await until(async () => (await told()).includes("AlarmHigh ALARM"));
  await until(async () => (await running()) >= 8);
  expect(await told()).toMatch(/ of (8|9|10) tasks running[\s\S]* desired count to (8|9|10)\b/);
  await until(async () => !(await isInAlarm("High")));
  expect(await running()).toBeLessThanOrEqual(10);
  stopped.abort();
  await loaded;
  expect([tally.failures, tally.answers > 0]).toEqual([0, true]);

  await until(() => isInAlarm("Low"));
  await until(async () => (await running()) === 2);
  const done = (count: number) => `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`;
  await until(async () => (await service())?.events?.some(({ message }) => message?.includes(done(2))) ?? false);
  const { ScalingActivities = [] } = await scaling.send(
    new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs", ResourceId }),
  );
  const messages = ScalingActivities.map(({ StatusMessage }) => StatusMessage);
  expect(messages[0]).toBe(done(2));
  // A busy computer keeps no steady pace, and what it catches up with counts for more.
  expect([8, 9, 10].map(done)).toContain(messages[1]);
  const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  const { stdout } = await runCli(["status", "--stack", "retail"], env, tmpdir());
  expect(stdout).toContain(done(2));
});
