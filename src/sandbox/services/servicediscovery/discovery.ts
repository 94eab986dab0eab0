import { AwsError } from "../../wire/service.ts";
import type { DiscoveryInstance, DiscoveryService } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type DiscoveryOperations, OWN, paged, serviceOf } from "./operation.ts";

/** Services and who answers for them. */
export function discoveryOperations(world: World): DiscoveryOperations {
  return {
    GetService: {
      accepts: ["Id"],
      handle({ Id }, { region: name }) {
        const region = world.region(name);
        return { Service: shapeOf(region, serviceOf(region, Id)) };
      },
    },

    ListServices: {
      accepts: ["NextToken", "MaxResults", "Filters"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { items, ...rest } = paged(region.serviceDiscovery.services.all(), input, world.pageSize, {
          NAMESPACE_ID: ({ NamespaceId }) => NamespaceId,
          RESOURCE_OWNER: () => OWN,
        });
        const Services = items.map((service) => {
          const { NamespaceId: _, CreatorRequestId: _id, ...summary } = shapeOf(region, service);
          return summary;
        });
        return { Services, ...rest };
      },
    },

    ListInstances: {
      accepts: ["ServiceId", "NextToken", "MaxResults"],
      handle({ ServiceId, ...page }, { region: name }) {
        const region = world.region(name);
        const found = instancesOf(region, serviceOf(region, ServiceId));
        const { items, ...rest } = paged(found, page, world.pageSize, {});
        const Instances = items.map(({ Id, Attributes }) => ({ Id, Attributes }));
        return { ResourceOwner: world.account, Instances, ...rest };
      },
    },

    DiscoverInstances: {
      accepts: ["NamespaceName", "ServiceName", "MaxResults", "QueryParameters"],
      handle({ NamespaceName = "", ServiceName = "", MaxResults = 100, QueryParameters = {} }, { region: name }) {
        const region = world.region(name);
        const service = serviceNamed(region, NamespaceName, ServiceName);
        const found = instancesOf(region, service).filter(({ Attributes }) =>
          Object.entries(QueryParameters).every(([key, value]) => Attributes[key] === value),
        );
        const Instances = found.slice(0, MaxResults).map(({ Id, Attributes }) => ({
          InstanceId: Id,
          NamespaceName,
          ServiceName,
          HealthStatus: "UNKNOWN" as const,
          Attributes,
        }));
        return { Instances };
      },
    },
  };
}

/** @throws AwsError */
function serviceNamed({ serviceDiscovery }: Region, namespaceName: string, serviceName: string): DiscoveryService {
  const namespace = serviceDiscovery.namespaces.find(({ Name }) => Name === namespaceName);
  if (!namespace) throw new AwsError("NamespaceNotFound", `Failed to find namespace with name: ${namespaceName}`);
  const service = serviceDiscovery.services.find(
    ({ Name, NamespaceId }) => NamespaceId === namespace.Id && Name === serviceName,
  );
  if (!service) throw new AwsError("ServiceNotFound", `Failed to find service with name: ${serviceName}`);
  return service;
}

function instancesOf({ serviceDiscovery }: Region, { Id }: DiscoveryService): DiscoveryInstance[] {
  return serviceDiscovery.instances.filter(({ hidden }) => hidden.serviceId === Id);
}

function shapeOf(region: Region, service: DiscoveryService) {
  const { hidden: _, ...shape } = service;
  return { ...shape, InstanceCount: instancesOf(region, service).length };
}
