import { readdir, readFile } from "node:fs/promises";
import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  GetQueryResultsCommand,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Task, UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import { expect, it, onTestFinished, vi } from "vitest";
import { measuredIn } from "../../../src/sandbox/world/cloudwatch/metrics.ts";
import { clientConfig } from "../../support/sandbox.ts";
import { CLUSTER, type Ecs, SERVICE, settle, tasksOf } from "../services/ecs/fixtures.ts";
import { createUi, fargate, registerUi } from "../services/ecs/on-fargate.ts";
import { until } from "../services/ecs/running.ts";

const MINUTE = 60_000;
const GROUP = `/aws/ecs/containerinsights/${CLUSTER}/performance`;
/** Of the workshop. */
const USE = `fields @message
  | filter Type="Container"
  | filter @logStream like /FargateTelemetry/
  | stats latest(ClusterName) as Cluster, avg(CpuUtilized) as AvgCpuUtilized, max(CpuUtilized) as PeakCpuUtilized, ceil(avg(MemoryUtilized)) as AvgMemUtilized, max(MemoryUtilized) as PeakMemUtilized by ContainerName, TaskDefinitionFamily
  | sort ContainerName asc`;
const STARTS = `fields ServiceName, TaskId, (PullStartedAt - CreatedAt) as ResourceProvisioning, (PullStoppedAt - PullStartedAt) as ContainerImageLoading, (StartedAt - PullStoppedAt) as Activation
  | filter Type="Task" and ServiceName="${SERVICE}"
  | sort @timestamp desc
  | dedup TaskId`;

/** What the system says of all processes that this one has started, and those of these: processor seconds, and MiB. */
async function systemsWord(): Promise<{ cpu: number; memory: number }> {
  const [, ended = 0] = await secondsOf(process.pid);
  const each = await Promise.all(
    (await childrenOf(process.pid)).map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
      const [own = 0, children = 0] = await secondsOf(pid);
      return { cpu: own + children, memory: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024 };
    }),
  );
  return each.reduce((sum, one) => ({ cpu: sum.cpu + one.cpu, memory: sum.memory + one.memory }), {
    cpu: ended,
    memory: 0,
  });
}

/** Processor seconds of a process, and of its children that have ended. A second has 100 ticks. */
async function secondsOf(pid: number): Promise<number[]> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  const fields = (stat.split(") ")[1] ?? "").split(" ").map(Number);
  return [11, 13].map((first) => ((fields[first] ?? 0) + (fields[first + 1] ?? 0)) / 100);
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "latin1").catch(() => "")),
  );
  const own = lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(own.map(childrenOf))).flat()];
}

/** A service of one task on Fargate that is observed, from the start of a minute on. */
async function observed(mode: string) {
  const at = await fargate({ traffic: true });
  const logs = new CloudWatchLogsClient({ ...clientConfig(at.sandbox), maxAttempts: 1 });
  onTestFinished(() => logs.destroy());
  await registerUi(at);
  await createUi(at, { desiredCount: 1 });
  const task = await until(at, async () => (await tasksOf(at)).find(({ lastStatus }) => lastStatus === "RUNNING"));
  const settings = [{ name: "containerInsights" as const, value: mode }];
  await at.ecs.send(new UpdateClusterSettingsCommand({ cluster: CLUSTER, settings }));
  await settle(at, 61 - ((at.world.now().getTime() / 1000) % 60));
  return { ...at, logs, task: task as Task };
}

