import {
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  type ScalableTarget,
  type ScalingPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAlarmsCommand, GetMetricDataCommand, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { AwsClients } from "./clients.ts";
import { eventRows, LAST, type LiveRow, rowsOf, serviceIn, serviceRow, timeOf } from "./live.ts";
import { countOf, type ScaledService, scalableTargetOf } from "./scalable-targets.ts";

/** A value of a metric. */
export interface Point {
  /** Milliseconds since the epoch at which its minute begins. */
  readonly at: number;
  readonly value: number;
}

/** A metric that a policy keeps at a value. */
export interface Tracked {
  /** As CloudWatch calls it, e.g. `RequestCountPerTarget`. */
  readonly name: string;
  readonly target: number;
  /** Of the last half hour, oldest first; a minute of which CloudWatch knows nothing is left out. */
  readonly points: readonly Point[];
}

/** How the scaling of a service is at the moment. */
export interface ScalingNow {
  readonly rows: readonly LiveRow[];
  /** Undefined: there is no policy that tracks one, or it could not be looked at. */
  readonly tracked: Tracked | undefined;
  /** Tasks; undefined: there is no service, or it could not be looked at. */
  readonly running: number | undefined;
  readonly desired: number | undefined;
}

const MINUTE = 60_000;
/** What is shown of a metric. */
export const MINUTES = 30;

/**
 * How a service is scaled: its counts, bounds and metric, the alarms, and what was done lately. Six calls, three after each other
 * at most. A part that cannot be looked at says why; refused credentials end it.
 *
 * @param now milliseconds since the epoch, on the clock of whoever measures
 */
export async function scalingNow(clients: AwsClients, watched: ScaledService, now: number): Promise<ScalingNow> {
  clients.shared.forget();
  const service = serviceIn(clients, watched);
  const policy = trackingPolicyOf(clients, watched);
  const alarms = policy.then((found) => alarmsOf(clients, found));
  const tracked = Promise.all([policy, alarms]).then(([of, [alarm]]) => trackedBy(clients, of, alarm, now));
  const parts = await Promise.all([
    rowsOf("service", async () => [serviceRow(await service, watched)]),
    rowsOf("scaling", async () => [targetRow(await scalableTargetOf(clients, watched), watched)]),
    rowsOf("metric", async () => metricRows(await tracked)),
    rowsOf("alarm", async () => (await alarms).map(alarmRow)),
    rowsOf("activity", () => activityRows(clients, watched)),
    // Where the service could not be looked at, its own row says so.
    service.then((found) => eventRows(found?.events ?? [])).catch(() => []),
  ]);
  const found = await service.catch(() => undefined);
  return {
    rows: parts.flat(),
    tracked: await tracked.catch(() => undefined),
    running: found?.runningCount,
    desired: found?.desiredCount,
  };
}

function targetRow(target: ScalableTarget | undefined, { service: id }: ScaledService): LiveRow {
  if (!target) return { part: "scaling", id, state: "not there", detail: "" };
  const { MinCapacity, MaxCapacity, SuspendedState = {} } = target;
  const suspended = [
    ...(SuspendedState.DynamicScalingInSuspended ? ["scaling in suspended"] : []),
    ...(SuspendedState.DynamicScalingOutSuspended ? ["scaling out suspended"] : []),
  ];
  return { part: "scaling", id, state: `${MinCapacity} to ${MaxCapacity}`, detail: suspended.join(", ") };
}

async function trackingPolicyOf(
  { applicationAutoScaling: client }: AwsClients,
  watched: ScaledService,
): Promise<ScalingPolicy | undefined> {
  const { ScalingPolicies = [] } = await client.send(new DescribeScalingPoliciesCommand(countOf(watched)));
  return ScalingPolicies.find(({ PolicyType }) => PolicyType === "TargetTrackingScaling");
}

/** Its alarms, the one for too few tasks first. */
async function alarmsOf({ cloudWatch }: AwsClients, policy: ScalingPolicy | undefined): Promise<MetricAlarm[]> {
  const AlarmNames = (policy?.Alarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []);
  if (AlarmNames.length === 0) return [];
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames }));
  return MetricAlarms.sort((one, other) => ((one.AlarmName ?? "") < (other.AlarmName ?? "") ? -1 : 1));
}

/** What the alarm looks at, which is what the policy keeps at its target. */
async function trackedBy(
  { cloudWatch }: AwsClients,
  policy: ScalingPolicy | undefined,
  alarm: MetricAlarm | undefined,
  now: number,
): Promise<Tracked | undefined> {
  if (!policy || !alarm) return undefined;
  const { Namespace, MetricName, Dimensions, Statistic, Period = 60 } = alarm;
  const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Stat: Statistic, Period };
  const request = new GetMetricDataCommand({
    StartTime: new Date(now - MINUTES * MINUTE),
    EndTime: new Date(now + MINUTE),
    ScanBy: "TimestampAscending",
    MetricDataQueries: [{ Id: "tracked", MetricStat }],
  });
  const [{ Timestamps = [], Values = [] } = {}] = (await cloudWatch.send(request)).MetricDataResults ?? [];
  const points = Timestamps.map((at, index) => ({ at: at.getTime(), value: Values[index] ?? 0 }));
  const { TargetValue: target = 0 } = policy.TargetTrackingScalingPolicyConfiguration ?? {};
  return { name: MetricName ?? "", target, points };
}

function metricRows(tracked: Tracked | undefined): LiveRow[] {
  if (!tracked) return [];
  const { name: id, target, points } = tracked;
  const last = points.at(-1);
  return [{ part: "metric", id, state: last ? `${Math.round(last.value)}` : "no data", detail: `target ${target}` }];
}

function alarmRow({ AlarmName = "", StateValue, StateReason, ...alarm }: MetricAlarm): LiveRow {
  const side = alarm.ComparisonOperator === "LessThanThreshold" ? "<" : ">";
  const when = `${side} ${alarm.Threshold} for ${alarm.EvaluationPeriods} min`;
  const id = /-(Alarm(?:High|Low))-/.exec(AlarmName)?.[1] ?? AlarmName;
  return { part: "alarm", id, state: StateValue ?? "", detail: StateReason ? `${when}: ${StateReason}` : when };
}

async function activityRows(
  { applicationAutoScaling: client }: AwsClients,
  watched: ScaledService,
): Promise<LiveRow[]> {
  const request = new DescribeScalingActivitiesCommand({ ...countOf(watched), MaxResults: LAST });
  const { ScalingActivities = [] } = await client.send(request);
  return ScalingActivities.reverse().map(({ ActivityId: id = "", StartTime, StatusCode, StatusMessage, Cause }) => {
    const detail = `${StatusCode}: ${StatusMessage}${Cause === undefined ? "" : ` Cause: ${Cause}`}`;
    return { part: "activity", id, state: timeOf(StartTime), detail };
  });
}
