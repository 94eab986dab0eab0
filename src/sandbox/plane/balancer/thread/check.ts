import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Check, CheckResult } from "../config.ts";

/** Milliseconds that a timer may be late: after more the whole thread was held up, and has not waited for anybody. */
const HELD_UP = 500;

/**
 * Asks a target as a load balancer's health check does. ("Health checks for Application Load Balancer target groups": GET,
 * `ELB-HealthChecker/2.0`; certificates of targets are not verified.)
 */
export function check({ protocol, place, path, host, timeout }: Check): Promise<CheckResult> {
  return new Promise((resolve) => {
    const request = (protocol === "HTTPS" ? requestHttps : requestHttp)({
      ...place,
      path,
      agent: false,
      headers: {
        host,
        "user-agent": "ELB-HealthChecker/2.0",
        "accept-encoding": "gzip, compressed",
        connection: "close",
      },
      rejectUnauthorized: false,
    });
    const cancel = afterWaiting(timeout, () => {
      resolve("timeout");
      request.destroy();
    });
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? "failed");
    });
    request.once("error", () => resolve("failed"));
    request.once("close", () => cancel());
    request.end();
  });
}

/** Acts once the thread has waited so long; waits anew where it was held up meanwhile. Answers what cancels it. */
function afterWaiting(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const due = performance.now() + ms;
    timer = setTimeout(() => (performance.now() - due > HELD_UP ? wait() : act()), ms);
  };
  wait();
  return () => clearTimeout(timer);
}
