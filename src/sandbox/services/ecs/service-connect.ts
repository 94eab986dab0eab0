import type { ServiceConnectConfiguration, ServiceConnectService } from "@aws-sdk/client-ecs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import { endpointsIn, endpointsOf } from "../../world/ecs/service-connect.ts";
import type { Cluster, Connected, EcsService, Namespace, TaskDefinition } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";
import { invalid } from "./operation.ts";

/** (ecs:ServiceConnectService, discoveryName) */
const DISCOVERY_NAME = /^[a-z0-9_][a-z0-9_-]{0,63}$/;
const LONGEST_HOST = 127;
const HIGHEST_PORT = 65_535;

/** Who asks for Service Connect. */
interface Asking extends Pick<EcsService, "launchType"> {
  /** Absent: it is not made yet. */
  readonly serviceArn?: string;
}

/**
 * How a service of these settings takes part in Service Connect; undefined: it does not.
 *
 * @throws AwsError for what cannot be
 */
export function connectedBy(
  region: Region,
  cluster: Cluster,
  service: Asking,
  definition: TaskDefinition,
  asked: ServiceConnectConfiguration,
): Connected | undefined {
  if (!asked.enabled) return undefined;
  if (asked.logConfiguration || asked.accessLogConfiguration) throw notEmulated("logs of Service Connect's proxy");
  if (service.launchType !== "FARGATE") throw notEmulated("Service Connect of tasks on instances");
  const wanted = asked.namespace ?? cluster.serviceConnectDefaults?.namespace;
  if (wanted === undefined) throw invalid("Namespace must be specified in the Service Connect configuration.");
  const { Id: namespaceId } = namespaceOf(region, wanted);
  const connected = { configuration: { ...asked, namespace: wanted }, namespaceId };
  for (const one of asked.services ?? []) checkService(definition, one);
  checkNames(region, service, connected, definition);
  return connected;
}

/** By name or ARN. @throws AwsError */
export function namespaceOf({ serviceDiscovery }: Region, asked: string): Namespace {
  const found = serviceDiscovery.namespaces.find(({ Name, Arn }) => asked === Name || asked === Arn);
  // (terraform-aws-modules/terraform-aws-ecs#116)
  if (!found) throw new AwsError("NamespaceNotFoundException", `Failed to retrieve namespace for ${nameIn(asked)}`);
  return found;
}

function checkService({ containerDefinitions }: TaskDefinition, asked: ServiceConnectService): void {
  const { portName = "", discoveryName, clientAliases = [], ingressPortOverride, tls } = asked;
  if (tls) throw notEmulated("TLS of Service Connect");
  if (ingressPortOverride !== undefined) throw notEmulated("another port of Service Connect's proxy");
  const mapping = containerDefinitions
    .flatMap(({ portMappings = [] }) => portMappings)
    .find((one) => one.name === portName);
  if (!mapping) {
    throw invalid(`portName(${portName}) does not refer to any named PortMapping in the container definitions`);
  }
  if (discoveryName !== undefined && !DISCOVERY_NAME.test(discoveryName)) {
    throw invalid(`discoveryName(${discoveryName}) must be 1-64 lower case letters, numbers, hyphens and underscores.`);
  }
  if (clientAliases.length > 1) throw invalid(`Only one client alias can be specified for portName(${portName}).`);
  for (const { port = 0, dnsName = "" } of clientAliases) {
    if (port < 1 || port > HIGHEST_PORT)
      throw invalid(`The port ${port} of a client alias must be between 1 and 65535.`);
    if (dnsName.length > LONGEST_HOST)
      throw invalid(`The dnsName of a client alias can have ${LONGEST_HOST} characters.`);
  }
}

/** Names are unique in a namespace, and so are endpoints. (Developer Guide, "Service Connect concepts") */
function checkNames(region: Region, { serviceArn }: Asking, connected: Connected, definition: TaskDefinition): void {
  const own = endpointsOf(region, connected, definition);
  const others = endpointsIn(region, connected.namespaceId).filter((one) => one.serviceArn !== serviceArn);
  const { Arn } = namespaceOf(region, connected.configuration.namespace ?? "");
  for (const [index, { discoveryName, host, port }] of own.entries()) {
    const all = [...own.slice(0, index), ...others];
    if (all.some((one) => one.discoveryName === discoveryName)) {
      throw invalid(`The Service Connect service ${discoveryName} is already used by ${Arn}`);
    }
    if (all.some((one) => one.host === host && one.port === port)) {
      throw invalid(`The Service Connect client alias ${host}:${port} is already used by ${Arn}`);
    }
  }
}
