import { randomUUID } from "node:crypto";
import type { CreateHttpNamespaceCommandInput } from "@aws-sdk/client-servicediscovery";
import { AwsError } from "../../wire/service.ts";
import type { Namespace, NamespaceOperation } from "../../world/records.ts";
import { newDiscoveryId } from "../../world/servicediscovery.ts";
import type { Region, World } from "../../world/world.ts";
import { type DiscoveryOperations, invalidInput, namespaceOf, OWN, paged, servicesIn } from "./operation.ts";
import { mergedTags } from "./tags.ts";

/** Namespaces. Making and deleting one takes an operation. */
export function namespaceOperations(world: World): DiscoveryOperations {
  return {
    CreateHttpNamespace: {
      accepts: ["Name", "CreatorRequestId", "Description", "Tags"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { Name = "", CreatorRequestId = randomUUID() } = input;
        if (!/^[!-~]{1,1024}$/.test(Name)) throw invalidInput(`The namespace name ${Name} is not valid.`);
        const { namespaces, operations } = region.serviceDiscovery;
        const own = operations
          .filter(({ Type, hidden }) => Type === "CREATE_NAMESPACE" && hidden.namespace.Name === Name)
          .find(({ Status, hidden }) => Status === "PENDING" || namespaces.get(hidden.namespace.Id));
        if (own?.hidden.namespace.CreatorRequestId === CreatorRequestId) return { OperationId: own.Id };
        if (own?.Status === "PENDING") throw inProgress("CreateHttpNamespace", own);
        if (namespaces.find((other) => other.Name === Name)) {
          throw new AwsError("NamespaceAlreadyExists", `Namespace with name ${Name} already exists in this account.`);
        }
        const namespace = newNamespace(world, region, { ...input, CreatorRequestId });
        return begin(world, region, "CREATE_NAMESPACE", namespace, world.later("namespace made"));
      },
    },

    GetNamespace: {
      accepts: ["Id"],
      handle({ Id }, { region: name }) {
        const region = world.region(name);
        return { Namespace: shapeOf(region, namespaceOf(region, Id)) };
      },
    },

    ListNamespaces: {
      accepts: ["NextToken", "MaxResults", "Filters"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { items, ...rest } = paged(region.serviceDiscovery.namespaces.all(), input, world.pageSize, {
          NAME: ({ Name }) => Name,
          HTTP_NAME: ({ Properties }) => Properties.HttpProperties?.HttpName,
          TYPE: ({ Type }) => Type,
          RESOURCE_OWNER: () => OWN,
        });
        const Namespaces = items.map((namespace) => {
          const { CreatorRequestId: _, ...summary } = shapeOf(region, namespace);
          return summary;
        });
        return { Namespaces, ...rest };
      },
    },

    DeleteNamespace: {
      accepts: ["Id"],
      handle({ Id }, { region: name }) {
        const region = world.region(name);
        const namespace = namespaceOf(region, Id);
        const deleting = region.serviceDiscovery.operations.find(
          ({ Type, Status, Targets }) =>
            Type === "DELETE_NAMESPACE" && Status === "PENDING" && Targets.NAMESPACE === namespace.Id,
        );
        if (deleting) throw inProgress("DeleteNamespace", deleting);
        if (servicesIn(region, namespace).length > 0) {
          throw new AwsError(
            "ResourceInUse",
            "Namespace has associated services; delete the services before deleting the namespace",
          );
        }
        return begin(world, region, "DELETE_NAMESPACE", namespace, world.later("namespace deleted"));
      },
    },
  };
}

function inProgress(call: string, { Id }: NamespaceOperation): AwsError {
  return new AwsError("DuplicateRequest", `Another operation of type ${call} and id ${Id} is in progress`);
}

function begin(
  world: World,
  region: Region,
  Type: "CREATE_NAMESPACE" | "DELETE_NAMESPACE",
  namespace: Namespace,
  due: Date,
): { OperationId: string } {
  const { Id } = region.serviceDiscovery.operations.put({
    Id: `${newDiscoveryId("")}-${randomUUID().slice(0, 8)}`,
    OwnerAccount: world.account,
    Type,
    Status: "PENDING",
    CreateDate: world.now(),
    UpdateDate: world.now(),
    Targets: { NAMESPACE: namespace.Id },
    hidden: { due, namespace },
  });
  return { OperationId: Id };
}

function newNamespace(
  world: World,
  region: Region,
  { Name = "", CreatorRequestId, Description, Tags }: CreateHttpNamespaceCommandInput,
): Namespace {
  const Id = newDiscoveryId("ns-");
  return {
    Id,
    Arn: `arn:aws:servicediscovery:${region.name}:${world.account}:namespace/${Id}`,
    ResourceOwner: world.account,
    Name,
    Type: "HTTP",
    ...(Description !== undefined && { Description }),
    Properties: { DnsProperties: {}, HttpProperties: { HttpName: Name } },
    CreateDate: world.now(),
    CreatorRequestId,
    hidden: { tags: mergedTags([], Tags) },
  };
}

function shapeOf(region: Region, { hidden: _, ...namespace }: Namespace) {
  const ServiceCount = region.serviceDiscovery.services.filter(
    ({ NamespaceId }) => NamespaceId === namespace.Id,
  ).length;
  return { ...namespace, ...(ServiceCount > 0 && { ServiceCount }) };
}
