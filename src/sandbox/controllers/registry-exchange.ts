import type { IncomingMessage, ServerResponse } from "node:http";
import type { Region } from "../world/world.ts";

/** A request to a registry, and what is known of the one who makes it. */
export interface RegistryExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly region: Region;
  /** Empty where the path names none. */
  readonly repository: string;
  /** What else the path names: a tag, digest or id. */
  readonly reference: string;
  /** @throws RegistryRefusal if the caller may not do that in the repository, or in another one */
  allow(actions: readonly string[], repository?: string): void;
}

/** Sends an answer: JSON, or a text as it is. */
export function send(
  response: ServerResponse,
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...type, "content-length": Buffer.byteLength(text), ...headers });
  response.end(response.req.method === "HEAD" ? undefined : text);
}
