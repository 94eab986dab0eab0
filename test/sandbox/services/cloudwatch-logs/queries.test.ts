import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetQueryResultsCommand,
  PutLogEventsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { refusal } from "../clients.ts";
import { GROUP, logsClient } from "./clients.ts";

interface At {
  readonly logs: CloudWatchLogsClient;
  readonly world: World;
}

/** Events by stream, a second after one another, the last one now. */
async function logged(
  streams: Readonly<Record<string, readonly (string | object)[]>>,
  options?: SandboxOptions,
): Promise<At> {
  const at = await logsClient(options);
  await at.logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  const now = at.world.now().getTime();
  for (const [logStreamName, events] of Object.entries(streams)) {
    await at.logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName }));
    const logEvents = events.map((event, index) => ({
      timestamp: now - (events.length - 1 - index) * 1000,
      message: typeof event === "string" ? event : JSON.stringify(event),
    }));
    await at.logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName, logEvents }));
  }
  return at;
}

const start = ({ logs, world }: At, queryString: string, more: object = {}) => {
  const endTime = Math.ceil(world.now().getTime() / 1000);
  return logs.send(
    new StartQueryCommand({ logGroupName: GROUP, startTime: endTime - 3600, endTime, queryString, ...more }),
  );
};

/** Rows of the result, without the pointers to events. */
async function rowsOf(at: At, queryString: string): Promise<Record<string, string>[]> {
  const { queryId } = await start(at, queryString);
  const { results = [], status } = await at.logs.send(new GetQueryResultsCommand({ queryId }));
  expect(status).toBe("Complete");
  return results.map((row) =>
    Object.fromEntries(row.filter(({ field }) => field !== "@ptr").map(({ field = "", value = "" }) => [field, value])),
  );
}

const container = (ContainerName: string, CpuUtilized: number, MemoryUtilized: number) => ({
  Type: "Container",
  ClusterName: "retail-store-ecs-cluster",
  TaskDefinitionFamily: `retail-store-ecs-${ContainerName}`,
  ContainerName,
  CpuUtilized,
  MemoryUtilized,
});
const task = (TaskId: string, CreatedAt: number, ServiceName = "ui") => ({
  Type: "Task",
  ServiceName,
  TaskId,
  CreatedAt,
  PullStartedAt: CreatedAt + 4000,
  PullStoppedAt: CreatedAt + 23_000,
  StartedAt: CreatedAt + 75_000,
});

