import type { Requirements } from "../../doctor/requirements.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";

/** What the stack needs of an account. */
export function retailRequirements(
  { network, ui, assets, catalog, autoscaling }: RetailVariables,
  { region }: Place,
): Requirements {
  const gateways = { none: 0, one: 1, "per-zone": network.zones.length }[network.nat];
  const behind = [assets, catalog].reduce((sum, { desiredCount, cpu }) => sum + desiredCount * cpu, 0);
  /** Of so many tasks of the user interface, beside those behind it. */
  const vcpusOf = (tasks: number) => (Math.floor(tasks) * ui.cpu + behind) / 1024;
  return {
    instances: [],
    databases: [],
    ownSubnets: network.zones.map(({ zone }) => `${region}${zone}`),
    fargateVcpus: {
      replacing: vcpusOf((ui.desiredCount * ui.maximumPercent) / 100),
      scaledOut: vcpusOf(autoscaling.max),
    },
    counts: { vpcs: 1, addresses: gateways, loadBalancers: 1, targetGroups: 1, roles: 3 },
    linkedRoles: [
      "ecs.amazonaws.com",
      "elasticloadbalancing.amazonaws.com",
      "ecs.application-autoscaling.amazonaws.com",
    ],
  };
}
