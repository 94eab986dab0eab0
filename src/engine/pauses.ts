import type { Seconds } from "./task.ts";

/** Share of the time already waited that a pause lasts where nobody knows how long it takes: no wait is overshot by more. */
const SHARE = 0.1;
/** The same of what a person watches where things take their time. */
const SHARE_WATCHED = 0.2;
/** The same long before the usual end, where a thing is hardly ever ready, and when it is, it was quick. */
const SHARE_BEFORE = 0.5;
/** The same long after the usual end. */
const SHARE_AFTER = 0.05;
/** From and to which part of the usual time the end is looked for closely, in pauses of which part. */
const CLOSELY = { from: 0.7, to: 1.5, pause: 1 / 40 } as const;
/** The first pause of a wait whose usual length is known: so long at least, and which part of that. */
const FIRST = { least: 1, part: 1 / 30 } as const;
/** The pause, as a part of the slack and at most, where the run ends no sooner for a thing that is seen sooner. */
const AT_LEISURE = { part: 1 / 12, longest: 30 } as const;

/**
 * How long to pause before the next look at something that has been waited for `waited` seconds: seldom while its usual end
 * is far, closely around it, and in proportion again when it takes longer than usual.
 *
 * @param usually how long it usually takes; undefined: nobody knows
 * @param poll the shortest and longest pause
 * @param slack how late the end may be seen without anybody waiting for it; by usual times, so most of it is left alone
 */
export function pauseAfter(
  waited: Seconds,
  usually: Seconds | undefined,
  [shortest, longest]: readonly [Seconds, Seconds],
  slack: Seconds = 0,
): Seconds {
  const between = (pause: Seconds) => Math.max(shortest, Math.min(pause, longest));
  if (usually === undefined) return between(waited * SHARE);
  const near = usually * CLOSELY.from;
  const first = Math.max(FIRST.least, usually * FIRST.part);
  const inHaste = () => {
    if (waited < near) return Math.max(shortest, Math.min(Math.max(waited * SHARE_BEFORE, first), near - waited));
    if (waited < usually * CLOSELY.to) return between(usually * CLOSELY.pause);
    return between(Math.max(waited * SHARE_AFTER, usually * CLOSELY.pause));
  };
  return Math.max(inHaste(), atLeisure(slack));
}

/** The pause that costs nobody anything, of what may be seen so much later than usual. */
export function atLeisure(slack: Seconds): Seconds {
  return Math.min(slack * AT_LEISURE.part, AT_LEISURE.longest);
}

/** How long to pause before the next look at what a person follows: as `pauseAfter`, but they want to see it begin and go on. */
export function pauseWatched(
  waited: Seconds,
  usually: Seconds | undefined,
  [shortest, longest]: readonly [Seconds, Seconds],
  slack: Seconds = 0,
): Seconds {
  const pause = Math.max(shortest, waited * SHARE_WATCHED, (usually ?? 0) * CLOSELY.pause, atLeisure(slack));
  return Math.min(pause, longest);
}
