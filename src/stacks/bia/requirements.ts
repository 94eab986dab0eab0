import type { Requirements } from "../../doctor/requirements.ts";
import type { BiaVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { USUAL_BACKUPS } from "./database.ts";
import { domainOf } from "./domain.ts";

/** What the stack needs of an account. */
export function biaRequirements(variables: BiaVariables, place: Place): Requirements {
  const { devMachine, launchTemplate, autoScalingGroup, network, database, loadBalancer } = variables;
  const zone = (letter: string) => `${place.region}${letter}`;
  const domain = domainOf(variables, place);
  const balanced = loadBalancer === false ? 0 : 1;
  return {
    instances: [
      { type: devMachine.instanceType, zones: [zone(devMachine.zone)], count: 1 },
      { type: launchTemplate.instanceType, zones: network.zones.map(zone), count: autoScalingGroup.maxSize },
    ],
    databases: [
      {
        engine: "postgres",
        engineVersion: database.engineVersion,
        instanceClass: database.instanceClass,
        zone: zone(database.zone),
        backupRetention: database.backupRetention ?? USUAL_BACKUPS,
        fewerBackups: database.backupRetention === undefined,
        variables: {
          engineVersion: "database.engineVersion",
          instanceClass: "database.instanceClass",
          zone: "database.zone",
        },
      },
    ],
    ownSubnets: [],
    counts: {
      loadBalancers: balanced,
      targetGroups: balanced,
      autoScalingGroups: 1,
      databases: 1,
      hostedZones: domain === undefined ? 0 : 1,
      roles: 3,
      instanceProfiles: 2,
    },
    linkedRoles: [
      "autoscaling.amazonaws.com",
      "ecs.amazonaws.com",
      ...(balanced ? ["elasticloadbalancing.amazonaws.com"] : []),
      "rds.amazonaws.com",
    ],
    domain: { name: domain?.name },
  };
}
