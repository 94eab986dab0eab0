import {
  CreateClusterCommand,
  DeleteServiceCommand,
  UpdateClusterCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import {
  as,
  connecting,
  create,
  deleteNamespace,
  instancesOf,
  NAMESPACE,
  namesIn,
  register,
  served,
} from "./connecting.ts";
import { CLUSTER, serviceOf, settle, tasksOf } from "./fixtures.ts";

describe("Service Connect of a service", () => {
  it("is told of its deployments, not of itself, and stays until it is taken away (trap 2)", async () => {
    const at = await connecting();
    await register(at, "catalog");
    const serviceConnectConfiguration = as("catalog");
    const { service } = await create(at, "catalog", { serviceConnectConfiguration });
    const discoveryArn = expect.stringMatching(/^arn:aws:servicediscovery:us-east-1:\d{12}:service\/srv-[a-z2-7]{16}$/);
    const serviceConnectResources = [{ discoveryName: "catalog", discoveryArn }];
    expect(service).not.toHaveProperty("serviceConnectConfiguration");
    expect(service?.deployments).toMatchObject([{ serviceConnectConfiguration, serviceConnectResources }]);
    await settle(at);
    const update = (input: object) =>
      at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: "catalog", ...input }));
    await update({ desiredCount: 2 });
    await update({ forceNewDeployment: true });
    await settle(at);
    expect((await serviceOf(at, "catalog"))?.deployments).toMatchObject([{ serviceConnectConfiguration }]);
    await update({ serviceConnectConfiguration: { enabled: false } });
    await settle(at);
    const [without, ...others] = (await serviceOf(at, "catalog"))?.deployments ?? [];
    expect(others).toEqual([]);
    expect(without).not.toHaveProperty("serviceConnectConfiguration");
    expect(await namesIn(at)).toEqual([]);
  });

  it("is refused, in AWS's words, for a namespace, a port, a name or an alias that cannot be", async () => {
    const at = await connecting();
    await register(at, "catalog");
    await create(at, "catalog", { serviceConnectConfiguration: as("catalog") });
    const refused = (configuration: object) =>
      refusal(
        create(at, "other", { taskDefinition: "catalog", serviceConnectConfiguration: as(undefined, configuration) }),
      );
    expect(await refused({ namespace: "nowhere" })).toBe(
      "NamespaceNotFoundException: Failed to retrieve namespace for nowhere",
    );
    expect(await refused({ namespace: undefined })).toMatch(/^InvalidParameterException: Namespace must be specified/);
    expect(await refused({ services: [{ portName: "http" }] })).toBe(
      "InvalidParameterException: portName(http) does not refer to any named PortMapping in the container definitions",
    );
    expect(await refused({ services: [{ ...served("x"), discoveryName: "Big" }] })).toMatch(/discoveryName\(Big\)/);
    expect(await refused({ services: [{ ...served("x"), clientAliases: [{ port: 0 }] }] })).toMatch(/port 0/);
    expect(
      await refused({ services: [served("x"), { ...served("y"), clientAliases: served("x").clientAliases }] }),
    ).toMatch(/client alias x:80 is already used/);
    expect(await refused({ services: [served("x"), served("x")] })).toMatch(/x is already used/);
    expect(await refused({ services: [{ ...served("catalog"), clientAliases: [] }] })).toMatch(
      /catalog is already used by arn:aws:servicediscovery:.*:namespace\/ns-/,
    );
    expect(
      await refused({ services: [{ ...served("other"), clientAliases: served("catalog").clientAliases }] }),
    ).toMatch(/client alias catalog:80 is already used/);
    const update = new UpdateServiceCommand({
      cluster: CLUSTER,
      service: "catalog",
      serviceConnectConfiguration: as(undefined, { services: [{ portName: "http" }] }),
    });
    expect(await refusal(at.ecs.send(update))).toMatch(/portName\(http\)/);
  });

  it("is in the cluster's namespace where it names none, under the name of its port", async () => {
    const at = await connecting();
    await register(at, "catalog");
    const serviceConnectDefaults = { namespace: NAMESPACE };
    const { cluster } = await at.ecs.send(new UpdateClusterCommand({ cluster: CLUSTER, serviceConnectDefaults }));
    expect(cluster?.serviceConnectDefaults?.namespace).toMatch(/:namespace\/ns-/);
    const made = new CreateClusterCommand({ clusterName: "other", serviceConnectDefaults: { namespace: "new" } });
    await expect(at.ecs.send(made)).rejects.toThrow(/not emulate/);
    const services = [{ portName: "application" }];
    await create(at, "catalog", {
      serviceConnectConfiguration: as(undefined, { namespace: undefined, services } as object),
    });
    expect(await namesIn(at)).toEqual(["application"]);
  });

  it("gives each of its tasks a proxy, and Cloud Map an instance, until the task ends; its name goes after it", async () => {
    const at = await connecting({ delays: "short" });
    await register(at, "catalog");
    await create(at, "catalog", { serviceConnectConfiguration: as("catalog") });
    await settle(at);
    const [task] = await tasksOf(at);
    const proxy = expect.stringMatching(/^ecs-service-connect-\w{5}$/);
    expect(task?.containers).toMatchObject([{ name: "application" }, { name: proxy, lastStatus: "RUNNING" }]);
    expect(task?.attachments).toMatchObject([
      { type: "ElasticNetworkInterface", status: "ATTACHED" },
      {
        type: "Service Connect",
        status: "ATTACHED",
        details: [
          { name: "ContainerName", value: proxy },
          { name: "portName" },
          { name: "discoveryName" },
          { name: "clientAliases" },
        ],
      },
    ]);
    const address = task?.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address;
    expect(await instancesOf(at, "catalog")).toMatchObject([
      { Attributes: { AWS_INSTANCE_IPV4: address, AWS_INSTANCE_PORT: "8080" } },
    ]);
    await at.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: "catalog", force: true }));
    await at.world.clock.advance(150);
    expect(await refusal(deleteNamespace(at))).toMatch(/^ResourceInUse/);
    await settle(at, 10);
    expect(await namesIn(at)).toEqual([]);
    await deleteNamespace(at);
  });
});
