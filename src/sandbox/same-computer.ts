import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/**
 * Says why a request is not for this sandbox, or not from a program of this computer; undefined: it is both.
 *
 * A web page reaches ports of the computer that it is shown on: with simple requests to 127.0.0.1, which browsers mark with
 * where they come from (`Origin`, `Sec-Fetch-Site`; no SDK sends either), and through a name of its own that it has lead
 * there (DNS rebinding), which then is the request's `Host`.
 */
export function whyNotHere({ host, origin, ...headers }: IncomingHttpHeaders): string | undefined {
  const site = headers["sec-fetch-site"];
  if (origin !== undefined || (site !== undefined && site !== "none")) return "Web pages may not use the sandbox.";
  if (!isOurs(host ?? ""))
    return `The sandbox is not known as ${JSON.stringify(host ?? "")}. Use http://127.0.0.1:<port>.`;
  return undefined;
}

/** Names that no stranger can have lead here: addresses of this computer, names that mean it, and AWS's own. */
function isOurs(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (isIP(name) === 4) return name.startsWith("127.");
  return (
    name === "[::1]" || /^(?:[a-z0-9-]+\.)*localhost$/.test(name) || /^(?:[a-z0-9-]+\.)+amazonaws\.com$/.test(name)
  );
}
