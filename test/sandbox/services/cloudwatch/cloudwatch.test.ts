import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { describe, expect, it, onTestFinished } from "vitest";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const METRIC = { Namespace: "Shop", MetricName: "Orders", Dimensions: dimensions("Page", "Region") };

function dimensions(...names: string[]) {
  return names.map((Name) => ({ Name, Value: `a ${Name}` }));
}

interface Watch {
  readonly cloudwatch: CloudWatchClient;
  readonly world: World;
  /** A full hour, which it is. */
  readonly start: number;
}

async function cloudwatchOf(): Promise<Watch> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false });
  const cloudwatch = new CloudWatchClient({ ...clientConfig(sandbox), maxAttempts: 1 });
  onTestFinished(() => cloudwatch.destroy());
  const { world } = sandbox;
  await world.clock.advance(HOUR - (world.now().getTime() % HOUR));
  return { cloudwatch, world, start: world.now().getTime() };
}

function put({ cloudwatch }: Watch, Value: number, Timestamp?: Date) {
  const { Namespace, ...metric } = METRIC;
  return cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ ...metric, Value, Timestamp }] }));
}

function putAlarm({ cloudwatch }: Watch, input: Partial<PutMetricAlarmCommandInput> = {}) {
  return cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "busy",
      ...METRIC,
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 3,
      Threshold: 10,
      ComparisonOperator: "GreaterThanThreshold",
      ...input,
    }),
  );
}

async function stateOf({ cloudwatch }: Watch): Promise<string | undefined> {
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["busy"] }));
  return MetricAlarms?.[0]?.StateValue;
}

it("trap 14 of the retail stack: the SDK asks CloudWatch in JSON 1.0, and is told errors by the query protocol's names, too", async () => {
  const at = await cloudwatchOf();
  const asked: Record<string, string>[] = [];
  const answered: Record<string, string>[] = [];
  at.cloudwatch.middlewareStack.add(
    (next) => async (args) => {
      asked.push((args.request as { headers: Record<string, string> }).headers);
      const result = await next(args);
      answered.push((result.response as { headers: Record<string, string> }).headers);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  expect(await refusal(at.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["nothing"] })))).toContain(
    "ResourceNotFound",
  );
  expect(asked).toMatchObject([
    { "content-type": "application/x-amz-json-1.0", "x-amz-target": "GraniteServiceVersion20100801.DeleteAlarms" },
  ]);
  expect(answered).toMatchObject([{ "x-amzn-query-error": expect.stringMatching(/^ResourceNotFound;/) }]);
});

describe("a metric", () => {
  it("is told by the minute and by longer periods, whatever the order of its dimensions", async () => {
    const at = await cloudwatchOf();
    for (const value of [1, 5]) await put(at, value);
    await put(at, 9, new Date(at.start - MINUTE));
    const times = { StartTime: new Date(at.start - 5 * MINUTE), EndTime: new Date(at.start + MINUTE) };
    const statistics = (Period: number) =>
      at.cloudwatch.send(
        new GetMetricStatisticsCommand({
          ...METRIC,
          Dimensions: dimensions("Region", "Page"),
          ...times,
          Period,
          Statistics: ["Sum", "Average", "Maximum"],
        }),
      );
    expect((await statistics(60)).Datapoints).toEqual([
      { Timestamp: new Date(at.start - MINUTE), Sum: 9, Average: 9, Maximum: 9, Unit: "None" },
      { Timestamp: new Date(at.start), Sum: 6, Average: 3, Maximum: 5, Unit: "None" },
    ]);
    // Periods begin where the time that is asked for does, which is no full hour.
    expect((await statistics(3600)).Datapoints).toMatchObject([{ Timestamp: times.StartTime, Sum: 15 }]);
    expect((await statistics(120)).Datapoints).toMatchObject([
      { Timestamp: new Date(at.start - MINUTE), Sum: 15, Maximum: 9 },
    ]);
    const MetricStat = { Metric: METRIC, Period: 60, Stat: "Sum" };
    const data = await at.cloudwatch.send(
      new GetMetricDataCommand({ ...times, MetricDataQueries: [{ Id: "orders", MetricStat }] }),
    );
    expect(data.MetricDataResults).toMatchObject([
      { Id: "orders", Label: "Orders", Values: [6, 9], Timestamps: [new Date(at.start), new Date(at.start - MINUTE)] },
    ]);
    const { Metrics } = await at.cloudwatch.send(new ListMetricsCommand({ Namespace: "Shop" }));
    expect(Metrics).toEqual([METRIC]);
  });

  it("has percentiles where its values are known, over periods of any length", async () => {
    const at = await cloudwatchOf();
    const { Namespace, ...metric } = METRIC;
    const tell = (data: object) =>
      at.cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ ...metric, ...data }] }));
    await tell({ Values: [10, 500], Counts: [9, 1] });
    await tell({ Values: [10, 20], Counts: [80, 10], Timestamp: new Date(at.start - MINUTE) });
    const percentile = async (Stat: string, Period: number) => {
      const { MetricDataResults } = await at.cloudwatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(at.start - HOUR),
          EndTime: new Date(at.start + MINUTE),
          ScanBy: "TimestampAscending",
          MetricDataQueries: [{ Id: "one", MetricStat: { Metric: METRIC, Period, Stat } }],
        }),
      );
      return MetricDataResults?.[0]?.Values;
    };
    expect(await percentile("p50", 60)).toEqual([10, 10]);
    expect(await percentile("p95", 60)).toEqual([20, 500]);
    await tell({ Values: [7], Timestamp: new Date(at.start - 2 * MINUTE) });
    expect(await percentile("p99.9", 3600)).toEqual([20, 500]);
    await tell({ StatisticValues: { Sum: 30, SampleCount: 2, Minimum: 10, Maximum: 20 } });
    expect(await percentile("p50", 60)).toEqual([7, 10]);
    expect(await refusal(percentile("tm99", 60))).toMatch(/^SandboxNotEmulated: .*tm99/);
  });

  it("that nobody measured is empty and no error", async () => {
    const at = await cloudwatchOf();
    const times = { StartTime: new Date(at.start - MINUTE), EndTime: new Date(at.start) };
    const MetricStat = { Metric: METRIC, Period: 60, Stat: "Sum" };
    const { MetricDataResults } = await at.cloudwatch.send(
      new GetMetricDataCommand({ ...times, MetricDataQueries: [{ Id: "orders", MetricStat }] }),
    );
    expect(MetricDataResults).toMatchObject([{ Values: [], StatusCode: "Complete" }]);
  });

  it("is refused in AWS's own namespaces, and when it is too old", async () => {
    const at = await cloudwatchOf();
    const data = { Namespace: "AWS/ECS", MetricData: [{ MetricName: "CPUUtilization", Value: 1 }] };
    expect(await refusal(at.cloudwatch.send(new PutMetricDataCommand(data)))).toMatch(
      /The value AWS\/ for parameter Namespace is invalid/,
    );
    expect(await refusal(put(at, 1, new Date(at.start - 15 * 86_400_000)))).toMatch(
      /no more than two weeks in the past/,
    );
  });
});

