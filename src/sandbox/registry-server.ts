import type { RegistryRequests } from "./controllers/registry-requests.ts";
import type { Authorities } from "./plane/authorities.ts";
import { listenForHttpOrTls } from "./plane/http-or-tls.ts";
import type { Listening } from "./plane/listen.ts";
import { whyNotHere } from "./same-computer.ts";
import { REGION_NAMES } from "./world/catalogue/zones.ts";
import { registryHost } from "./world/registry.ts";

const DAY_MS = 86_400_000;
/** A sandbox gets a new certificate when it starts; this is the longest that clients on macOS take. */
const CERTIFICATE_DAYS = 825;

/**
 * Opens the port at which docker, skopeo and the like reach the account's registries of images, by HTTP and over TLS. The
 * certificate is for 127.0.0.1, localhost, and the registries' names: on AWS, and those with `localhost` for `amazonaws.com`.
 *
 * @throws as `listen`
 */
export function openRegistryServer(
  registry: RegistryRequests,
  { account, authorities, port }: { account: string; authorities: Authorities; port: number },
): Promise<Listening> {
  const onAws = REGION_NAMES.map((region) => registryHost(account, region));
  const here = onAws.map((name) => name.replace(/amazonaws\.com$/, "localhost"));
  async function certificate() {
    const from = new Date(Date.now() - DAY_MS);
    const until = new Date(from.getTime() + CERTIFICATE_DAYS * DAY_MS);
    const issued = await authorities.issue({ names: ["localhost", "127.0.0.1", ...onAws, ...here], from, until });
    return { key: issued.key, certificate: issued.certificate + issued.chain };
  }
  return listenForHttpOrTls(
    (request, response, scheme, admit) => {
      const stranger = whyNotHere(request.headers);
      if (stranger === undefined) return void registry.serve(request, response, scheme, admit);
      response.shouldKeepAlive = false;
      response.writeHead(403, { "content-type": "text/plain" }).end(`${stranger}\n`);
    },
    certificate,
    { port },
  );
}
