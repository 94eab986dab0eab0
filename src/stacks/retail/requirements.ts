import type { Requirements } from "../../doctor/requirements.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { USUAL_BACKUPS } from "./catalog-database.ts";
import { isInMysql } from "./catalog-store.ts";

/** What the stack needs of an account. */
export function retailRequirements(
  { network, ui, assets, catalog, carts, autoscaling }: RetailVariables,
  { region, target }: Place,
): Requirements {
  const zones = network.zones.map(({ zone }) => `${region}${zone}`);
  const gateways = zones.slice(0, { none: 0, one: 1, "per-zone": zones.length }[network.nat]);
  const behind = [assets, catalog, carts].reduce((sum, { desiredCount, cpu }) => sum + desiredCount * cpu, 0);
  const databases = isInMysql(catalog, target) ? [catalog.database] : [];
  /** Of so many tasks of the user interface, beside those behind it. */
  const vcpusOf = (tasks: number) => (Math.floor(tasks) * ui.cpu + behind) / 1024;
  return {
    instances: [],
    databases: databases.map(({ engineVersion, instanceClass, backupRetention }) => ({
      engine: "mysql",
      engineVersion,
      instanceClass,
      zone: zones[0] ?? "",
      backupRetention: backupRetention ?? USUAL_BACKUPS,
      fewerBackups: backupRetention === undefined,
      variables: {
        engineVersion: "catalog.database.engineVersion",
        instanceClass: "catalog.database.instanceClass",
        zone: "network.zones[0].zone",
        instead: 'catalog.persistence to "memory"',
      },
    })),
    ownSubnets: zones,
    fargateVcpus: {
      replacing: vcpusOf((ui.desiredCount * ui.maximumPercent) / 100),
      scaledOut: vcpusOf(autoscaling.max),
    },
    natGateways: gateways,
    counts: {
      vpcs: 1,
      addresses: gateways.length,
      loadBalancers: 1,
      targetGroups: 1,
      databases: databases.length,
      roles: 4,
    },
    linkedRoles: [
      "ecs.amazonaws.com",
      "elasticloadbalancing.amazonaws.com",
      "ecs.application-autoscaling.amazonaws.com",
      ...databases.map(() => "rds.amazonaws.com"),
    ],
  };
}
