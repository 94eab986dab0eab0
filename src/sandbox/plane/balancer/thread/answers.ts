import { type ServerResponse, STATUS_CODES } from "node:http";

/** How a load balancer calls what it answers by itself, where that is not the usual name (the texts *seen*). */
const TITLES: Readonly<Record<number, string>> = {
  405: "Not Allowed",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

/** A page of the load balancer's own. */
export function pageOf(status: number): string {
  const title = `${status} ${TITLES[status] ?? STATUS_CODES[status] ?? ""}`.trim();
  const head = `<head><title>${title}</title></head>`;
  return ["<html>", head, "<body>", `<center><h1>${title}</h1></center>`, "</body>", "</html>", ""].join("\r\n");
}

/** Answers for the load balancer itself. */
export function answerPage(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer(response, status, { "content-type": "text/html", ...headers }, pageOf(status));
}

/** An answer that no target has given. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.writeHead(status, { server: "awselb/2.0", ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
