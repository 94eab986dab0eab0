import type { Server, ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";

/** How long an idle keep-alive connection may still bring a request that was already on its way, in ms. */
const LAST_REQUEST_MS = 1_000;

/**
 * Prepares a server to stop without losing a request. The returned function stops it: no new connection is accepted,
 * every open one is answered and told `Connection: close`; it resolves when the last is gone. After `limitMs` what is
 * left is cut; the result is the number of requests that this interrupted.
 */
export function gracefulStop(server: Server): (limitMs: number) => Promise<number> {
  const open = new Set<ServerResponse>();
  let stopping = false;
  server.prependListener("request", (_req, res) => {
    open.add(res);
    res.once("close", () => open.delete(res));
    if (stopping) res.setHeader("Connection", "close");
  });

  return async (limitMs) => {
    stopping = true;
    for (const res of open) if (!res.headersSent) res.setHeader("Connection", "close");

    let interrupted = 0;
    const sweep = setInterval(() => server.closeIdleConnections(), LAST_REQUEST_MS);
    const limit = setTimeout(() => {
      interrupted = open.size;
      server.closeAllConnections();
    }, limitMs);
    // http.Server.close() would cut idle connections now, and with them the requests that are already in their buffers.
    await new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    clearInterval(sweep);
    clearTimeout(limit);
    return interrupted;
  };
}
