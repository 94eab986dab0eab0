import type { Outside } from "../container.ts";
import type { NetworkView } from "../process/inside/scope.ts";
import type { ManagedContainer } from "./lifecycle.ts";
import type { ContainerRecord } from "./record.ts";

/** The machine, as its containers see it. */
export const GATEWAY = "172.17.0.1";

/** What a container sees of the others in its networks, by all their names there, and of the world outside. */
export function networkViewOf(
  container: ManagedContainer,
  all: readonly ManagedContainer[],
  outside: Outside,
): NetworkView {
  const { record, otherPorts, loopbackPorts } = container;
  const neighbours = neighboursOf(record, all);
  return {
    hosts: { ...outside.hosts, ...extraHosts(record), ...neighbours.hosts },
    ports: { ...neighbours.ports, ...publishedPorts(all) },
    outside: outside.ports,
    own: Object.fromEntries(allPorts(record, otherPorts)),
    loopback: Object.fromEntries(loopbackPorts),
  };
}

/** Programs here speak IPv4 with each other; the container's file of hosts has the others, too. */
function extraHosts({ spec }: ContainerRecord): Record<string, string> {
  const own = (spec.extraHosts ?? []).filter(({ address }) => !address.includes(":"));
  return Object.fromEntries(
    own.map(({ name, address }) => [name.toLowerCase(), address === "host-gateway" ? GATEWAY : address]),
  );
}

function neighboursOf({ spec }: ContainerRecord, all: readonly ManagedContainer[]) {
  const networks = spec.networks?.map(({ name }) => name) ?? [];
  const hosts: Record<string, string> = {};
  const ports: Record<string, number> = {};
  for (const { record, otherPorts } of all) {
    const shared = record.spec.networks?.filter(({ name }) => networks.includes(name)) ?? [];
    if (shared.length === 0 || record.address === undefined || !isUp(record)) continue;
    const names = [record.name, record.id.slice(0, 12), ...shared.flatMap(({ aliases = [] }) => aliases)];
    for (const name of names) hosts[name.toLowerCase()] = record.address;
    for (const [port, local] of allPorts(record, otherPorts)) ports[`${record.address}:${port}`] = local;
  }
  return { hosts, ports };
}

function publishedPorts(all: readonly ManagedContainer[]): Record<string, number> {
  const published = all.flatMap(({ record }) => record.ports);
  return Object.fromEntries(
    published.flatMap(({ hostPort, localPort }) =>
      hostPort === undefined || localPort === undefined ? [] : [[`${GATEWAY}:${hostPort}`, localPort]],
    ),
  );
}

/** While it is being started its own names are known already. */
function isUp({ state, ports }: ContainerRecord): boolean {
  return state.status === "running" || ports.some(({ localPort }) => localPort !== undefined);
}

function allPorts(record: ContainerRecord, other: ReadonlyMap<number, number>): [number, number][] {
  const bound = record.ports.flatMap(({ containerPort, localPort }): [number, number][] =>
    localPort === undefined ? [] : [[containerPort, localPort]],
  );
  return [...other, ...bound];
}
