import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { CLUSTER, createGroup, ecsOf, instancesOf, settle } from "../services/ecs/fixtures.ts";

test("an instance of an ECS image joins the cluster that its user data has named, with what is left of its memory", async () => {
  const at = await ecsOf();
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  await createGroup(at);
  await settle(at);
  const instances = await instancesOf(at);
  expect(instances).toMatchObject([
    { status: "ACTIVE", agentConnected: true },
    { status: "ACTIVE", agentConnected: true },
  ]);
  const resource = (name: string) => instances[0]?.registeredResources?.find((one) => one.name === name)?.integerValue;
  expect(resource("CPU")).toBe(2048);
  expect(resource("MEMORY")).toBeGreaterThanOrEqual(916);
  expect(resource("MEMORY")).toBeLessThanOrEqual(940);
  const zones = instances.map(({ attributes }) => attributes?.find(({ name }) => name === "ecs.availability-zone"));
  expect(zones.map((zone) => zone?.value).sort()).toEqual(["us-east-1a", "us-east-1b"]);
});

test("an agent whose cluster is not there yet is started again until it is, later and later", async () => {
  const at = await ecsOf();
  await createGroup(at);
  await settle(at, 20);
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  expect(await instancesOf(at)).toEqual([]);
  await settle(at, 60);
  expect(await instancesOf(at)).toHaveLength(2);
});

test("an instance whose role does not let it register does not join", async () => {
  const at = await ecsOf();
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  await createGroup(at, { policies: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"] });
  await settle(at, 60);
  expect(await instancesOf(at)).toEqual([]);
});

test("an instance that is terminated stays registered for a while, without its agent", async () => {
  const at = await ecsOf({ delays: "real" });
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  await createGroup(at);
  await settle(at, 300);
  expect(await instancesOf(at)).toHaveLength(2);
  const [InstanceId = ""] = (await instancesOf(at)).flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
  await at.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  const found = async () => (await instancesOf(at)).find(({ ec2InstanceId }) => ec2InstanceId === InstanceId);
  await settle(at, 20);
  expect(await found()).toMatchObject({ status: "ACTIVE", agentConnected: false });
  await settle(at, 120);
  expect(await found()).toBeUndefined();
});
