import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { task } from "../../../src/engine/task.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { cluster } from "../../../src/kinds/ecs/cluster.ts";
import { service } from "../../../src/kinds/ecs/service.ts";
import { serviceLinks } from "../../../src/kinds/ecs/service-links.ts";
import { taskDefinition } from "../../../src/kinds/ecs/task-definition.ts";
import { httpNamespace } from "../../../src/kinds/servicediscovery/http-namespace.ts";
import { clientsOf, createOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { CLUSTER, container, definition, STOPPED, stackOf, takesBackAtOnce } from "./stack.ts";

const NAMESPACE = "retailstore.local";
const PORT = { containerPort: 8080, hostPort: 8080, protocol: "tcp", name: "web", appProtocol: "http" } as const;

const vpc = task("vpc", "default VPC", defaultVpc, { zones: [] });
const home = task("cluster", "cluster", cluster, { name: CLUSTER, containerInsights: "disabled" });
const place = task("namespace", "namespace", httpNamespace, { name: NAMESPACE });
const namespace = place.out(({ arn }) => ({ name: NAMESPACE, arn }));

/** A service of one task on Fargate, of a task definition of its own. */
function running(name: string, { connected = false, banner = "" } = {}) {
  const environment = banner ? { BANNER: banner } : {};
  const revision = task(`${name}-definition`, `task definition ${name}`, taskDefinition, {
    ...definition,
    family: name,
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: 256,
    memory: 512,
    service: { cluster: CLUSTER, name },
    containers: [{ ...container, cpu: 0, memory: 256, portMappings: [PORT], environment, keeps: ["SERVER"] }],
  });
  const made = task(name, `service ${name}`, service, {
    cluster: home.out((found) => found.name),
    name,
    taskDefinition: revision.out(({ arn }) => arn),
    desiredCount: 1,
    capacityProviderStrategy: [],
    fargate: {
      subnets: [vpc.out(({ subnets }) => subnets["us-east-1a"] ?? "")],
      securityGroups: [],
      publicAddresses: true,
    },
    deployment: { minimumHealthyPercent: 100, maximumPercent: 200, whenFailing: "off" },
    availabilityZoneRebalancing: "ENABLED",
    loadBalancers: [],
    placementConstraints: [],
    placementStrategy: [],
    healthCheckGracePeriod: 0,
    propagateTags: "SERVICE",
    ...(connected && { serviceConnect: { namespace, services: [{ portName: "web", host: name, port: 80 }] } }),
  });
  return [revision, made] as const;
}

function stackWith(banner = "") {
  const server = running("server", { connected: true });
  const client = running("client", { banner });
  const links = task(
    "links",
    "client with its server",
    serviceLinks,
    {
      cluster: CLUSTER,
      name: "client",
      container: container.name,
      environment: { SERVER: "http://server" },
      serviceConnect: { namespace, services: [{ portName: "web", host: "client", port: 80 }] },
      calls: ["server"],
    },
    [client[1], server[1]],
  );
  return stackOf(vpc, home, place, ...server, ...client, links);
}

const stack = stackWith();

const update = (of: string, input: object) => ({
  make: ({ ecs }: AwsClients) => ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: of, ...input })),
});

describeContract({
  task: "links",
  stack,
  drifts: {
    "no Service Connect any more": {
      field: /^serviceConnectConfiguration$/,
      ...update("client", { serviceConnectConfiguration: { enabled: false } }),
    },
    "an older revision": { field: /^environment SERVER$/, ...update("client", { taskDefinition: "client:1" }) },
  },
});

describe("the links of a service", () => {
  it("stay when the service is changed", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const changed = stackWith("new");
    expect(verdicts(await createOn(sandbox, { stack: changed, only: "client" }))).toMatchObject({
      "client-definition": "update",
      client: "update",
    });
    expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack: changed }))))).toEqual(new Set(["unchanged"]));
  });

  it("that ECS takes back before anybody looked are given up with the reason, and tried again by the next run", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, needsOf: "links" });
    const end = takesBackAtOnce(sandbox, STOPPED, "client");
    const failed = await createOn(sandbox, { stack });
    end();
    expect(failed.tasks.find(({ id }) => id === "links")?.error?.why).toContain(STOPPED);
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ links: "unchanged" });
  });

  it("are made anew by a deployment where what it calls is newer than its tasks (trap 1)", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const { services } = sandbox.world.region("us-east-1").ecs;
    const server = services.find(({ serviceName }) => serviceName === "server");
    services.update(server?.serviceArn ?? "", (draft) => {
      draft.createdAt = sandbox.world.now();
    });
    const planned = (await planOn(sandbox, { stack })).tasks.find(({ id }) => id === "links");
    expect(planned?.changes).toMatchObject([{ field: "deployment that knows server" }]);
    expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({ links: "update" });
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ links: "unchanged" });
  });

  it("need what they call in the namespace: what somebody has made of its Service Connect is put right", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const clients = clientsOf(sandbox);
    const services = { enabled: true, namespace: NAMESPACE, services: [] };
    await update("server", { serviceConnectConfiguration: services }).make(clients);
    clients.close();
    const planned = (await planOn(sandbox, { stack })).tasks.find(({ id }) => id === "server");
    expect(planned?.changes).toEqual([
      {
        field: "serviceConnectConfiguration",
        from: `in ${NAMESPACE}`,
        to: `in ${NAMESPACE}; web as server, server:80`,
      },
    ]);
    expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({ server: "update" });
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ server: "unchanged", links: "unchanged" });
  });
});
