import { alarmState, LOOKED_BACK } from "../world/cloudwatch/alarm-state.ts";
import { measuredIn, statisticOf } from "../world/cloudwatch/metrics.ts";
import { stateReason } from "../world/cloudwatch/state-reason.ts";
import type { MetricAlarm } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

const MINUTE = 60_000;

/** Evaluates alarms at each full minute, while there are any. */
export function controlAlarms(world: World): void {
  let isWaiting = false;

  function schedule(): void {
    if (isWaiting) return;
    isWaiting = true;
    const next = new Date((Math.floor(world.now().getTime() / MINUTE) + 1) * MINUTE);
    world.at(next, () => {
      isWaiting = false;
      for (const region of world.regions()) {
        for (const alarm of region.cloudwatch.alarms.all()) evaluate(region, alarm, next);
        if (region.cloudwatch.alarms.size > 0) schedule();
      }
    });
  }

  function evaluate(region: Region, alarm: MetricAlarm, end: Date): void {
    const values = valuesOf(region, alarm, end);
    const StateValue = alarmState(alarm, values);
    if (StateValue === alarm.StateValue) return;
    const now = world.now();
    region.cloudwatch.alarms.put({
      ...alarm,
      StateValue,
      StateReason: stateReason(alarm, values, StateValue),
      StateUpdatedTimestamp: now,
      StateTransitionedTimestamp: now,
    });
  }

  world.watch("cloudwatch", "alarms", (_region, { after }) => {
    if (after) schedule();
  });
  if (world.regions().some(({ cloudwatch }) => cloudwatch.alarms.size > 0)) schedule();
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
