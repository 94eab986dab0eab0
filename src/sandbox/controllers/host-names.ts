import type { Outside } from "../plane/container.ts";
import { interfaceOf } from "../world/ec2/interface-of.ts";
import type { Region } from "../world/world.ts";

/** Something in a VPC that has a name, such as the endpoint of a database. */
export interface Host {
  readonly region: string;
  /** Its address in the VPC. */
  readonly address: string;
  /** Ids of the security groups that decide who may connect. */
  readonly securityGroups: readonly string[];
  /** Where its ports are served on this computer. */
  readonly ports: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
}

/** The names that the VPCs' resolvers know, and what is behind them. */
export class HostNames {
  readonly #hosts = new Map<string, Host>();
  /** What every container reaches, by `address:port`. */
  readonly #everywhere: Record<string, { host: string; port: number }> = {};
  /** What the containers of one machine reach beside that, by machine and `address:port`. */
  readonly #own = new Map<string, Readonly<Record<string, { host: string; port: number }>>>();
  /** Names that every container knows, and their addresses. */
  readonly #known: Record<string, string> = {};
  readonly #listeners: (() => void)[] = [];

  /** @param name e.g. `bia.c9akciq32rcd.us-east-1.rds.amazonaws.com` */
  set(name: string, host: Host): void {
    this.#hosts.set(name.toLowerCase(), host);
    this.#changed();
  }

  delete(name: string): void {
    if (this.#hosts.delete(name.toLowerCase())) this.#changed();
  }

  /**
   * Makes a link-local place, such as `169.254.170.2:80`, one of this computer for all containers; undefined: no more.
   *
   * @param host a name that they know its address by. Default: none
   */
  serveAll(
    place: string,
    at: { host: string; port: number } | undefined,
    host?: { readonly name: string; readonly address: string },
  ): void {
    if (host) this.#known[host.name] = host.address;
    if (at) this.#everywhere[place] = at;
    else delete this.#everywhere[place];
    this.#changed();
  }

  /** Makes places of the containers on one machine, such as `127.255.0.1:80`, those of this computer; the former ones are no more. */
  serve(machine: string, places: Readonly<Record<string, { host: string; port: number }>>): void {
    if (Object.keys(places).length > 0) this.#own.set(machine, places);
    else if (!this.#own.delete(machine)) return;
    this.#changed();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What the containers on an instance's machine reach: every name has its address, but not every port lets them in. */
  seenFrom(region: Region, instanceId: string): Outside {
    const hosts: Record<string, string> = { ...this.#known };
    const ports: Record<string, { host: string; port: number } | null> = {
      ...this.#everywhere,
      ...this.#own.get(instanceId),
    };
    for (const [name, host] of this.#hosts) {
      if (host.region !== region.name) continue;
      hosts[name] = host.address;
      for (const [port, place] of host.ports) {
        const isLetIn = mayConnect(region, instanceId, host.securityGroups, port);
        ports[`${host.address}:${port}`] = isLetIn ? place : null;
      }
    }
    return { hosts, ports };
  }

  /** Where a port of a name is for an instance; `refused`: it is not let in, undefined: there is no such name. */
  placeFrom(region: Region, instanceId: string, name: string, port: number) {
    const { hosts = {}, ports = {} } = this.seenFrom(region, instanceId);
    const address = hosts[name];
    return address === undefined ? undefined : (ports[`${address}:${port}`] ?? ("refused" as const));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Whether a rule of the groups lets an instance in, by one of its own groups or by its address. */
function mayConnect(region: Region, instanceId: string, groups: readonly string[], port: number): boolean {
  const own = interfaceOf(region, instanceId);
  const ownGroups = (own?.Groups ?? []).map(({ GroupId }) => GroupId);
  return region.ec2.securityGroupRules
    .filter(({ GroupId, IsEgress }) => !IsEgress && groups.includes(GroupId))
    .some(({ IpProtocol, FromPort = -1, ToPort = -1, CidrIpv4, ReferencedGroupInfo }) => {
      const isPort = IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && port <= ToPort);
      if (!isPort) return false;
      if (ReferencedGroupInfo) return ownGroups.includes(ReferencedGroupInfo.GroupId);
      return CidrIpv4 !== undefined && contains(CidrIpv4, own?.PrivateIpAddress ?? "");
    });
}

function contains(block: string, address: string): boolean {
  const [network = "", length = "32"] = block.split("/");
  const size = 2 ** (32 - Number(length));
  return address !== "" && Math.floor(numberOf(network) / size) === Math.floor(numberOf(address) / size);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
