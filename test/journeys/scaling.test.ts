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
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { siteOf } from "../support/listeners.ts";
import { clientsOf, createOn, statusOn, unfinished } from "../support/runs.ts";
import { clientConfig, homeOf, sandboxForTest } from "../support/sandbox.ts";

const MINUTE = 60_000;
const SERVICE = { cluster: "retail-store-ecs-cluster", services: ["ui"] };
const ResourceId = "service/retail-store-ecs-cluster/ui";
/** Real milliseconds that a minute takes here. */
const MINUTE_MS = 1000;
/** The workshop's requests a second, which are 12,000 a minute by any clock: 8 tasks of 1500, with nothing to spare. */
const RATE = 200;
/** Real milliseconds in which the requests of a minute are made. */
const BUSY_MS = 500;

/** Looks again and again until it is true. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 100));
}

/**
 * Load that is the same in each minute: its requests are made and answered well inside it. Where a busy computer is late with those of
 * one, the next gets none, for two minutes' requests at once would be a load that nobody asked for.
 */
async function loadMinutes(site: LoadClient, { world }: RunningSandbox, tally: Tally, signal: AbortSignal) {
  const minuteNow = () => world.now().getTime() / MINUTE;
  const begins = async (minute: number) => {
    while (minuteNow() < minute) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  let next = Math.floor(minuteNow()) + 1;
  while (!signal.aborted) {
    await begins(next);
    await site.load({ rate: (RATE * MINUTE_MS) / BUSY_MS, duration: BUSY_MS, tally });
    const [ended, isLate] = [Math.floor(minuteNow()), minuteNow() % 1 > 0.8];
    next = ended + (ended > next || isLate ? 2 : 1);
  }
}

it("the shop gets more tasks under load and fewer without, while its page answers", { timeout: 180_000 }, async () => {
  const sandbox = await sandboxForTest({ speed: MINUTE / MINUTE_MS, delays: "none", traffic: true, throttling: false });
  const { variables } = await load(undefined, "/", "retail");
  const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
  const stage = ["network", "fundamentals", "autoscaling"];
  expect(unfinished(await createOn(sandbox, { stack, stage }))).toEqual([]);
  const [aws, config] = [clientsOf(sandbox), clientConfig(sandbox)];
  const [scaling, cloudwatch] = [new ApplicationAutoScalingClient(config), new CloudWatchClient(config)];
  const site = new LoadClient(new URL(`${await siteOf(sandbox)}/home`));
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

  const counts: number[] = [];
  const { services } = sandbox.world.region("us-east-1").ecs;
  sandbox.world.watch("ecs", "services", () => counts.push(services.all()[0]?.desiredCount ?? 0));

  const tally = new Tally();
  const loaded = loadMinutes(site, sandbox, tally, stopped.signal);
  await until(async () => (await told()).includes("AlarmHigh ALARM"));
  await until(async () => (await running()) === 8);
  expect(await told()).toMatch(/ of 8 tasks running[\s\S]* desired count to 8\b/);
  await until(async () => !(await isInAlarm("High")));
  stopped.abort();
  await loaded;
  expect([tally.failures, tally.answers > 0]).toEqual([0, true]);
  expect(Math.max(...counts)).toBe(8);

  const quiet = sandbox.world.now().getTime();
  await until(() => isInAlarm("Low"));
  await until(async () => (await running()) === 2);
  const done = (count: number) => `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`;
  await until(async () => (await service())?.events?.some(({ message }) => message?.includes(done(2))) ?? false);
  const { ScalingActivities = [] } = await scaling.send(
    new DescribeScalingActivitiesCommand({ ServiceNamespace: "ecs", ResourceId }),
  );
  const [last, first] = ScalingActivities;
  expect([last?.StatusMessage, first?.StatusMessage]).toEqual([done(2), done(8)]);
  // Fifteen points of less: of the load's last minute nothing counts for that.
  expect(((last?.StartTime?.getTime() ?? 0) - quiet) / MINUTE).toBeGreaterThan(14);
  const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  const { stdout } = await runCli(["status", "--stack", "retail"], env, tmpdir());
  expect(stdout).toContain(done(2));
});
