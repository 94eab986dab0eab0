import {
  CreateHttpNamespaceCommand,
  DeleteNamespaceCommand,
  GetNamespaceCommand,
  GetOperationCommand,
  GetServiceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListOperationsCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-servicediscovery";
import type { Scenario } from "../transcript.ts";

/** Namespaces of Cloud Map, and what is in an empty one. */
export const namespaces: Scenario = {
  title: "Cloud Map",
  async run({ serviceDiscovery: client }, call) {
    const Name = "retailstore.local";
    const Tags = [{ Key: "owner", Value: "me" }];
    const made = new CreateHttpNamespaceCommand({ Name, Description: "The shop", CreatorRequestId: "one", Tags });
    const { OperationId = "" } = await call("CreateHttpNamespace", client.send(made));
    const operation = async () => (await client.send(new GetOperationCommand({ OperationId }))).Operation;
    for (const end = Date.now() + 20_000; Date.now() < end && (await operation())?.Status !== "SUCCESS"; );
    await call("GetOperation", client.send(new GetOperationCommand({ OperationId })));
    await call("GetOperation, unknown", client.send(new GetOperationCommand({ OperationId: "nothing" })));
    await call("ListOperations", client.send(new ListOperationsCommand({})));
    const { Namespaces = [] } = await call("ListNamespaces", client.send(new ListNamespacesCommand({})));
    const { Id = "", Arn = "" } = Namespaces[0] ?? {};
    await call("CreateHttpNamespace, same name", client.send(new CreateHttpNamespaceCommand({ Name })));
    await call("GetNamespace", client.send(new GetNamespaceCommand({ Id })));
    await call("GetNamespace, unknown", client.send(new GetNamespaceCommand({ Id: "ns-aaaaaaaaaaaaaaaa" })));
    await call(
      "TagResource",
      client.send(new TagResourceCommand({ ResourceARN: Arn, Tags: [{ Key: "stage", Value: "one" }] })),
    );
    await call("ListTagsForResource", client.send(new ListTagsForResourceCommand({ ResourceARN: Arn })));
    await call("UntagResource", client.send(new UntagResourceCommand({ ResourceARN: Arn, TagKeys: ["stage"] })));
    await call("ListTagsForResource, fewer", client.send(new ListTagsForResourceCommand({ ResourceARN: Arn })));
    const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [Id], Condition: "EQ" as const }];
    await call("ListServices", client.send(new ListServicesCommand({ Filters })));
    await call("GetService, unknown", client.send(new GetServiceCommand({ Id: "srv-aaaaaaaaaaaaaaaa" })));
    await call("ListInstances, unknown", client.send(new ListInstancesCommand({ ServiceId: "srv-aaaaaaaaaaaaaaaa" })));
    await call("DeleteNamespace", client.send(new DeleteNamespaceCommand({ Id })));
    await call("DeleteNamespace, unknown", client.send(new DeleteNamespaceCommand({ Id: "ns-aaaaaaaaaaaaaaaa" })));
  },
  differences: [
    { at: /, unknown$/, why: "moto: HTTP 400; AWS: 404 (httpStatusCode of the model's errors)" },
    { at: /, same name$|^DeleteNamespace\.OperationId$/, why: "moto takes it; AWS: NamespaceAlreadyExists" },
    { at: /\.(ResourceOwner|OwnerAccount)$/, why: "moto leaves it out (servicediscovery:Namespace, Operation)" },
    { at: /\.SOA$/, why: "an HTTP namespace has no zone" },
  ],
};
