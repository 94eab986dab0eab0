import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

describeOnAwsCli("the aws CLI on Cloud Map of the sandbox", () => {
  it("makes a namespace, follows its operation, and deletes it", async () => {
    const made = look("servicediscovery", "create-http-namespace", "--name", "by-hand.local");
    const operation = (id: string) => look("servicediscovery", "get-operation", "--operation-id", id).Operation;
    await expect.poll(() => operation(made.OperationId).Status, { timeout: 20_000 }).toBe("SUCCESS");
    const { NAMESPACE: id } = operation(made.OperationId).Targets;
    expect(look("servicediscovery", "get-namespace", "--id", id).Namespace.Type).toBe("HTTP");
    const filters = ["--filters", "Name=NAME,Values=by-hand.local,Condition=EQ"];
    const { Namespaces } = look("servicediscovery", "list-namespaces", ...filters);
    expect(Namespaces.map(({ Name }: { Name: string }) => Name)).toEqual(["by-hand.local"]);
    const deleted = look("servicediscovery", "delete-namespace", "--id", id);
    await expect.poll(() => operation(deleted.OperationId).Status, { timeout: 20_000 }).toBe("SUCCESS");
    expect(aws("servicediscovery", "get-namespace", "--id", id).code).toBe("NamespaceNotFound");
  });
});
