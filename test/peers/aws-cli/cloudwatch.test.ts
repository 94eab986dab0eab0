import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

const TARGET = [
  ...["--service-namespace", "ecs", "--scalable-dimension", "ecs:service:DesiredCount"],
  ...["--resource-id", "service/nowhere/nothing"],
];

describeOnAwsCli("the aws CLI on CloudWatch and Application Auto Scaling of the sandbox", () => {
  it("puts a metric, lists it and reads it", () => {
    const metric = ["--namespace", "Shop", "--metric-name", "Orders"];
    expect(aws("cloudwatch", "put-metric-data", ...metric, "--value", "3").code).toBeUndefined();
    expect(look("cloudwatch", "list-metrics", "--namespace", "Shop").Metrics).toMatchObject([{ MetricName: "Orders" }]);
    const [from, to] = [Date.now() - 600_000, Date.now() + 60_000].map((time) => new Date(time).toISOString());
    const times = ["--start-time", from ?? "", "--end-time", to ?? "", "--period", "3600", "--statistics", "Maximum"];
    const { Datapoints } = look("cloudwatch", "get-metric-statistics", ...metric, ...times);
    expect(Datapoints).toMatchObject([{ Maximum: 3 }]);
  });

  it("reads several statistics of a metric in one call", () => {
    const [from, to] = [Date.now() - 600_000, Date.now() + 60_000].map((time) => new Date(time).toISOString());
    const stat = (Stat: string) => ({
      Id: Stat.toLowerCase(),
      MetricStat: { Metric: { Namespace: "Shop", MetricName: "Orders" }, Period: 3600, Stat },
    });
    const queries = ["--metric-data-queries", JSON.stringify([stat("Sum"), stat("SampleCount")])];
    const { MetricDataResults } = look(
      ...["cloudwatch", "get-metric-data", "--start-time", from ?? "", "--end-time", to ?? "", ...queries],
    );
    expect(MetricDataResults).toMatchObject([
      { Id: "sum", Values: [3], StatusCode: "Complete" },
      { Id: "samplecount", Values: [1], StatusCode: "Complete" },
    ]);
  });

  it("puts an alarm, which knows nothing at first, and deletes it", () => {
    const when = ["--threshold", "10", "--comparison-operator", "GreaterThanThreshold", "--evaluation-periods", "2"];
    const metric = ["--namespace", "Shop", "--metric-name", "Nothing", "--statistic", "Sum", "--period", "60"];
    look("cloudwatch", "put-metric-alarm", "--alarm-name", "many", ...metric, ...when);
    const { MetricAlarms } = look("cloudwatch", "describe-alarms", "--alarm-names", "many");
    expect(MetricAlarms).toMatchObject([{ Threshold: 10, EvaluationPeriods: 2, StateValue: "INSUFFICIENT_DATA" }]);
    look("cloudwatch", "delete-alarms", "--alarm-names", "many");
    expect(look("cloudwatch", "describe-alarms", "--alarm-names", "many").MetricAlarms).toEqual([]);
  });

  it("is told of what was done about capacities, and of what came to nothing where it asks", () => {
    const activities = ["application-autoscaling", "describe-scaling-activities", "--service-namespace", "ecs"];
    expect(look(...activities, "--include-not-scaled-activities").ScalingActivities).toEqual([]);
  });

  it.each([
    [["application-autoscaling", "deregister-scalable-target", ...TARGET], "ObjectNotFoundException"],
    [
      ["application-autoscaling", "register-scalable-target", ...TARGET, "--min-capacity", "1", "--max-capacity", "2"],
      "ValidationException",
    ],
    [["cloudwatch", "delete-alarms", "--alarm-names", "nothing"], "ResourceNotFound"],
    [["cloudwatch", "list-dashboards"], "SandboxNotEmulated"],
  ])("is told what AWS says of %s", (args, code) => {
    expect(aws(...args).code).toBe(code);
  });
});
