import * as z from "zod";

const seldom = {
  /** Strikes these matching calls only, counted from 1. */
  nth: z.union([z.int().min(1), z.array(z.int().min(1))]).optional(),
  /** Strikes a matching call with this probability, from 0 to 1; decided by the seed. */
  probability: z.number().min(0).max(1).optional(),
};

const error = z.strictObject({
  code: z.string().min(1),
  message: z.string().optional(),
  /** HTTP status; default: that of the code. */
  status: z.int().min(400).max(599).optional(),
});

/**
 * What goes wrong: `throttle` (the service's own answer to too many calls), `error` (answered, nothing is applied),
 * `drop` (applied, the connection is cut without an answer), `hang` (applied, never answered), `lag` (a reading call sees
 * what there was that many reads ago), `latency` (milliseconds of real time before the call is looked at).
 */
const effect = z.union([
  z.literal(["throttle", "drop", "hang"]),
  z.strictObject({ error }),
  z.strictObject({ lag: z.int().min(1) }),
  z.strictObject({ latency: z.number().min(0) }),
]);

const rule = z.strictObject({
  /** `ec2:RunInstances`, with `*` for any text; or `reading`, `changing`, `any`. */
  operation: z.string().min(1),
  ...seldom,
  effect,
});

/** A mishap and the calls that it strikes: every matching one, unless `nth` or `probability` says otherwise. */
export type FaultRule = z.infer<typeof rule>;

/**
 * Reads rules as JSON gives them.
 *
 * @throws Error naming every problem
 */
export function parseFaultRules(json: unknown): FaultRule[] {
  const parsed = z.array(rule).safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`These are no fault rules:\n${z.prettifyError(parsed.error)}`);
}
