import { alarmState, LOOKED_BACK } from "../world/cloudwatch/alarm-state.ts";
import { measuredIn, statisticOf } from "../world/cloudwatch/metrics.ts";
import { stateReason } from "../world/cloudwatch/state-reason.ts";
import type { MetricAlarm } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** What is done about an alarm in the state ALARM, each minute. @param values that it was evaluated by, oldest first; one at least */
export type AlarmAction = (region: Region, alarm: MetricAlarm, values: readonly number[]) => void;

/** Evaluates an alarm at a full minute, and acts on it if it is in the state ALARM then. */
export function evaluateAlarm(world: World, region: Region, alarm: MetricAlarm, end: Date, act: AlarmAction): void {
  const values = valuesOf(region, alarm, end);
  const StateValue = alarmState(alarm, values);
  const now = world.now();
  const evaluated =
    StateValue === alarm.StateValue
      ? alarm
      : region.cloudwatch.alarms.put({
          ...alarm,
          StateValue,
          StateReason: stateReason(alarm, values, StateValue),
          StateUpdatedTimestamp: now,
          StateTransitionedTimestamp: now,
        });
  const real = values.filter((value) => value !== undefined).slice(-alarm.EvaluationPeriods);
  if (StateValue === "ALARM" && alarm.ActionsEnabled !== false && real.length > 0) act(region, evaluated, real);
}

/** The alarm's statistic in the periods up to `end`, oldest first. */
function valuesOf(region: Region, alarm: MetricAlarm, end: Date): (number | undefined)[] {
  const { Period = 60, EvaluationPeriods, Statistic = "Average" } = alarm;
  const count = EvaluationPeriods + LOOKED_BACK;
  const from = new Date(end.getTime() - count * Period * 1000);
  return measuredIn(region, alarm, { from, seconds: Period, count }).map(
    (measured) => measured && statisticOf(measured, Statistic),
  );
}
