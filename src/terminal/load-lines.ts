import { duration } from "./duration.ts";

import type { Style } from "./style.ts";

/** What came of requests. Times in milliseconds, NaN where nothing was answered. */
export interface LoadNumbers {
  readonly sent: number;
  readonly answers: number;
  readonly failures: number;
  /** Answers by status code. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests without a whole answer, by the reason. */
  readonly unanswered: ReadonlyMap<string, number>;
  readonly slowest: number;
  /** What so many per cent of the answers did not exceed. */
  percentile(percent: number): number;
}

/** Percentiles that a person compares. */
const PERCENTS = [50, 90, 99, 99.9];

/**
 * How it goes, in a line: `12 s  200 requests/s, 0 failed  p50 3.1 ms  p99 9.8 ms`.
 *
 * @param lately since the line before, which was so many milliseconds ago
 */
export function loadLine(elapsed: number, lately: LoadNumbers, ms: number, { color }: Style): string {
  const rate = Math.round((lately.sent * 1000) / ms);
  const failed = `${lately.failures} failed`;
  const why = reasonsOf(lately);
  return [
    duration(Math.round(elapsed / 1000) * 1000).replace(".0 s", " s"),
    `${rate} requests/s, ${lately.failures > 0 ? color.red(failed) : failed}`,
    `p50 ${precise(lately.percentile(50))}`,
    `p99 ${precise(lately.percentile(99))}`,
    ...(why === "" ? [] : [why]),
  ].join("  ");
}

/** What came of all, in rows of a name and a value. */
export function loadSummary(elapsed: number, all: LoadNumbers): [string, string][] {
  const statuses = [...all.statuses].sort(([one], [other]) => one - other).map(([code, count]) => `${count} × ${code}`);
  const unanswered = [...all.unanswered].map(([why, count]): [string, string] => ["no answer", `${count} × ${why}`]);
  const latencies = PERCENTS.map((percent) => `p${percent} ${precise(all.percentile(percent))}`);
  return [
    ["requests", `${all.sent} in ${duration(elapsed)}, ${((all.sent * 1000) / elapsed).toFixed(1)} a second`],
    ["answers", statuses.join(", ") || "none"],
    ...unanswered,
    ["latency", `${latencies.join("  ")}  slowest ${precise(all.slowest)}`],
    ["failed", `${all.failures}`],
  ];
}

/** Numbers for a program. Times in milliseconds, null where nothing was answered. */
export function loadRecord(elapsed: number, numbers: LoadNumbers): Record<string, unknown> {
  return {
    ms: Math.round(elapsed),
    requests: numbers.sent,
    failed: numbers.failures,
    statuses: Object.fromEntries(numbers.statuses),
    unanswered: Object.fromEntries(numbers.unanswered),
    latency: {
      ...Object.fromEntries(PERCENTS.map((percent) => [`p${percent}`, numbers.percentile(percent)])),
      slowest: numbers.slowest,
    },
  };
}

/** Why requests failed: `3 × 503, 1 × other side closed`. */
function reasonsOf({ statuses, unanswered }: LoadNumbers): string {
  const refused = [...statuses].filter(([status]) => status >= 400);
  return [...refused, ...unanswered].map(([why, count]) => `${count} × ${why}`).join(", ");
}

/** A latency in the words of a person; shorter ones with a hundredth of a millisecond. */
function precise(ms: number): string {
  if (Number.isNaN(ms)) return "-";
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
