import type * as discovery from "@aws-sdk/client-servicediscovery";
import type { Known } from "./known.ts";

/** A namespace of Cloud Map; how many services it has is counted when somebody asks. */
export type Namespace = Known<discovery.Namespace, "Id" | "Arn" | "Name" | "Type" | "Properties" | "CreateDate"> & {
  hidden: { tags: discovery.Tag[] };
};

/** What is done to a namespace, for as long as Cloud Map takes. */
export type NamespaceOperation = Known<
  discovery.Operation,
  "Id" | "Type" | "Status" | "CreateDate" | "UpdateDate" | "Targets"
> & {
  hidden: {
    /** When it is done. */
    due: Date;
    /** As it will be, or as it is. */
    namespace: Namespace;
  };
};

/** A service of Cloud Map. Those of Service Connect are made by ECS. */
export type DiscoveryService = Known<
  discovery.Service,
  "Id" | "Arn" | "Name" | "NamespaceId" | "Type" | "CreateDate"
> & {
  hidden: {
    tags: discovery.Tag[];
    /** ARN of the service of ECS that it was made for, and what clients call that. Absent: it was not made by ECS. */
    connect?: { serviceArn: string; aliases: { host: string; port: number }[] };
  };
};

/** Somebody who answers for a service. */
export type DiscoveryInstance = Known<discovery.InstanceSummary, "Id" | "Attributes"> & {
  hidden: { serviceId: string };
};
