import type { Controllers } from "./controllers/index.ts";
import type { Authorities } from "./plane/authorities.ts";
import type { Listening } from "./plane/listen.ts";
import { openRegistryServer } from "./registry-server.ts";
import type { World } from "./world/world.ts";

/** Ports of 127.0.0.1 for what is no API of AWS's; 0: any free one, absent: none. One that is taken is replaced. */
export interface OtherPorts {
  /** For docker and the like, which reach the account's registries of images there, by HTTP and over TLS. */
  readonly registryPort?: number;
  /** For those who look names up, by UDP and TCP. */
  readonly dnsPort?: number;
}

/** Where they are, each as `host:port`. */
export interface OtherPlaces {
  readonly registry?: string;
  readonly dns?: string;
}

/** Opens the ports that were asked for. */
export async function openOtherServers(
  world: World,
  { registry, names }: Controllers,
  authorities: Authorities,
  { registryPort, dnsPort }: OtherPorts,
): Promise<OtherPlaces & { close(): Promise<void> }> {
  const registryServer = await ifAskedFor(registryPort, (port) =>
    openRegistryServer(registry, { account: world.account, authorities, port }),
  );
  const dnsServer = await ifAskedFor(dnsPort, async (port) => {
    // Imported only here, because tests of other things need none.
    const { openDnsServer } = await import("./plane/dns-server.ts");
    return openDnsServer((name, type) => names.resolve(name, type), port);
  }).catch(async (error) => {
    await registryServer?.close();
    throw error;
  });
  return {
    ...(registryServer && { registry: placeOf(registryServer) }),
    ...(dnsServer && { dns: placeOf(dnsServer) }),
    close: async () => void (await Promise.all([registryServer?.close(), dnsServer?.close()])),
  };
}

async function ifAskedFor<Opened>(
  port: number | undefined,
  open: (port: number) => Promise<Opened>,
): Promise<Opened | undefined> {
  return port === undefined ? undefined : atOrElsewhere(port, open);
}

function placeOf({ address, port }: Pick<Listening, "address" | "port">): string {
  return `${address}:${port}`;
}

/** At the port of last time, so that what is written down elsewhere stays right; at any other if somebody has taken it. */
export async function atOrElsewhere<Opened>(port: number, open: (port: number) => Promise<Opened>): Promise<Opened> {
  try {
    return await open(port);
  } catch (error) {
    if (port === 0 || !["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return await open(0);
  }
}
