import type { IncomingMessage } from "node:http";

/** What a client asks for, as rules see it. */
export interface Asked {
  readonly method: string;
  /** Without its port, in small letters. */
  readonly host: string;
  /** Of the `Host` header; undefined: none, so the protocol's usual one. */
  readonly hostPort: number | undefined;
  readonly path: string;
  /** Without the question mark; empty: none. */
  readonly query: string;
  readonly headers: IncomingMessage["headers"];
  /** The client's address, and its port. */
  readonly source: string;
  readonly sourcePort: number;
}

export function askedBy({ method = "GET", url = "/", headers, socket }: IncomingMessage): Asked {
  const authority = String(headers[":authority"] ?? headers.host ?? "").toLowerCase();
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
  const mark = url.indexOf("?");
  return {
    method,
    host,
    hostPort: port === undefined ? undefined : Number(port),
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    headers,
    source: socket.remoteAddress ?? "",
    sourcePort: socket.remotePort ?? 0,
  };
}
