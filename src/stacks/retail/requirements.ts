import type { Requirements } from "../../doctor/requirements.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";

/** What the stack needs of an account. */
export function retailRequirements({ network }: RetailVariables, { region }: Place): Requirements {
  const gateways = { none: 0, one: 1, "per-zone": network.zones.length }[network.nat];
  return {
    instances: [],
    databases: [],
    ownSubnets: network.zones.map(({ zone }) => `${region}${zone}`),
    counts: { vpcs: 1, addresses: gateways },
    linkedRoles: [],
  };
}
