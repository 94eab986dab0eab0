import type { LogEvent } from "../../world/logs/log-book.ts";

/** Most events in one answer, and most bytes of their messages. */
export const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;

/** How an answer is filled. */
interface Filling {
  /** Default: as many as an answer can have. */
  readonly limit?: number | undefined;
  /** Default: all. */
  readonly matches?: (event: LogEvent) => boolean;
  /** Events that are looked at for one answer. Default: any number. */
  readonly most?: number;
}

/**
 * Takes events for one answer.
 *
 * @returns `next`: the id of the last one that was looked at, if there are more behind it
 */
export async function fill(
  found: AsyncIterable<LogEvent>,
  { limit = MOST_EVENTS, matches = () => true, most = Infinity }: Filling,
): Promise<{ events: LogEvent[]; next: string | undefined }> {
  const events: LogEvent[] = [];
  let bytes = 0;
  let seen = 0;
  let last: string | undefined;
  for await (const event of found) {
    const isWanted = matches(event);
    const size = isWanted ? Buffer.byteLength(event.message) : 0;
    const isFull = events.length >= limit || (events.length > 0 && bytes + size > MOST_BYTES) || seen >= most;
    if (isFull) return { events, next: last };
    last = event.id;
    seen++;
    bytes += size;
    if (isWanted) events.push(event);
  }
  return { events, next: undefined };
}
