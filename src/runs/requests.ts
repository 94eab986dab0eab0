import type { Answered } from "../aws/answered.ts";
import type { ServiceLives } from "../aws/service-lives.ts";
import type { KeptEvent } from "./kept.ts";

/** Requests within a while. Times are milliseconds, by any clock that all of them share. */
export interface Counted {
  readonly at: number;
  readonly ms: number;
  /** What tells them apart: `family:revision`, or what was answered; empty: nothing does. */
  readonly name: string;
  readonly count: number;
  /** Of these, how many failed. */
  readonly failed: number;
}

/** From when to when. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Requests over a span of time that have something in common. */
export interface Course {
  readonly name: string;
  /** All of the span. */
  readonly count: number;
  /** Requests a second in each step. */
  readonly rates: readonly number[];
}

/** Requests over a span of time, in steps. */
export interface Requests extends Span {
  /** Milliseconds of a step. */
  readonly step: number;
  /** Those that went well, by name, in the order of their first. */
  readonly courses: readonly Course[];
  readonly failed: Course;
}

/** Steps at most: as many as can be told apart on a screen. */
const MOST_STEPS = 180;

/** Requests over a span, which is cut into as few steps as they are counted in, and no more than can be seen. */
export function requestsOver(counted: readonly Counted[], { from, to }: Span): Requests {
  const within = counted.filter(({ at }) => at >= from && at < to).sort((one, other) => one.at - other.at);
  const unit = Math.max(1, middle(within.map(({ ms }) => ms)));
  const step = unit * Math.max(1, Math.ceil((to - from) / unit / MOST_STEPS));
  const steps = Math.max(1, Math.ceil((to - from) / step));
  const course = (name: string, rows: readonly Counted[], value: (row: Counted) => number): Course => {
    const rates = new Array<number>(steps).fill(0);
    for (const row of rows) {
      const index = Math.floor((row.at - from) / step);
      rates[index] = (rates[index] ?? 0) + (1000 * value(row)) / step;
    }
    return { name, count: rows.reduce((sum, row) => sum + value(row), 0), rates };
  };
  const names = [...new Set(within.filter(({ count, failed }) => count > failed).map(({ name }) => name))];
  const well = ({ count, failed }: Counted) => count - failed;
  const courses = names.map((name) => {
    const own = within.filter((row) => row.name === name);
    return course(name, own, well);
  });
  return { from, to, step, courses, failed: course("failed", within, ({ failed }) => failed) };
}

/** The median, which one who was late for once does not move. */
function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** What a service's targets answered, by the revisions of the tasks that they were at that time. Those of other services are left out. */
export function byRevision(answered: readonly Answered[], { targetGroups, tasks }: ServiceLives): Counted[] {
  return answered.flatMap(({ at, ms, targetGroupArn, target, count, failed }) => {
    if (targetGroupArn === undefined || !targetGroups.includes(targetGroupArn)) return [];
    const own = tasks.filter((task) => target !== undefined && task.target === target && task.createdAt <= at + ms);
    // A port may have been another task's before: the one that had it last by then.
    const behind = own.sort((one, other) => other.createdAt - one.createdAt)[0];
    return [{ at, ms, name: behind?.revision ?? target ?? "", count, failed }];
  });
}

/** What those were answered who requested a url throughout a run. */
export function byBody(events: readonly KeptEvent[]): Counted[] {
  return events.flatMap((event) => {
    if (event.type !== "answers") return [];
    const { at: end, ms, bodies, failed } = event;
    const rows = Object.entries(bodies).map(([name, count]) => ({ at: end - ms, ms, name, count, failed: 0 }));
    return failed > 0 ? [...rows, { at: end - ms, ms, name: "", count: failed, failed }] : rows;
  });
}
