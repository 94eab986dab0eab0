import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Check, CheckResult } from "../config.ts";

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
    const late = setTimeout(() => {
      resolve("timeout");
      request.destroy();
    }, timeout);
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? "failed");
    });
    request.once("error", () => resolve("failed"));
    request.once("close", () => clearTimeout(late));
    request.end();
  });
}
