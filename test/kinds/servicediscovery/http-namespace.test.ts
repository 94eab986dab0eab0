import { CreateHttpNamespaceCommand, ListNamespacesCommand } from "@aws-sdk/client-servicediscovery";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { httpNamespace } from "../../../src/kinds/servicediscovery/http-namespace.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const name = "retailstore.local";
const only = "namespace";
const namespace = task(only, `namespace ${name}`, httpNamespace, { name });
const stack: Stack = {
  name: "retail",
  stages: [{ name: "1", title: "names", tasks: [namespace], outputs: {}, costs: [] }],
};

describeContract({ task: only, stack, drifts: {} });

describe("a namespace", () => {
  it("is found on whichever page it is, and told from others", async () => {
    const sandbox = await sandboxForTest({ delays: "none", pageSize: 1 });
    const { serviceDiscovery, close } = clientsOf(sandbox);
    await serviceDiscovery.send(new CreateHttpNamespaceCommand({ Name: "other.local" }));
    await createOn(sandbox, { stack });
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ namespace: "unchanged" });
    close();
  });

  it("is waited for until its operation is done, and by a run that finds another one at it", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    const { serviceDiscovery, close } = clientsOf(sandbox);
    await serviceDiscovery.send(new CreateHttpNamespaceCommand({ Name: name }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ namespace: "foreign" });
    expect((await serviceDiscovery.send(new ListNamespacesCommand({}))).Namespaces).toHaveLength(1);
    close();
  });

  it("stays while ECS has services in it, which the wait for it names", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const { services, namespaces } = sandbox.world.region("us-east-1").serviceDiscovery;
    const [made] = namespaces.all();
    const Arn = `arn:aws:servicediscovery:us-east-1:${sandbox.world.account}:service/srv-1`;
    const hidden = { tags: [] };
    services.put({
      Id: "srv-1",
      Arn,
      Name: "catalog",
      NamespaceId: made?.Id ?? "",
      Type: "HTTP",
      CreateDate: new Date(),
      hidden,
    });
    sandbox.world.faults.set([{ operation: "servicediscovery:DeleteNamespace", effect: { latency: 0 } }]);
    const destroyed = destroyOn(sandbox, { stack });
    // As ECS does some time after a service was deleted.
    await expect.poll(() => sandbox.world.faults.strikes()[0]?.calls.length, { timeout: 20_000 }).toBeGreaterThan(1);
    services.delete("srv-1");
    const { events } = await destroyed;
    expect(namespaces.size).toBe(0);
    expect(JSON.stringify(events)).toContain("services in it: catalog");
  });
});
