import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What concerns one connection only (RFC 9110, 7.6.1). */
const OF_CONNECTION = ["keep-alive", "proxy-connection", "te"];

/** What is told of the client's connection. */
export interface Client {
  readonly address: string;
  readonly protocol: "http" | "https";
  /** The listener's own port. */
  readonly port: number;
  /** Whether it wants to go on with another protocol. */
  readonly isUpgrade: boolean;
}

/** Makes the headers of a request those that its target gets. ("HTTP headers and Application Load Balancers") */
export function forwardHeaders(headers: IncomingHttpHeaders, client: Client): void {
  const { address, protocol, port, isUpgrade } = client;
  for (const name of OF_CONNECTION) delete headers[name];
  if (!isUpgrade) delete headers.upgrade;
  headers.connection = isUpgrade ? "upgrade" : "keep-alive";
  const before = headers["x-forwarded-for"];
  headers["x-forwarded-for"] = before ? `${before}, ${address}` : address;
  headers["x-forwarded-proto"] = protocol;
  headers["x-forwarded-port"] = `${port}`;
  headers["x-amzn-trace-id"] = traceId(headers["x-amzn-trace-id"]);
}

/** ("Request tracing for your Application Load Balancer": `Root` stays, `Self` is the load balancer's.) */
function traceId(given: string | string[] | undefined): string {
  const fields = String(given ?? "")
    .split(";")
    .filter((field) => field !== "" && !field.startsWith("Self="));
  if (!fields.some((field) => field.startsWith("Root="))) return [`Root=${newTrace()}`, ...fields].join(";");
  return [`Self=${newTrace()}`, ...fields].join(";");
}

function newTrace(): string {
  return `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;
}
