import type { Seconds } from "./task.ts";

/** Share of the time already waited that a pause lasts where nobody knows how long it takes: no wait is overshot by more. */
const SHARE = 0.1;
/** The same long before the usual end, where a thing is hardly ever ready, and when it is, it was quick. */
const SHARE_BEFORE = 0.5;
/** The same long after the usual end. */
const SHARE_AFTER = 0.05;
/** From and to which part of the usual time the end is looked for closely, in pauses of which part. */
const CLOSELY = { from: 0.6, to: 1.5, pause: 1 / 40 } as const;
/** The first pause of a wait whose usual length is known. */
const FIRST: Seconds = 1;

/**
 * How long to pause before the next look at something that has been waited for `waited` seconds: seldom while its usual end
 * is far, closely around it, and in proportion again when it takes longer than usual.
 *
 * @param usually how long it usually takes; undefined: nobody knows
 * @param poll the shortest and longest pause
 */
export function pauseAfter(
  waited: Seconds,
  usually: Seconds | undefined,
  [shortest, longest]: readonly [Seconds, Seconds],
): Seconds {
  const between = (pause: Seconds) => Math.max(shortest, Math.min(pause, longest));
  if (usually === undefined) return between(waited * SHARE);
  const near = usually * CLOSELY.from;
  if (waited < near) return Math.max(shortest, Math.min(Math.max(waited * SHARE_BEFORE, FIRST), near - waited));
  if (waited < usually * CLOSELY.to) return between(usually * CLOSELY.pause);
  return between(Math.max(waited * SHARE_AFTER, usually * CLOSELY.pause));
}
