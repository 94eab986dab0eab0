import type { ServerResponse } from "node:http";

/** The load balancer's own words. ("Troubleshoot your Application Load Balancers"; the texts *seen*) */
const REASONS = {
  400: "Bad Request",
  405: "Not Allowed",
  408: "Request Timeout",
  463: "",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
} as const;

export type OwnStatus = keyof typeof REASONS;

/** Answers for the load balancer itself. */
export function answer(response: ServerResponse, status: OwnStatus): void {
  const title = `${status} ${REASONS[status]}`.trim();
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<center><h1>${title}</h1></center>`,
    "</body>",
    "</html>",
    "",
  ];
  own(response, status, { "content-type": "text/html" }, lines.join("\r\n"));
}

/** An answer that no target has given. */
export function own(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.writeHead(status, {
    server: "awselb/2.0",
    ...headers,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
