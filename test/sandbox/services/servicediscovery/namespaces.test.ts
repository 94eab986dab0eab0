import {
  CreateHttpNamespaceCommand,
  DeleteNamespaceCommand,
  DiscoverInstancesCommand,
  GetNamespaceCommand,
  GetOperationCommand,
  GetServiceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  type ListNamespacesCommandInput,
  ListOperationsCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ServiceDiscoveryClient,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-servicediscovery";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";

const Name = "retailstore.local";

interface At {
  readonly cloudMap: ServiceDiscoveryClient;
  readonly world: World;
}

async function cloudMapOf(options: SandboxOptions = {}): Promise<At> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "short", throttling: false, ...options });
  // The SDK would ask at `data-127.0.0.1`.
  const cloudMap = new ServiceDiscoveryClient({ ...clientConfig(sandbox), maxAttempts: 1, disableHostPrefix: true });
  onTestFinished(() => cloudMap.destroy());
  return { cloudMap, world: sandbox.world };
}

const create = ({ cloudMap }: At, more: object = {}) =>
  cloudMap.send(new CreateHttpNamespaceCommand({ Name, ...more }));
const statusOf = async ({ cloudMap }: At, OperationId: string | undefined) =>
  (await cloudMap.send(new GetOperationCommand({ OperationId }))).Operation;
const namesOf = async ({ cloudMap }: At, input: ListNamespacesCommandInput = {}) =>
  ((await cloudMap.send(new ListNamespacesCommand(input))).Namespaces ?? []).map((one) => one.Name);

/** Answers its id. */
async function made(at: At, name = Name): Promise<string> {
  const { OperationId } = await create(at, { Name: name, Tags: [{ Key: "a", Value: "b" }] });
  await at.world.clock.advance(400);
  return (await statusOf(at, OperationId))?.Targets?.NAMESPACE ?? "";
}

/** As ECS does for Service Connect. */
function putService({ world }: At, NamespaceId: string): void {
  const { services, instances } = world.region("us-east-1").serviceDiscovery;
  const Arn = `arn:aws:servicediscovery:us-east-1:${world.account}:service/srv-1`;
  const times = { CreateDate: world.now(), hidden: { tags: [] } };
  services.put({ Id: "srv-1", Arn, Name: "catalog", NamespaceId, Type: "HTTP", ...times });
  const Attributes = { AWS_INSTANCE_IPV4: "10.0.3.7", AWS_INSTANCE_PORT: "8080" };
  instances.put({ Id: "task-1", Attributes, hidden: { serviceId: "srv-1" } });
}

