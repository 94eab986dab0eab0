import { type Course, chart } from "./chart.ts";
import type { Style } from "./style.ts";

/** A metric over time. */
interface Shown {
  readonly name: string;
  readonly unit: string;
  /** A value for each period, oldest first; undefined: nothing is known. */
  readonly values: readonly (number | undefined)[];
}

/** What the values of a metric come to; undefined: there are none. */
export interface Summary {
  /** The last one. */
  readonly now: number;
  readonly min: number;
  readonly avg: number;
  readonly max: number;
}

/** Columns beside the bars. */
const BESIDE = 58;
const LEAST_BARS = 12;

/** The last, smallest, mean and largest of the values. */
export function summaryOf(values: readonly (number | undefined)[]): Summary | undefined {
  const known = values.filter((value) => value !== undefined);
  const now = known.at(-1);
  if (now === undefined) return undefined;
  const avg = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { now, min: Math.min(...known), avg, max: Math.max(...known) };
}

/** A line for each metric: bars over time, then what it is now, and its minimum, mean and maximum. @param width of the terminal, or of what is printed */
export function metricLines(metrics: readonly Shown[], style: Style, width: number): string[] {
  const room = Math.max(LEAST_BARS, width - BESIDE);
  const courses = metrics.map(({ name, unit, values }): Course => {
    return { name, values: squeezed(values, room), now: amounts(summaryOf(values), unit) };
  });
  const count = Math.max(0, ...courses.map(({ values }) => values.length));
  const names = Math.max(0, ...courses.map(({ name }) => name.length));
  const head = `${" ".repeat(names + count + 4)}${row(["now", "min", "avg", "max"])}`;
  return [style.color.dim(head), ...chart(courses, style)];
}

/** A value for a person, with its unit. */
export function amount(value: number, unit: string): string {
  const digits = Math.abs(value) < 9.95 && !Number.isInteger(value) ? 1 : 0;
  return `${value.toFixed(digits)}${unit === "" || unit.startsWith("/") ? unit : ` ${unit}`}`;
}

function amounts(summary: Summary | undefined, unit: string): string {
  if (!summary) return row(["no data"]);
  return row([summary.now, summary.min, summary.avg, summary.max].map((value) => amount(value, unit)));
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(10)).join(" ");
}

/** As many values as there is room for: neighbours become their mean. */
function squeezed(values: readonly (number | undefined)[], room: number): (number | undefined)[] {
  const together = Math.ceil(values.length / room);
  if (together <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / together) }, (_, index) => {
    return summaryOf(values.slice(index * together, (index + 1) * together))?.avg;
  });
}
