import type { Style } from "./style.ts";

/** Parts of a stage with what they cost. */
interface Group {
  readonly title: string;
  readonly costs: readonly {
    readonly part: string;
    readonly perHour: number | "by use" | "unknown";
    readonly detail: string;
  }[];
}

/** Hours of a month as AWS's own calculator counts them. */
const MONTH = 730;
const WIDTH = { hour: 10, month: 10 };

/**
 * A table of what each part costs by the hour and by the month.
 *
 * @param perHour the sum; undefined where a price is not known
 * @param pricesOf the day the prices are of
 */
export function costLines(
  groups: readonly Group[],
  perHour: number | undefined,
  pricesOf: string,
  { color }: Style,
): string[] {
  const width = Math.max(5, ...groups.flatMap(({ costs }) => costs.map(({ part }) => part.length)));
  const line = (part: string, hour: string, month: string, detail: string) =>
    `${part.padEnd(width)} ${hour.padStart(WIDTH.hour)} ${month.padStart(WIDTH.month)}  ${color.dim(detail)}`.trimEnd();
  const body = groups.flatMap(({ title, costs }) => [
    color.bold(title),
    ...costs.map((cost) => line(cost.part, ...amounts(cost.perHour), cost.detail)),
    "",
  ]);
  const total = perHour === undefined ? "unknown" : perHour;
  return [
    line("USD", "per hour", "per month", ""),
    ...body,
    color.bold(line("total", ...amounts(total), "")),
    color.dim(
      `AWS list prices of us-east-1, ${pricesOf}, on demand, without taxes and free tiers; check them before you rely on them.`,
    ),
    color.dim("On the sandbox everything is free."),
  ];
}

function amounts(perHour: number | "by use" | "unknown"): [hour: string, month: string] {
  return typeof perHour === "number" ? [perHour.toFixed(4), (perHour * MONTH).toFixed(2)] : [perHour, perHour];
}