describe("a query of CloudWatch Logs Insights", () => {
  it("of the workshop finds the newest lines of a service", async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    const at = await logged({ "ui-service/application/1": lines, "catalog-service/application/2": ["other"] });
    const rows = await rowsOf(
      at,
      "fields @timestamp, @logStream, @message\n| filter @logStream like /ui-service/\n| sort @timestamp desc\n| limit 10",
    );
    expect(rows).toHaveLength(10);
    expect(rows[0]).toEqual({
      "@timestamp": at.world.now().toISOString().replace("T", " ").replace("Z", ""),
      "@logStream": "ui-service/application/1",
      "@message": "line 11",
    });
  });

  it("of the workshop sums up what containers use", async () => {
    const at = await logged({
      "FargateTelemetry-1": [container("ui", 10, 100.2), container("ui", 20, 100.4), container("assets", 1, 7)],
      other: [container("ui", 999, 999)],
      "FargateTelemetry-2": [{ ...container("ui", 999, 999), Type: "Task" }, "no JSON"],
    });
    const rows = await rowsOf(
      at,
      `fields @message
      | filter Type="Container"
      | filter @logStream like /FargateTelemetry/
      | stats latest(ClusterName) as Cluster, avg(CpuUtilized) as AvgCpuUtilized, max(CpuUtilized) as PeakCpuUtilized, ceil(avg(MemoryUtilized)) as AvgMemUtilized, max(MemoryUtilized) as PeakMemUtilized by ContainerName, TaskDefinitionFamily
      | sort ContainerName asc`,
    );
    expect(rows.map(({ ContainerName }) => ContainerName)).toEqual(["assets", "ui"]);
    expect(rows[1]).toEqual({
      ContainerName: "ui",
      TaskDefinitionFamily: "retail-store-ecs-ui",
      Cluster: "retail-store-ecs-cluster",
      AvgCpuUtilized: "15",
      PeakCpuUtilized: "20",
      AvgMemUtilized: "101",
      PeakMemUtilized: "100.4",
    });
  });

  it("of the workshop tells how long tasks took to start, each once", async () => {
    const at = await logged({
      "FargateTelemetry-1": [task("a", 1000), task("a", 2000), task("b", 5000), task("c", 1, "assets")],
    });
    const rows = await rowsOf(
      at,
      `fields ServiceName, TaskId, (PullStartedAt - CreatedAt) as ResourceProvisioning, (PullStoppedAt - PullStartedAt) as ContainerImageLoading, (StartedAt - PullStoppedAt) as Activation
      | filter Type="Task" and ServiceName="ui"
      | sort @timestamp desc
      | dedup TaskId`,
    );
    const took = {
      ServiceName: "ui",
      ResourceProvisioning: "4000",
      ContainerImageLoading: "19000",
      Activation: "52000",
    };
    expect(rows).toEqual([
      { ...took, TaskId: "b" },
      { ...took, TaskId: "a" },
    ]);
  });

  it.each<[string, string[]]>([
    ["fields n | filter n > 1 | sort n asc", ["2", "3"]],
    ["fields n | filter not (n = 2) | sort n asc", ["1", "3"]],
    ["fields n | filter n in [1, 3] and word like 'o' | sort n", ["1"]],
    ["fields n | filter word not like /(?i)T/ | sort n", ["1"]],
    ['fields n | filter ispresent(deep.er) or word = "three" | sort n desc', ["3", "2"]],
    ["fields n * 10 + 1 as n | sort n | limit 1", ["11"]],
    ["stats sum(n) as n", ["6"]],
    ["stats count(*) as n by bin(1h)", ["3"]],
    ["fields concat(toupper(word), '!') as n | display n | sort n | limit 1", ["ONE!"]],
  ])("%s gives what it says", async (query, values) => {
    const at = await logged({
      s: [
        { n: 1, word: "one" },
        { n: 2, word: "two", deep: { er: true } },
        { n: 3, word: "three" },
      ],
    });
    expect((await rowsOf(at, query)).map(({ n }) => n)).toEqual(values);
  });

  it("finds fields of any name, and of events that lack them nothing", async () => {
    const at = await logged({ s: [{ n: 1 }, { constructor: "c", ["__proto__"]: "p" }] });
    expect(await rowsOf(at, "fields constructor, toString, __proto__ | sort @timestamp")).toEqual([
      {},
      Object.fromEntries([
        ["constructor", "c"],
        ["__proto__", "p"],
      ]),
    ]);
  });

  it("shows times and messages where it names no fields, each with a pointer to its event", async () => {
    const at = await logged({ s: ["one"] });
    const { queryId } = await start(at, "filter @message like 'one'");
    const { results, statistics } = await at.logs.send(new GetQueryResultsCommand({ queryId }));
    expect(results?.[0]?.map(({ field }) => field)).toEqual(["@timestamp", "@message", "@ptr"]);
    expect(statistics).toMatchObject({ recordsMatched: 1, recordsScanned: 1, bytesScanned: 3 });
  });

  it("takes its time, does not find what came a moment ago, and may be stopped", async () => {
    const at = await logged({ s: ["one"] }, { delays: "short" });
    const early = await start(at, "fields @message");
    const status = async (queryId: string | undefined) =>
      (await at.logs.send(new GetQueryResultsCommand({ queryId }))).status;
    expect(await status(early.queryId)).toBe("Running");
    await at.world.clock.advance(200);
    const { results } = await at.logs.send(new GetQueryResultsCommand({ queryId: early.queryId }));
    expect(results).toEqual([]);
    const stop = (queryId: string | undefined) => at.logs.send(new StopQueryCommand({ queryId }));
    expect(await refusal(stop(early.queryId))).toBe(
      "InvalidParameterException: Query is already ended with Complete status",
    );
    const later = await start(at, "fields @message");
    expect(await stop(later.queryId)).toMatchObject({ success: true });
    expect(await status(later.queryId)).toBe("Cancelled");
    expect(await refusal(stop("nothing"))).toMatch(/^ResourceNotFoundException/);
  });

  it.each<[string, RegExp]>([
    ["fields", /^MalformedQueryException: unexpected symbol found <EOF> at line 1 and position 7/],
    ["campos @timestamp", /^MalformedQueryException: unexpected symbol found campos at line 1 and position 1/],
    ["fields @message\n| filter = 3", /^MalformedQueryException: .* = at line 2 and position 10/],
    ["fields nothing(1)", /^MalformedQueryException: .* nothing at line 1/],
    ["fields constructor(1)", /^MalformedQueryException: .* constructor at line 1/],
    ["stats count(*) by bin(5x)", /^MalformedQueryException: .* 5x at line 1/],
    ["fields @message | parse @message 'a *' as b", /^SandboxNotEmulated: .*command parse/],
    ["stats pct(n, 90)", /^SandboxNotEmulated: .*function pct/],
  ])("%s is refused", async (query, words) => {
    expect(await refusal(start(await logged({}), query))).toMatch(words);
  });

  it("is refused of groups that are not there, and of none", async () => {
    const at = await logged({});
    expect(await refusal(start(at, "fields @message", { logGroupName: "nothing" }))).toBe(
      "ResourceNotFoundException: Log group 'nothing' does not exist for account ID '000000000000'",
    );
    expect(await refusal(start(at, "fields @message", { logGroupNames: [GROUP] }))).toMatch(
      /^InvalidParameterException/,
    );
  });
});
