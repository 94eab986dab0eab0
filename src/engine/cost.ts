/** What one part of a stage costs. */
export interface Cost {
  /** e.g. `instance bia-dev`. */
  readonly part: string;
  /** US dollars; `by use`: AWS bills what goes through it; `unknown`: its price is not known here. */
  readonly perHour: number | "by use" | "unknown";
  /** What it is made of, e.g. `t3.micro, 15 GB gp2, 1 public IPv4 address`. */
  readonly detail: string;
}

/** The sum of what is billed by the hour; undefined when a price is not known, because any sum would be too low. */
export function perHourOf(costs: readonly Cost[]): number | undefined {
  return costs.reduce<number | undefined>((sum, { perHour }) => {
    if (sum === undefined || perHour === "unknown") return undefined;
    return perHour === "by use" ? sum : sum + perHour;
  }, 0);
}
