import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Where to look instead. */
  readonly location?: string;
  /** What the client is to bring back, as `NAME=VALUE`. */
  readonly cookie?: string;
}

/** What is asked. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** What came with it; empty: nothing. */
  readonly body: string;
}

/** What a program says of itself, and its exit code when it is told to end. */
export interface Manners {
  readonly started: string;
  readonly ending: string;
  readonly code: number;
  /** What a request is answered with that failed. Default: JSON, as Spring writes it. */
  readonly failed?: () => Answer;
}

/** An answer in JSON; undefined: an empty one. */
export function json(value: unknown, status = 200): Answer {
  return { status, type: "application/json", body: value === undefined ? "" : JSON.stringify(value) };
}

/** Serves on 8080 until it is told to end; what is under way ends first. */
export function serve(answer: (asked: Asked) => Answer | Promise<Answer>, manners: Manners): void {
  const { started, ending, code, failed = () => json({ status: 500, error: "Internal Server Error" }, 500) } = manners;
  const server = createServer(async (request, response) => {
    const { method = "GET", headers } = request;
    const asked = {
      method,
      headers,
      url: new URL(request.url ?? "/", "http://localhost"),
      body: await textOf(request),
    };
    const { status, type, body, location, cookie } = await attempt(() => answer(asked), failed);
    response.writeHead(status, {
      "content-type": type,
      ...(location !== undefined && { location }),
      ...(cookie !== undefined && { "set-cookie": `${cookie}; Path=/; HttpOnly` }),
    });
    response.end(method === "HEAD" ? undefined : body);
  });
  server.keepAliveTimeout = 65_000;
  server.listen(8080, () => console.log(started));
  process.once("SIGTERM", () => {
    console.log(ending);
    server.close(() => process.exit(code));
    server.closeIdleConnections();
  });
}

/** As Java programs of Spring end: the exit code tells the signal. */
export const AS_SPRING = {
  ending: "Commencing graceful shutdown. Waiting for active requests to complete",
  code: 143,
} as const;

async function attempt(answer: () => Answer | Promise<Answer>, failed: () => Answer): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    return failed();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
