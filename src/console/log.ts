import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogPart } from "./log-part.ts";

/**
 * Tells what a machine or a container prints: the end of what there is, then what comes, until the signal is aborted. `tell` resolves as
 * soon as more can be taken.
 *
 * @throws Error whose message is for a person
 */
export type FollowLog = (place: string, tell: (part: LogPart) => Promise<void>, signal: AbortSignal) => Promise<void>;

/** Server-sent events of one log: `part`, and `trouble` where it cannot be read. */
export async function streamLog(
  follow: FollowLog,
  place: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ended = new AbortController();
  request.once("close", () => ended.abort(new Error("the page was closed")));
  const say = async (event: string, value: unknown) => {
    if (response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      response.once("drain", resolve);
      ended.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  };
  try {
    await follow(place, (part) => say("part", part), ended.signal);
  } catch (error) {
    if (!ended.signal.aborted) await say("trouble", { why: (error as Error).message });
  }
  response.end();
}
