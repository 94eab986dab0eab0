import type { Style } from "./style.ts";
import { pad } from "./text.ts";

/** Numbers over time, in a line of a chart. */
export interface Course {
  readonly name: string;
  /** A column each, oldest first; undefined: nothing is known. */
  readonly values: readonly (number | undefined)[];
  /** What they had better not exceed; absent: nothing. */
  readonly limit?: number;
  /** Where they have come to, in words. */
  readonly now: string;
}

/** A line for each course: its name, a bar for each value, and where it has come to. The highest bar is the highest value, or the limit. */
export function chart(courses: readonly Course[], style: Style): string[] {
  const width = Math.max(0, ...courses.map(({ name }) => name.length));
  return courses.map((course) => {
    return `${pad(course.name, width, style.symbols.ellipsis)}  ${bars(course, style)}  ${course.now}`;
  });
}

function bars({ values, limit = 0 }: Course, { color, symbols }: Style): string {
  const highest = Math.max(limit, 1, ...values.map((value = 0) => value));
  const drawn = values.map((value) => {
    if (value === undefined) return " ";
    const bar = symbols.bars[Math.round((value / highest) * (symbols.bars.length - 1))] ?? "";
    return limit > 0 && value > limit ? color.yellow(bar) : color.green(bar);
  });
  return drawn.join("");
}
