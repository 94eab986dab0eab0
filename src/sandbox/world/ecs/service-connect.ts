import type { ConnectEndpoint, Connected, DiscoveryService, EcsService, TaskDefinition } from "../records.ts";
import { newDiscoveryId } from "../servicediscovery.ts";
import type { Region, World } from "../world.ts";
import { nameIn } from "./names.ts";

/** An endpoint, and ARN of the service that answers there. */
type Served = ConnectEndpoint & { readonly serviceArn: string };

/** Endpoints of a service as its configuration names them: without an alias by its name in the namespace, at the container's port. */
export function endpointsOf(
  { serviceDiscovery }: Region,
  { configuration, namespaceId }: Connected,
  definition: TaskDefinition | undefined,
): Omit<ConnectEndpoint, "discoveryId">[] {
  const namespace = serviceDiscovery.namespaces.get(namespaceId)?.Name ?? "";
  return (configuration.services ?? []).map(({ portName = "", discoveryName = portName, clientAliases = [] }) => {
    const [{ dnsName, port } = {}] = clientAliases;
    return {
      discoveryName,
      host: dnsName ?? `${discoveryName}.${namespace}`,
      port: port ?? containerPort(definition, portName),
    };
  });
}

/** Everything that can be called in a namespace at this moment. */
export function endpointsIn({ serviceDiscovery }: Region, namespaceId: string): Served[] {
  return serviceDiscovery.services
    .filter(({ NamespaceId }) => NamespaceId === namespaceId)
    .flatMap(({ Id: discoveryId, Name: discoveryName, hidden: { connect } }) =>
      (connect?.aliases ?? []).map((alias) => ({
        discoveryId,
        discoveryName,
        serviceArn: connect?.serviceArn ?? "",
        ...alias,
      })),
    );
}

/** The port of a task's containers by the name that its definition gives it; 0: none has the name. */
export function containerPort(definition: TaskDefinition | undefined, portName: string): number {
  const mappings = definition?.containerDefinitions.flatMap(({ portMappings = [] }) => portMappings);
  return mappings?.find(({ name }) => name === portName)?.containerPort ?? 0;
}

/** Makes, in Cloud Map, what a service serves; and answers where, as its deployment tells it. */
export function publish(
  world: World,
  region: Region,
  { serviceArn, hidden: { connected }, taskDefinition }: EcsService,
): { discoveryName: string; discoveryArn: string }[] {
  if (!connected) return [];
  const definition = region.ecs.taskDefinitions.get(nameIn(taskDefinition));
  return endpointsOf(region, connected, definition).map(({ discoveryName, host, port }) => {
    const present = publishedAs(region, connected.namespaceId, discoveryName);
    const connect = { serviceArn, aliases: [{ host, port }] };
    const { Arn } = region.serviceDiscovery.services.put(
      present
        ? { ...present, hidden: { ...present.hidden, connect } }
        : newService(world, region, connected.namespaceId, discoveryName, connect),
    );
    return { discoveryName, discoveryArn: Arn };
  });
}

function publishedAs({ serviceDiscovery }: Region, namespaceId: string, name: string): DiscoveryService | undefined {
  return serviceDiscovery.services.find(({ Name, NamespaceId }) => Name === name && NamespaceId === namespaceId);
}

function newService(
  world: World,
  region: Region,
  NamespaceId: string,
  Name: string,
  connect: NonNullable<DiscoveryService["hidden"]["connect"]>,
): DiscoveryService {
  const Id = newDiscoveryId("srv-");
  return {
    Id,
    Arn: `arn:aws:servicediscovery:${region.name}:${world.account}:service/${Id}`,
    ResourceOwner: world.account,
    Name,
    NamespaceId,
    Type: "HTTP",
    CreateDate: world.now(),
    CreatorRequestId: connect.serviceArn,
    hidden: { tags: [{ Key: "AmazonECSManaged", Value: "true" }], connect },
  };
}
