import { forgetMeasured } from "../world/cloudwatch/metrics.ts";
import type { World } from "../world/world.ts";
import { evaluateAlarm } from "./alarms.ts";
import { insightsOf } from "./container-insights.ts";
import { trackTarget } from "./target-tracking.ts";

const MINUTE = 60_000;

/** Measures what a service tells CloudWatch of itself about the minute that ends now. */
export type Measure = (end: Date) => Promise<void>;

/** At each full minute services tell of themselves, alarms are evaluated, and what acts by them does, while there is anything of these. */
export function controlMonitoring(world: World, measures: readonly Measure[]): void {
  let isWaiting = false;

  function schedule(): void {
    if (isWaiting || !isOfUse()) return;
    isWaiting = true;
    const next = new Date((Math.floor(world.now().getTime() / MINUTE) + 1) * MINUTE);
    world.at(next, () => {
      const turn = pass(next);
      world.clock.hold(turn);
      world.background(() => turn);
    });
  }

  function isOfUse(): boolean {
    return world
      .regions()
      .some(
        ({ cloudwatch, elbv2, ecs }) =>
          cloudwatch.alarms.size > 0 ||
          (measures.length > 0 &&
            (elbv2.loadBalancers.size + ecs.tasks.size > 0 ||
              ecs.clusters.find((one) => insightsOf(one) !== undefined))),
      );
  }

  async function pass(end: Date): Promise<void> {
    for (const measure of measures) await measure(end);
    for (const region of world.regions()) {
      forgetMeasured(region, end);
      for (const alarm of region.cloudwatch.alarms.all()) {
        evaluateAlarm(world, region, alarm, end, (...acted) => trackTarget(world, ...acted));
      }
    }
    isWaiting = false;
    schedule();
  }

  world.watch("cloudwatch", "alarms", schedule);
  world.watch("elbv2", "loadBalancers", schedule);
  world.watch("ecs", "tasks", schedule);
  world.watch("ecs", "clusters", schedule);
  schedule();
}
