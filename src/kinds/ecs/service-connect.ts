import type { Service as EcsService, ServiceConnectConfiguration } from "@aws-sdk/client-ecs";
import { listed } from "../../engine/change.ts";

/** How a service takes part in Service Connect: its tasks can call every service of the namespace, and be called there. */
export interface ServiceConnect {
  /** Of the namespace: names of it that ECS may tell it by. */
  readonly namespace: { readonly name: string; readonly arn: string };
  /** What can be called: a port of the task definition by its name, and what clients call that. Empty: it only calls others. */
  readonly services: readonly { readonly portName: string; readonly host: string; readonly port: number }[];
}

/** As CreateService and UpdateService take it. What others find it by is what they call it, so that two in a namespace differ. */
export function toAwsConnect({ namespace, services }: ServiceConnect): ServiceConnectConfiguration {
  return {
    enabled: true,
    namespace: namespace.arn,
    services: services.map(({ portName, host, port }) => ({
      portName,
      discoveryName: host,
      clientAliases: [{ dnsName: host, port }],
    })),
  };
}

/** That of the primary deployment, because ECS tells none of the service itself; undefined: it has none. (ecs:Deployment) */
export function connectOf({ deployments = [] }: EcsService): ServiceConnectConfiguration | undefined {
  const found = deployments.find(({ status }) => status === "PRIMARY")?.serviceConnectConfiguration;
  return found?.enabled ? found : undefined;
}

/** What is wanted, in the words of `describeConnect`. */
export function describeWantedConnect(wanted: ServiceConnect): string {
  return describeConnect(toAwsConnect(wanted), wanted);
}

/** In words; a namespace by its name, where it is the one that is wanted. */
export function describeConnect(
  found: ServiceConnectConfiguration | undefined,
  { namespace: wanted }: Pick<ServiceConnect, "namespace">,
): string {
  if (!found) return "none";
  const { namespace = "", services = [] } = found;
  const place = [wanted.name, wanted.arn].includes(namespace) ? wanted.name : namespace;
  const served = services.map(({ portName, discoveryName = portName, clientAliases = [] }) => {
    const aliases = clientAliases.map(({ dnsName, port }) => `${dnsName ?? `${discoveryName}.${place}`}:${port}`);
    return `${portName} as ${discoveryName}, ${listed(aliases) || "without an alias"}`;
  });
  return [`in ${place}`, ...served.sort()].join("; ");
}