describe("an alarm", () => {
  it("goes to ALARM after as many periods as it evaluates, tells why, and comes back", async () => {
    const at = await cloudwatchOf();
    await putAlarm(at);
    expect(await stateOf(at)).toBe("INSUFFICIENT_DATA");
    const states: (string | undefined)[] = [];
    for (const value of [0, 20, 20, 20, 0]) {
      await put(at, value);
      await at.world.clock.advance(MINUTE);
      states.push(await stateOf(at));
      if (states.at(-1) === "ALARM") {
        const { MetricAlarms } = await at.cloudwatch.send(new DescribeAlarmsCommand({ StateValue: "ALARM" }));
        expect(MetricAlarms?.[0]?.StateReason).toBe(
          "Threshold Crossed: 3 datapoints [20.0, 20.0, 20.0] were greater than the threshold (10.0).",
        );
      }
    }
    expect(states).toEqual(["OK", "OK", "OK", "ALARM", "OK"]);
    await at.world.clock.advance(5 * MINUTE);
    expect(await stateOf(at)).toBe("INSUFFICIENT_DATA");
  });

  it("keeps its state when it is put again", async () => {
    const at = await cloudwatchOf();
    await putAlarm(at);
    await put(at, 0);
    await at.world.clock.advance(MINUTE);
    await putAlarm(at, { Threshold: 5 });
    const { MetricAlarms } = await at.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "bu" }));
    expect(MetricAlarms).toMatchObject([{ StateValue: "OK", Threshold: 5 }]);
  });

  it("is refused with what it cannot be", async () => {
    const at = await cloudwatchOf();
    expect(await refusal(putAlarm(at, { EvaluationPeriods: 1441 }))).toMatch(/across more than a day/);
    expect(await refusal(putAlarm(at, { DatapointsToAlarm: 4 }))).toMatch(/DatapointsToAlarm must be less than/);
    expect(await refusal(putAlarm(at, { MetricName: undefined }))).toMatch(/MetricName, Namespace and Statistic/);
    expect(await refusal(putAlarm(at, { AlarmActions: ["arn:aws:sns:us-east-1:123456789012:me"] }))).toMatch(
      /^SandboxNotEmulated: .* AlarmActions /,
    );
  });

  it("has the tags that it was made with until these are changed themselves", async () => {
    const at = await cloudwatchOf();
    const tags = (Value: string) => [
      { Key: "Owner", Value },
      { Key: "Lab", Value },
    ];
    await putAlarm(at, { Tags: tags("first") });
    await putAlarm(at, { Tags: tags("second") });
    const { MetricAlarms } = await at.cloudwatch.send(new DescribeAlarmsCommand({}));
    const ResourceARN = MetricAlarms?.[0]?.AlarmArn ?? "";
    const tagsNow = async () => (await at.cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags;
    expect(await tagsNow()).toEqual(tags("first"));
    await at.cloudwatch.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "Owner", Value: "third" }] }));
    await at.cloudwatch.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["Lab"] }));
    expect(await tagsNow()).toEqual([{ Key: "Owner", Value: "third" }]);
    const unknown = at.cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}-2` }));
    expect(await refusal(unknown)).toMatch(/^ResourceNotFoundException/);
  });

  it("is deleted beside a name that is none, and the call fails", async () => {
    const at = await cloudwatchOf();
    await putAlarm(at);
    const call = at.cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["busy", "nothing"] }));
    expect(await refusal(call)).toMatch(/^ResourceNotFound/);
    expect(await stateOf(at)).toBeUndefined();
  });
});