describe("a namespace of Cloud Map", () => {
  it("is there when the operation that makes it is done", async () => {
    const at = await cloudMapOf();
    const { OperationId } = await create(at, { Description: "of the shop" });
    const pending = await statusOf(at, OperationId);
    expect(pending).toMatchObject({ Type: "CREATE_NAMESPACE", Status: "PENDING" });
    expect(await namesOf(at)).toEqual([]);
    await at.world.clock.advance(400);
    expect(await statusOf(at, OperationId)).toMatchObject({ Status: "SUCCESS" });
    const Id = pending?.Targets?.NAMESPACE ?? "";
    expect(Id).toMatch(/^ns-[a-z2-7]{16}$/);
    const { Namespace } = await at.cloudMap.send(new GetNamespaceCommand({ Id }));
    expect(Namespace).toMatchObject({
      Id,
      Arn: `arn:aws:servicediscovery:us-east-1:000000000000:namespace/${Id}`,
      Name,
      Type: "HTTP",
      Description: "of the shop",
      Properties: { HttpProperties: { HttpName: Name } },
    });
    const { Operations } = await at.cloudMap.send(
      new ListOperationsCommand({ Filters: [{ Name: "NAMESPACE_ID", Values: [Id] }] }),
    );
    expect(Operations).toEqual([{ Id: OperationId, Status: "SUCCESS" }]);
  });

  it("is made once: the request made again is the same operation, another one is refused", async () => {
    const at = await cloudMapOf();
    const CreatorRequestId = "once";
    const first = await create(at, { CreatorRequestId });
    expect((await create(at, { CreatorRequestId })).OperationId).toBe(first.OperationId);
    expect(await refusal(create(at))).toMatch(
      /^DuplicateRequest: Another operation of type CreateHttpNamespace and id \S+ is in progress$/,
    );
    await at.world.clock.advance(400);
    expect(await refusal(create(at))).toMatch(/^NamespaceAlreadyExists: /);
    expect(await refusal(create(at, { Name: "" }))).toMatch(/^InvalidInput|^ValidationException/);
  });

  it("is found by filters that look at one page at a time, of which some are empty", async () => {
    const at = await cloudMapOf({ pageSize: 1 });
    await made(at, "other");
    await made(at);
    const Filters = [{ Name: "NAME" as const, Values: [Name], Condition: "EQ" as const }];
    const { Namespaces, NextToken } = await at.cloudMap.send(new ListNamespacesCommand({ Filters }));
    expect(Namespaces).toEqual([]);
    expect(await namesOf(at, { Filters, NextToken })).toEqual([Name]);
    const beginning = [{ Name: "HTTP_NAME" as const, Values: ["ret"], Condition: "BEGINS_WITH" as const }];
    expect(await namesOf(at, { Filters: beginning, MaxResults: 9 })).toEqual([Name]);
    const of = (owner: string) => [{ Name: "RESOURCE_OWNER" as const, Values: [owner] }];
    expect(await namesOf(at, { Filters: of("SELF"), MaxResults: 100 })).toContain(Name);
    expect(await namesOf(at, { Filters: of("OTHER_ACCOUNTS"), MaxResults: 100 })).toEqual([]);
  });

  it("has tags", async () => {
    const at = await cloudMapOf();
    const Id = await made(at);
    const ResourceARN = `arn:aws:servicediscovery:us-east-1:000000000000:namespace/${Id}`;
    await at.cloudMap.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "c", Value: "d" }] }));
    await at.cloudMap.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a"] }));
    const { Tags } = await at.cloudMap.send(new ListTagsForResourceCommand({ ResourceARN }));
    expect(Tags).toEqual([{ Key: "c", Value: "d" }]);
    expect(await refusal(at.cloudMap.send(new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}x` })))).toMatch(
      /^ResourceNotFoundException/,
    );
  });

  it("is not deleted while services are in it, and gone when the operation is done", async () => {
    const at = await cloudMapOf();
    const Id = await made(at);
    putService(at, Id);
    const remove = () => at.cloudMap.send(new DeleteNamespaceCommand({ Id }));
    expect(await refusal(remove())).toBe(
      "ResourceInUse: Namespace has associated services; delete the services before deleting the namespace",
    );
    at.world.region("us-east-1").serviceDiscovery.services.delete("srv-1");
    const { OperationId } = await remove();
    expect(await refusal(remove())).toMatch(/^DuplicateRequest: Another operation of type DeleteNamespace/);
    await at.world.clock.advance(400);
    expect(await statusOf(at, OperationId)).toMatchObject({ Type: "DELETE_NAMESPACE", Status: "SUCCESS" });
    expect(await refusal(remove())).toMatch(/^NamespaceNotFound/);
    expect(await namesOf(at)).toEqual([]);
  });

  it("tells its services, and who answers for them", async () => {
    const at = await cloudMapOf();
    const Id = await made(at);
    putService(at, Id);
    const { cloudMap } = at;
    expect((await cloudMap.send(new GetNamespaceCommand({ Id }))).Namespace?.ServiceCount).toBe(1);
    const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [Id] }];
    const { Services } = await cloudMap.send(new ListServicesCommand({ Filters }));
    expect(Services).toMatchObject([{ Id: "srv-1", Name: "catalog", InstanceCount: 1 }]);
    const { Service } = await cloudMap.send(new GetServiceCommand({ Id: "srv-1" }));
    expect(Service).toMatchObject({ Name: "catalog", NamespaceId: Id });
    const Attributes = { AWS_INSTANCE_IPV4: "10.0.3.7", AWS_INSTANCE_PORT: "8080" };
    const listed = await cloudMap.send(new ListInstancesCommand({ ServiceId: "srv-1" }));
    expect(listed).toMatchObject({ ResourceOwner: "000000000000", Instances: [{ Id: "task-1", Attributes }] });
    const discover = (ServiceName: string, more = {}) =>
      cloudMap.send(new DiscoverInstancesCommand({ NamespaceName: Name, ServiceName, ...more }));
    expect((await discover("catalog")).Instances).toMatchObject([{ InstanceId: "task-1", Attributes }]);
    expect((await discover("catalog", { QueryParameters: { AWS_INSTANCE_PORT: "1" } })).Instances).toEqual([]);
    expect(await refusal(discover("carts"))).toMatch(/^ServiceNotFound/);
  });
});
