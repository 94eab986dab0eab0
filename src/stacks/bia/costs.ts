import type { Cost } from "../../engine/cost.ts";
import type { BiaVariables } from "../../variables/index.ts";
import {
  containerInsightsCost,
  databaseCost,
  hostedZoneCost,
  instancesCost,
  loadBalancerCost,
  logGroupCost,
  repositoryCost,
} from "../prices.ts";
import type { Domain } from "./domain.ts";
import { logGroupName } from "./service.ts";

/** What stages 2-3 cost at AWS's list prices. */
export function costsOfAula23(variables: BiaVariables, domain: Domain | undefined): Cost[] {
  const { loadBalancer, network, database, repository, cluster, autoScalingGroup, launchTemplate, taskDefinition } =
    variables;
  return [
    databaseCost(`database ${database.identifier}`, { ...database, engine: "postgres" }),
    repositoryCost(`image repository ${repository.name}`),
    ...(loadBalancer ? [loadBalancerCost(`load balancer ${loadBalancer.name}`, network.zones.length)] : []),
    instancesCost(`instances of ${cluster.name}`, autoScalingGroup.desiredCapacity, {
      instanceType: launchTemplate.instanceType,
      volume: launchTemplate.rootVolume,
      publicAddresses: 1,
    }),
    ...(taskDefinition.logs.enabled ? [logGroupCost(`log group ${logGroupName(variables)}`)] : []),
    ...containerInsightsCost(`metrics of ${cluster.name}`, cluster.containerInsights, 1),
    ...(domain ? [hostedZoneCost(`zone ${domain.name}`)] : []),
  ];
}
