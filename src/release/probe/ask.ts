import http from "node:http";
import https from "node:https";
import { lookup } from "../../load/lookup.ts";

/** What came of a request. */
export type Answer =
  | { readonly is: "answer"; readonly status: number; readonly body: string; readonly ms: number }
  /** No answer, or none in time; `why` in the words of the system. `isReached`: there was a connection. */
  | { readonly is: "none"; readonly why: string; readonly isReached: boolean; readonly ms: number };

/** Who asks, and how. */
export interface Asking {
  /** PEM of the authority that signs for the host; absent: one that every computer trusts. */
  readonly authority?: string;
  /** Keeps connections for further requests; absent: each has its own. */
  readonly agent?: http.Agent | https.Agent;
}

/** Milliseconds in which an answer counts. */
const PATIENCE = 10_000;
/** Characters of an answer that are kept. */
const LONGEST = 200;

/** Asks a url once, by GET. Never throws. */
export function ask(url: URL, { authority, agent }: Asking = {}): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve) => {
    let isReached = false;
    const ms = () => performance.now() - began;
    const none = (why: string) => resolve({ is: "none", why, isReached, ms: ms() });
    const options: https.RequestOptions = {
      agent: agent ?? false,
      ...(authority !== undefined && { ca: authority }),
      lookup,
    };
    const call = (url.protocol === "https:" ? https : http).get(url, options, (response) => {
      isReached = true;
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        if (body.length < LONGEST) body += chunk;
      });
      response.on("end", () =>
        resolve({ is: "answer", status: response.statusCode ?? 0, body: body.trim(), ms: ms() }),
      );
      response.on("error", (error) => none(error.message));
    });
    // A process that stood still looks at its timers before it reads what came meanwhile.
    const giveUp = () => ms() >= PATIENCE && call.destroy(new Error(`no answer within ${PATIENCE / 1000} s`));
    const limit = setInterval(() => setImmediate(giveUp), PATIENCE);
    call.on("close", () => clearInterval(limit));
    call.on("socket", (socket) => {
      if (!socket.connecting) isReached = true;
      else socket.once("connect", () => (isReached = true));
    });
    call.on("error", (error: NodeJS.ErrnoException) => none(error.code ?? error.message));
  });
}
