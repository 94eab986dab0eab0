import { MINUTES, type ScalingNow } from "../aws/scaling-now.ts";
import type { Course } from "../terminal/chart.ts";

const MINUTE = 60_000;

/** How a scaled service has come to where it is, a value a minute: its metric as CloudWatch has it, its tasks as they were seen here. */
export class ScalingCourse {
  readonly #running = new Map<number, number>();

  /** All that is known, with what was seen just now. `at`: milliseconds since the epoch. */
  with({ tracked, running, desired }: ScalingNow, at: number): Course[] {
    const last = Math.floor(at / MINUTE);
    if (running !== undefined) this.#running.set(last, running);
    const minutes = Array.from({ length: MINUTES }, (_, index) => last - MINUTES + 1 + index);
    const measured = new Map(tracked?.points.map((point) => [Math.floor(point.at / MINUTE), point.value]));
    const newest = tracked?.points.at(-1);
    return [
      ...(tracked
        ? [
            {
              name: tracked.name,
              values: minutes.map((minute) => measured.get(minute)),
              limit: tracked.target,
              now: `${newest ? Math.round(newest.value) : "no data"}, target ${tracked.target}`,
            },
          ]
        : []),
      ...(running === undefined
        ? []
        : [
            {
              name: "tasks",
              values: minutes.map((minute) => this.#running.get(minute)),
              now: `${running} running of ${desired}`,
            },
          ]),
    ];
  }
}
