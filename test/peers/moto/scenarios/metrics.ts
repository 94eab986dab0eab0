import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import type { Call, Scenario } from "../transcript.ts";

const MINUTE = 60_000;
const Namespace = "Shop";
const Dimensions = [{ Name: "Page", Value: "home" }];

/** Metrics of one's own and alarms over them. */
export const metrics: Scenario = {
  title: "CloudWatch",
  async run({ cloudWatch }, call) {
    const now = new Date(Math.floor(Date.now() / MINUTE) * MINUTE);
    const ago = (minutes: number) => new Date(now.getTime() - minutes * MINUTE);
    const MetricData = [1, 2, 3, 4].map((Value) => ({
      MetricName: "Orders",
      Dimensions,
      Value,
      Timestamp: ago(Value),
      Unit: "Count" as const,
    }));
    await call("PutMetricData", cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData })));
    const both = { Values: [10, 20], Counts: [3, 1] };
    await call(
      "PutMetricData, values and counts",
      cloudWatch.send(
        new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "Sizes", Timestamp: ago(2), ...both }] }),
      ),
    );
    await call(
      "PutMetricData, of AWS's",
      cloudWatch.send(
        new PutMetricDataCommand({ Namespace: "AWS/ECS", MetricData: [{ MetricName: "Mine", Value: 1 }] }),
      ),
    );
    await call("ListMetrics", cloudWatch.send(new ListMetricsCommand({ Namespace, MetricName: "Orders" })));
    await call("ListMetrics, none", cloudWatch.send(new ListMetricsCommand({ Namespace, MetricName: "Nothing" })));
    const [StartTime, EndTime] = [ago(10), now];
    const statistics = {
      Namespace,
      StartTime,
      EndTime,
      Period: 600,
      Statistics: ["Sum", "Average", "Maximum", "Minimum", "SampleCount"] as never,
    };
    await call(
      "GetMetricStatistics",
      cloudWatch.send(new GetMetricStatisticsCommand({ ...statistics, MetricName: "Orders", Dimensions })),
    );
    await call(
      "GetMetricStatistics, without the dimension",
      cloudWatch.send(new GetMetricStatisticsCommand({ ...statistics, MetricName: "Orders" })),
    );
    const Metric = { Namespace, MetricName: "Orders", Dimensions };
    const MetricDataQueries = ["Sum", "Average"].map((Stat) => ({
      Id: Stat.toLowerCase(),
      MetricStat: { Metric, Period: 60, Stat },
    }));
    await call(
      "GetMetricData",
      cloudWatch.send(
        new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries, ScanBy: "TimestampAscending" }),
      ),
    );
    await call(
      "GetMetricData, newest first",
      cloudWatch.send(
        new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries: MetricDataQueries.slice(0, 1) }),
      ),
    );
    await alarms(cloudWatch, call);
  },
  differences: [
    {
      at: /\.StateValue$|^DescribeAlarms, by state/,
      why: "moto: OK from the start; AWS: INSUFFICIENT_DATA (cloudwatch:MetricAlarm)",
    },
    {
      at: /\.(StateReasonData|StateTransitionedTimestamp)$/,
      why: "moto has data where there is no reason, and no time",
    },
    { at: /^DeleteAlarms, again$/, why: "moto takes it; AWS: ResourceNotFound (DeleteAlarms)" },
    { at: /^GetMetricData.*\.Label$/, why: "moto puts the statistic behind the name" },
    {
      at: /^GetMetricStatistics, without the dimension/,
      why: "moto: those of all dimensions; AWS: another metric ('Dimensions', CloudWatch concepts)",
    },
    { at: /^PutMetricData, of AWS's$/, why: "moto takes it; AWS: InvalidParameterValue" },
  ],
};

async function alarms(cloudWatch: CloudWatchClient, call: Call): Promise<void> {
  const alarm = {
    AlarmName: "many",
    AlarmDescription: "Many orders",
    Namespace,
    MetricName: "Nothing",
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 1500,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "missing",
  } as const;
  const Tags = [{ Key: "owner", Value: "me" }];
  await call("PutMetricAlarm", cloudWatch.send(new PutMetricAlarmCommand({ ...alarm, Tags, Dimensions })));
  const { MetricAlarms = [] } = await call(
    "DescribeAlarms",
    cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ["many"] })),
  );
  await call("DescribeAlarms, by prefix", cloudWatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "ma" })));
  await call(
    "DescribeAlarms, by state",
    cloudWatch.send(new DescribeAlarmsCommand({ StateValue: "ALARM", AlarmNames: ["many"] })),
  );
  await call("DescribeAlarms, unknown", cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ["nothing"] })));
  const ResourceARN = MetricAlarms[0]?.AlarmArn ?? "";
  await call(
    "TagResource",
    cloudWatch.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "stage", Value: "one" }] })),
  );
  await call("ListTagsForResource", cloudWatch.send(new ListTagsForResourceCommand({ ResourceARN })));
  await call("UntagResource", cloudWatch.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["stage"] })));
  await call("ListTagsForResource, fewer", cloudWatch.send(new ListTagsForResourceCommand({ ResourceARN })));
  await call(
    "PutMetricAlarm, changed",
    cloudWatch.send(new PutMetricAlarmCommand({ ...alarm, Dimensions, Threshold: 1000 })),
  );
  await call("DescribeAlarms, changed", cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ["many"] })));
  await call("DeleteAlarms", cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ["many"] })));
  await call("DeleteAlarms, again", cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ["many"] })));
  await call("DescribeAlarms, deleted", cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ["many"] })));
}