async function query({ logs, world }: Ecs & { logs: CloudWatchLogsClient }, queryString: string) {
  const endTime = Math.ceil(world.now().getTime() / 1000);
  const asked = { logGroupName: GROUP, startTime: endTime - 3600, endTime, queryString };
  const { queryId } = await logs.send(new StartQueryCommand(asked));
  const { results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
  return results.map((row) => Object.fromEntries(row.map(({ field = "", value = "" }) => [field, value])));
}

function told({ world }: Ecs, MetricName: string, dimensions: Record<string, string>): number | undefined {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const from = new Date((Math.floor(world.now().getTime() / MINUTE) - 1) * MINUTE);
  const metric = { Namespace: "ECS/ContainerInsights", MetricName, Dimensions };
  return measuredIn(world.region("us-east-1"), metric, { from, seconds: 60, count: 1 })[0]?.Sum;
}

it("Container Insights tells what containers use, checks of health too, as the system tells of their processes", async () => {
  const at = await observed("enabled");
  const before = await systemsWord();
  let since = performance.now();
  let counted = 0;
  /** The next minute, and what it adds to the processor seconds that were told. */
  const minute = async () => {
    await at.world.clock.advance(MINUTE);
    const now = performance.now();
    counted += ((told(at, "CpuUtilized", { ClusterName: CLUSTER }) ?? 0) / 1024) * ((now - since) / 1000);
    since = now;
  };
  await minute();
  await vi.waitFor(
    async () => {
      await minute();
      const { cpu } = await systemsWord();
      const used = cpu - before.cpu;
      expect(used).toBeGreaterThan(0.3);
      // What a process does between its last word and its end is not in it, nor what one that is killed did in its last moment.
      expect(counted).toBeGreaterThan(used * 0.7);
      expect(counted).toBeLessThan(used * 1.25);
    },
    { timeout: 60_000, interval: 500 },
  );

  const { memory } = await systemsWord();
  const [row] = await query(at, USE);
  expect(row).toMatchObject({ Cluster: CLUSTER, ContainerName: "application", TaskDefinitionFamily: "ui" });
  expect(Math.abs(Number(row?.PeakMemUtilized) - memory) / memory).toBeLessThan(0.3);
  expect(Number(row?.PeakCpuUtilized)).toBeGreaterThan(0);

  const { createdAt, pullStartedAt, pullStoppedAt, startedAt, taskArn } = at.task;
  const between = (from: Date | undefined, to: Date | undefined) => `${Number(to) - Number(from)}`;
  expect(await query(at, STARTS)).toMatchObject([
    {
      ServiceName: SERVICE,
      TaskId: taskArn?.split("/").at(-1),
      ResourceProvisioning: between(createdAt, pullStartedAt),
      ContainerImageLoading: between(pullStartedAt, pullStoppedAt),
      Activation: between(pullStoppedAt, startedAt),
    },
  ]);
});

it("Container Insights counts tasks and services, each container too where it is enhanced, and is silent where it is off", async () => {
  const at = await observed("enhanced");
  const service = { ServiceName: SERVICE, ClusterName: CLUSTER };
  const TaskId = at.task.taskArn?.split("/").at(-1) ?? "";
  // A process tells what it uses when it has been there for a moment.
  await vi.waitFor(
    async () => {
      await at.world.clock.advance(MINUTE);
      expect(told(at, "MemoryUtilized", { ...service, TaskId })).toBeGreaterThan(0);
    },
    { timeout: 60_000 },
  );
  expect(told(at, "TaskCount", { ClusterName: CLUSTER })).toBe(1);
  expect(told(at, "ServiceCount", { ClusterName: CLUSTER })).toBe(1);
  expect(told(at, "RunningTaskCount", service)).toBe(1);
  expect(told(at, "MemoryReserved", { ClusterName: CLUSTER, TaskDefinitionFamily: "ui" })).toBe(2048);
  const container = { ...service, TaskId, ContainerName: "application" };
  expect(told(at, "ContainerMemoryUtilized", container)).toBe(told(at, "MemoryUtilized", { ...service, TaskId }));
  const streams = await query(at, "stats count(*) as n by @logStream, Type | sort Type asc");
  expect(streams.map((row) => row.Type)).toEqual(["Cluster", "Container", "Service", "Task"]);
  expect(streams.map((row) => row["@logStream"])).toEqual([
    `ClusterTelemetry-${CLUSTER}`,
    expect.stringMatching(/^FargateTelemetry-\d{4}$/),
    `ServiceTelemetry-${SERVICE}`,
    streams[1]?.["@logStream"],
  ]);
  const groups = async () => (await at.logs.send(new DescribeLogGroupsCommand({}))).logGroups;
  expect(await groups()).toMatchObject([{ logGroupName: GROUP, retentionInDays: 1 }]);

  // It comes back while the cluster has it on, and stays away afterwards.
  await at.logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
  await at.world.clock.advance(MINUTE);
  expect(await groups()).toHaveLength(1);
  const settings = [{ name: "containerInsights" as const, value: "disabled" }];
  await at.ecs.send(new UpdateClusterSettingsCommand({ cluster: CLUSTER, settings }));
  await at.logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
  await at.world.clock.advance(MINUTE);
  expect(await groups()).toEqual([]);
  expect(told(at, "TaskCount", { ClusterName: CLUSTER })).toBeUndefined();
});
