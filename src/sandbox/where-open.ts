import type { ContainerRow, ListenerRow } from "./controllers/index.ts";
import type { World } from "./world/world.ts";

/** What of a sandbox is reached from this computer. */
export interface Places {
  readonly listeners: readonly ListenerRow[];
  readonly machines: readonly { readonly address: string | undefined; readonly containers: readonly ContainerRow[] }[];
}

/** Records that lead on to other records, at most, before it is a circle. */
const MOST_HOPS = 8;

/**
 * The url under which something of this AWS opens in a browser of this computer, where nobody knows AWS's names and ports
 * below 1024 may not be had. Undefined: nothing is served there at the moment.
 *
 * A site keeps its name if that is one below `localhost`, which browsers and curl take for this computer (RFC 6761, 6.3);
 * any other one gets `.localhost` behind it, which its certificate is valid for, too.
 */
export function whereOpen(world: World, { listeners, machines }: Places, url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const asked = new URL(url);
  const port = Number(asked.port) || (asked.protocol === "https:" ? 443 : 80);
  const machine = machines.find(({ address }) => address === asked.hostname);
  if (machine) {
    const ports = machine.containers.flatMap((container) => container.ports);
    const at = ports.find(({ hostPort }) => hostPort === port);
    return at && withPlace(asked, at.address, at.port);
  }
  const name = leadsTo(world, asked.hostname);
  const listener = listeners.find(({ dnsName, port: own }) => dnsName.toLowerCase() === name && own === port);
  if (!listener) return undefined;
  return withPlace(asked, name === asked.hostname ? listener.address : local(asked.hostname), listener.localPort);
}

/** The name at the end of a chain of CNAME and alias records. */
function leadsTo(world: World, host: string): string {
  let name = host.toLowerCase();
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const record = world.route53.recordSets.find(
      ({ Name, Type }) => Name === `${name}.` && (Type === "CNAME" || Type === "A"),
    );
    const next = record?.AliasTarget?.DNSName ?? (record?.Type === "CNAME" ? record.ResourceRecords?.[0]?.Value : "");
    if (!next) return name;
    name = next
      .toLowerCase()
      .replace(/\.$/, "")
      .replace(/^dualstack\./, "");
  }
  return name;
}

function local(host: string): string {
  return host.endsWith(".localhost") ? host : `${host}.localhost`;
}

function withPlace(url: URL, host: string, port: number): string {
  const here = new URL(url);
  here.hostname = host;
  here.port = String(port);
  return here.pathname === "/" && here.search === "" ? here.origin : here.href;
}
