import type { Answered } from "../../aws/answered.ts";
import type { Told } from "./told.ts";

/** Requests a second. */
export interface Rate {
  readonly all: number;
  /** Of these, how many were answered 5xx. */
  readonly failed: number;
}

/** Seconds that are over among the last five, of which the server tells. */
const WHOLE = 4;

/**
 * How many requests a second took ways that are meant, of late: in the last seconds that are over, or on aws in the newest
 * minute that CloudWatch has. Undefined: nobody has looked yet, or such ways are not told apart.
 */
export function rateOf(
  { traffic, stack }: Pick<Told, "traffic" | "stack">,
  isMeant: (row: Answered) => boolean,
): Rate | undefined {
  if (!traffic?.found) return undefined;
  const { found, now } = traffic;
  const isAws = stack?.target === "aws";
  const rows = isAws
    ? found.slice(-1).filter(isMeant)
    : found.filter((row) => row.at + row.ms <= now && row.at >= now - (WHOLE + 1) * row.ms && isMeant(row));
  if (isAws && rows.length === 0) return undefined;
  const of = (value: "count" | "failed") =>
    rows.reduce((sum, row) => sum + (1000 * row[value]) / row.ms, 0) / (isAws ? 1 : WHOLE);
  return { all: of("count"), failed: of("failed") };
}
