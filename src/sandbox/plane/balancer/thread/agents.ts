import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Milliseconds for a connection to a target. ("Troubleshoot your Application Load Balancers": HTTP 504, 10 seconds) */
const CONNECT_MS = 10_000;

/** There was no connection to the target, so nothing of the request has reached it. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
  readonly isLate: boolean;

  /** @param isLate it was not refused; nobody answered */
  constructor(isLate: boolean) {
    super(isLate ? "no answer in time" : "refused");
    this.isLate = isLate;
  }
}

type Options = Parameters<HttpAgent["createConnection"]>[0];
type Connected = Parameters<HttpAgent["createConnection"]>[1];

/** Hands a connection over only once it stands: until then nothing of the client's body is read, and another target can have it. */
function handOver(socket: Socket, ready: "connect" | "secureConnect", connected: Connected): undefined {
  const late = setTimeout(() => fail(true), CONNECT_MS);
  const fail = (isLate: boolean) => {
    clearTimeout(late);
    socket.destroy();
    connected?.(new NotConnected(isLate), socket);
  };
  const refused = () => fail(false);
  socket.once("error", refused).once(ready, () => {
    clearTimeout(late);
    socket.off("error", refused);
    connected?.(null, socket);
  });
  return undefined;
}

class PlainAgent extends HttpAgent {
  override createConnection(options: Options, connected?: Connected): undefined {
    return handOver(connect(options as Parameters<typeof connect>[0] & object), "connect", connected);
  }
}

class TlsAgent extends HttpsAgent {
  override createConnection(options: Options, connected?: Connected): undefined {
    return handOver(connectTls({ ...options, rejectUnauthorized: false } as object), "secureConnect", connected);
  }
}

const KEPT = { keepAlive: true, maxFreeSockets: 1024, noDelay: true };

/** Connections to targets, which are kept. */
export const AGENTS = { HTTP: new PlainAgent(KEPT), HTTPS: new TlsAgent(KEPT) } as const;
