import { randomUUID } from "node:crypto";
import type { NextFunction, Request, Response } from "express";
import { log } from "./log.ts";

/** What we accept as a request id from outside: short and harmless in a log. */
const REQUEST_ID = /^[\w.:;=-]{1,128}$/;

/**
 * Logs each request when its response has left: method, path, status, milliseconds and request id. Never a body, a
 * header or the query. The id is the caller's `X-Request-Id`, or the load balancer's `X-Amzn-Trace-Id`, or a new one,
 * and goes back in `X-Request-Id`. A caller who left before the answer is logged with status null.
 */
export function requestLog(req: Request, res: Response, next: NextFunction): void {
  const start = performance.now();
  const given = req.get("x-request-id") ?? req.get("x-amzn-trace-id");
  const requestId = given && REQUEST_ID.test(given) ? given : randomUUID();
  const { method, path } = req;
  res.set("X-Request-Id", requestId);
  res.locals.requestId = requestId;
  res.once("close", () => {
    const status = res.writableFinished ? res.statusCode : null;
    log({ method, path, status, ms: Math.round((performance.now() - start) * 10) / 10, requestId });
  });
  next();
}
