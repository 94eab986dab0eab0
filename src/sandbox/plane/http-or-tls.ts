import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createDoor, type Server, type Socket } from "node:net";
import type { Certificate } from "./certificate.ts";
import { type Listening, type ListenOptions, listen } from "./listen.ts";

/** The first byte of whoever begins with TLS: a record of a handshake. (RFC 8446, 5.1) */
const HANDSHAKE = 22;

/** Idle connections are kept for longer than clients keep theirs. */
const KEEP_ALIVE_MS = 75_000;

/** Answers a request. `admit` says of its caller that it may be here (see `Listening`). */
export type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  scheme: "http" | "https",
  admit: () => void,
) => void;

/**
 * Listens on one port for HTTP both plain and over TLS: the first byte tells which. Programs differ in what they take a
 * registry on this computer to speak.
 *
 * @param certificate asked for when the first client wants TLS
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`
 */
export async function listenForHttpOrTls(
  handle: Handle,
  certificate: () => Promise<Certificate>,
  options: ListenOptions,
): Promise<Listening> {
  /** By the port that they come from, which is the same for a connection and for the TLS on it. */
  const callers = new Map<number, Socket>();
  const serving = (scheme: "http" | "https") => (request: IncomingMessage, response: ServerResponse) => {
    const caller = callers.get(request.socket.remotePort ?? 0);
    handle(request, response, scheme, () => caller && listening.admit(caller));
  };
  const plain = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, serving("http"));
  let secure: Promise<Server> | undefined;
  const withTls = async () => {
    const { key, certificate: cert } = await certificate();
    return createSecureServer({ key, cert, keepAliveTimeout: KEEP_ALIVE_MS }, serving("https"));
  };
  const door = createDoor((caller) => {
    const port = caller.remotePort ?? 0;
    callers.set(port, caller);
    caller.once("close", () => callers.delete(port));
    caller.once("data", async (chunk) => {
      caller.pause().unshift(chunk);
      try {
        if (chunk[0] === HANDSHAKE) secure ??= withTls();
        const server = chunk[0] === HANDSHAKE ? await secure : plain;
        server?.emit("connection", caller);
        caller.resume();
      } catch (error) {
        secure = undefined;
        console.error(error);
        caller.destroy();
      }
    });
  });
  const listening = await listen(door, options);
  return listening;
}
