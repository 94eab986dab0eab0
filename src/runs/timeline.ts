import type { ErrorReport, Report, RunStarted } from "../engine/event.ts";
import type { CallMade, KeptEvent } from "./kept.ts";

/** How many of the operations that were called are told of. */
const OPERATIONS = 6;

/** A part of a task's time in which it waited for AWS, and for what. */
export interface Wait {
  readonly reason: string;
  readonly from: number;
  readonly to: number;
}

/** A task's part of a run. All times are milliseconds since the run began. */
export interface Bar {
  readonly task: string;
  readonly title: string;
  readonly stage: string;
  readonly from: number;
  readonly to: number;
  /** What it came to: a verdict, `failed`, or `running` while it has not ended. */
  readonly end: string;
  readonly detail?: string;
  readonly error?: ErrorReport;
  readonly waits: readonly Wait[];
  /** True: the run could not have ended earlier without this one. */
  readonly isCritical: boolean;
}

/** A run as a time line. */
export interface Timeline {
  readonly run: RunStarted;
  /** Absent: it goes on, or broke off. */
  readonly report?: Report;
  readonly goesOn: boolean;
  /** How long it took, as its report says, or has taken so far. */
  readonly ms: number;
  readonly bars: readonly Bar[];
  readonly calls: readonly (Omit<CallMade, "at"> & { readonly from: number })[];
  /** What was called most often, e.g. `ec2:DescribeVpcs`, and how often: a few of them. */
  readonly most: readonly { readonly operation: string; readonly count: number }[];
}

interface Open {
  from: number;
  to?: number;
  end: string;
  detail?: string;
  error?: ErrorReport;
  waits: { reason: string; from: number; to?: number }[];
}

/**
 * The time line of what a run said; undefined: it never said what it is. Tasks that were not tried have no bar.
 *
 * @param now milliseconds since the epoch, for a run that goes on; absent: its last event ends it
 */
export function timelineOf(events: readonly KeptEvent[], now?: number): Timeline | undefined {
  const run = events.find((event): event is RunStarted => event.type === "run");
  if (!run) return undefined;
  const report = events.find((event): event is Report => event.type === "report");
  const begin = report ? report.at - report.ms : (events[0]?.at ?? run.at);
  const end = report?.at ?? now ?? events.at(-1)?.at ?? begin;
  const bars = barsOf(events, begin);
  const critical = new Set(report?.criticalPath?.tasks);
  return {
    run,
    ...(report && { report }),
    goesOn: report === undefined && now !== undefined,
    ms: end - begin,
    bars: run.tasks.flatMap(({ id, title, stage }) => {
      const bar = bars.get(id);
      return bar ? [{ task: id, title, stage, ...closed(bar, end - begin), isCritical: critical.has(id) }] : [];
    }),
    calls: events.flatMap((event) => (event.type === "call" ? [callOf(event, begin)] : [])),
    most: mostOf(events),
  };
}

function mostOf(events: readonly KeptEvent[]): Timeline["most"] {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type !== "call") continue;
    const operation = `${event.service}:${event.operation}`;
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  const all = [...counts].map(([operation, count]) => ({ operation, count }));
  return all.sort((one, other) => other.count - one.count).slice(0, OPERATIONS);
}

function callOf({ at, ...call }: CallMade, begin: number): Timeline["calls"][number] {
  return { ...call, from: at - begin };
}

function barsOf(events: readonly KeptEvent[], begin: number): Map<string, Open> {
  const bars = new Map<string, Open>();
  for (const event of events) {
    if (!("task" in event)) continue;
    const at = event.at - begin;
    if (event.type === "started") bars.set(event.task, { from: at, end: "running", waits: [] });
    const bar = bars.get(event.task);
    if (!bar) continue;
    if (event.type === "waiting") {
      stopWaiting(bar, at);
      bar.waits.push({ reason: event.reason, from: at });
    } else if (event.type === "done" || event.type === "failed") {
      stopWaiting(bar, at);
      bar.to = at;
      bar.end = event.type === "done" ? event.verdict.is : "failed";
      if (event.type === "done" && event.detail !== undefined) bar.detail = event.detail;
      if (event.type === "failed") bar.error = event.error;
    }
  }
  return bars;
}

function stopWaiting({ waits }: Open, at: number): void {
  const last = waits.at(-1);
  if (last) last.to ??= at;
}

function closed({ waits, to, ...bar }: Open, end: number): Omit<Bar, "task" | "title" | "stage" | "isCritical"> {
  return { ...bar, to: to ?? end, waits: waits.map((wait) => ({ ...wait, to: wait.to ?? end })) };
}
