import { RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { LoadClient } from "../load/load.ts";
import { authorityHere } from "../target.ts";
import { tell } from "./in-session.ts";
import { LoadProgress } from "./load-progress.ts";
import type { Surroundings } from "./run-on-stack.ts";

/** Options of `bia-infra load`. */
export interface LoadCommandOptions {
  /** Requests a second. Default 10. */
  readonly rate?: number;
  /** Milliseconds. Default 30 s. */
  readonly for?: number;
  readonly json?: boolean;
}

/**
 * `bia-infra load URL`: asks for a url at a steady pace, whether or not answers come. On stdout: how it goes, and a summary; with
 * `json` the same as objects. Answers the exit code: 1 if any request failed (no whole answer, or a status of 400 and above), 130
 * after Ctrl-C.
 */
export async function loadCommand(url: URL, options: LoadCommandOptions, { signal }: Surroundings): Promise<number> {
  const { rate = 10, for: duration = 30_000, json = false } = options;
  let ca: string | undefined;
  try {
    ca = await authorityHere(url.hostname);
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error;
    tell(`${error.message}\n${error.next}`);
    return error.exitCode;
  }
  const client = new LoadClient(url, { connections: connectionsFor(rate), ...(ca !== undefined && { ca }) });
  const progress = new LoadProgress(json);
  await client.load({ rate, duration, tally: progress, signal });
  const { failures } = progress.end();
  await client.close();
  if (signal.aborted) return EXIT.interrupted;
  return failures > 0 ? EXIT.failed : EXIT.done;
}

/** Enough for answers that take half a second; more of them at once, after a moment's pause, would be a storm of handshakes. */
function connectionsFor(rate: number): number {
  return Math.min(Math.max(10, Math.ceil(rate / 2)), 500);
}
