import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { CURL, CurlFailure, type CurlRequest, type CurlResponse } from "../../../shell/curl.ts";

const BAD_CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO/;

/** Sends one request from the container. @throws CurlFailure */
export function sendRequest({ url, method, headers, body, timeout, insecure }: CurlRequest): Promise<CurlResponse> {
  const { hostname, port, protocol } = new URL(url);
  const began = Date.now();
  return new Promise((resolve, reject) => {
    const fail = (code: number, why: string) => reject(new CurlFailure(code, why));
    const isSecure = protocol === "https:";
    const options = { method, headers: Object.fromEntries(headers), agent: false as const };
    const call = isSecure ? secure(url, { ...options, rejectUnauthorized: !insecure }) : plain(url, options);
    const timer = timeout > 0 ? setTimeout(() => timedOut(), timeout) : undefined;
    const timedOut = () => {
      fail(CURL.timedOut, `Operation timed out after ${Date.now() - began} milliseconds with 0 bytes received`);
      call.destroy();
    };
    call.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", () => fail(56, "Recv failure: Connection reset by peer"));
      response.once("end", () => {
        const pairs = response.rawHeaders.flatMap((name, at, all): [string, string][] =>
          at % 2 === 0 ? [[name, all[at + 1] ?? ""]] : [],
        );
        const { statusCode: status = 0, statusMessage: reason = "" } = response;
        resolve({ status, reason, headers: pairs, body: Buffer.concat(chunks) });
      });
    });
    call.once("error", (error: NodeJS.ErrnoException) => {
      const { code = "", message } = error;
      const at = port || (isSecure ? "443" : "80");
      if (code === "ENOTFOUND" || code === "EAI_AGAIN") fail(CURL.cannotResolve, `Could not resolve host: ${hostname}`);
      else if (code === "ETIMEDOUT")
        fail(CURL.timedOut, `Failed to connect to ${hostname} port ${at}: Connection timed out`);
      else if (BAD_CERTIFICATE.test(code)) fail(CURL.badCertificate, `SSL certificate problem: ${message}`);
      else if (code === "EPROTO") fail(35, `TLS connect error: ${message}`);
      else if (code === "ECONNRESET") fail(CURL.emptyReply, "Empty reply from server");
      else {
        const took = Date.now() - began;
        fail(
          CURL.cannotConnect,
          `Failed to connect to ${hostname} port ${at} after ${took} ms: Couldn't connect to server`,
        );
      }
    });
    call.once("close", () => clearTimeout(timer));
    call.end(body);
  });
}
