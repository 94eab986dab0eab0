import type { Attribute, Resource } from "@aws-sdk/client-ecs";
import { ec2Service, mayAssume, refusalOf } from "../world/acting-roles.ts";
import { hasEcsAgent } from "../world/catalogue/images.ts";
import { instanceType } from "../world/catalogue/instance-types.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { publicAddressOf, reachesInternet } from "../world/ec2/way-out.ts";
import { RESERVED_PORTS } from "../world/ecs/capacity.ts";
import { newTaskId } from "../world/ecs/deployments.ts";
import type { Cluster, Instance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { providerOf } from "./capacity-providers.ts";
import type { Machines } from "./machines.ts";

const CONFIG = "/etc/ecs/ecs.config";
/** After so many starts the pause between them grows no more. */
const MOST_DOUBLINGS = 5;

/**
 * ECS agents of instances whose image has one. Once the user data has run, an agent reads its configuration and joins the
 * cluster that it names; if the cluster is not there or its role does not let it, it ends and is started again.
 */
export function controlEcsAgents(world: World, machines: Machines): void {
  function start(region: Region, { InstanceId, hidden }: Instance, failures: number): void {
    const wait =
      failures === 0
        ? world.delay("ECS agent registers")
        : world.delay("ECS agent restarts") * 2 ** Math.min(failures - 1, MOST_DOUBLINGS);
    world.at(new Date(world.now().getTime() + wait), () => {
      world.background(async () => {
        const instance = region.ec2.instances.get(InstanceId);
        const isSameBoot = instance?.hidden.bootedAt?.getTime() === hidden.bootedAt?.getTime();
        if (instance?.State.Name !== "running" || !isSameBoot) return;
        const reading = clusterNameOf(machines, region, instance);
        world.clock.hold(reading);
        const cluster = await reading;
        if (cluster === undefined) return;
        if (!join(world, region, instance, cluster)) start(region, instance, failures + 1);
      });
    });
  }

  function disconnect(region: Region, instanceId: string): void {
    for (const { containerInstanceArn } of joinedBy(region, instanceId)) {
      region.ecs.containerInstances.update(containerInstanceArn, (draft) => {
        draft.agentConnected = false;
      });
    }
    world.at(world.later("container instance lost"), () => notice(region, instanceId));
  }

  /** A terminated instance is deregistered; a stopped one keeps its place and loses its tasks. */
  function notice(region: Region, instanceId: string): void {
    const state = region.ec2.instances.get(instanceId)?.State.Name;
    if (state === "running") return;
    for (const { containerInstanceArn } of joinedBy(region, instanceId)) {
      if (state !== "stopping" && state !== "stopped") region.ecs.containerInstances.delete(containerInstanceArn);
      else {
        region.ecs.containerInstances.update(containerInstanceArn, (draft) => {
          draft.statusReason = "The instance has been stopped";
        });
      }
    }
  }

  const isUp = (instance: Instance | undefined) =>
    instance?.State.Name === "running" && instance.hidden.userDataState === "done";
  world.watch("ec2", "instances", (region, { key, before, after }) => {
    const isNewBoot = after?.hidden.bootedAt?.getTime() !== before?.hidden.bootedAt?.getTime();
    if (after && isUp(after) && (!isUp(before) || isNewBoot) && hasEcsAgent(region.name, after.ImageId))
      start(region, after, 0);
    if (before?.State.Name === "running" && after?.State.Name !== "running") disconnect(region, key);
  });
  for (const region of world.regions()) {
    for (const { ec2InstanceId } of region.ecs.containerInstances.filter(({ agentConnected }) => !agentConnected)) {
      disconnect(region, ec2InstanceId);
    }
    for (const instance of region.ec2.instances.filter((one) => isUp(one) && hasEcsAgent(region.name, one.ImageId))) {
      if (!joinedBy(region, instance.InstanceId).some(({ agentConnected }) => agentConnected))
        start(region, instance, 0);
    }
  }
}

function joinedBy({ ecs }: Region, instanceId: string) {
  return ecs.containerInstances.filter(({ ec2InstanceId }) => ec2InstanceId === instanceId);
}

/** The cluster that the agent's configuration on the machine names; undefined: the machine has been switched off. */
async function clusterNameOf(machines: Machines, region: Region, instance: Instance): Promise<string | undefined> {
  const { machine, off } = machines.on(region, instance);
  const { stdout } = await machine.run(`cat ${CONFIG} 2>/dev/null`, { signal: off });
  if (off.aborted) return undefined;
  const lines = stdout.split("\n").flatMap((line) => /^\s*ECS_CLUSTER=(\S*)/.exec(line)?.[1] ?? []);
  return lines.at(-1)?.replace(/^(["'])(.*)\1$/, "$2") || "default";
}

/** Registers the instance, or connects it again; false: it is refused. */
function join(world: World, region: Region, instance: Instance, clusterName: string): boolean {
  const role = world.iam.roles.get(roleNameOf(world, region, instance.InstanceId) ?? "");
  if (!reachesInternet(region, instance.InstanceId)) return false;
  if (!role || !mayAssume(world, role, ec2Service(region.name, instance.InstanceId))) return false;
  const cluster = region.ecs.clusters.get(clusterName);
  const acting = { role, name: instance.InstanceId, sourceIp: publicAddressOf(region, instance.InstanceId) };
  const request = { action: "ecs:RegisterContainerInstance", region: region.name };
  if (refusalOf(world, acting, { ...request, values: { "ecs:cluster": cluster?.clusterArn } }) !== undefined)
    return false;
  if (!cluster || (cluster.status !== "ACTIVE" && cluster.status !== "PROVISIONING")) return false;
  const former = joinedBy(region, instance.InstanceId).find(({ hidden }) => hidden.clusterArn === cluster.clusterArn);
  if (former) {
    const { statusReason: _over, ...rest } = former;
    region.ecs.containerInstances.put({ ...rest, agentConnected: true, version: former.version + 1 });
  } else {
    register(world, region, instance, cluster);
  }
  return true;
}

function register(world: World, region: Region, instance: Instance, cluster: Cluster): void {
  const { vcpus = 1, memoryMiB = 1024 } = instanceType(instance.InstanceType) ?? {};
  const capacityProviderName = providerOf(region, cluster, instance.InstanceId);
  region.ecs.containerInstances.put({
    containerInstanceArn: `arn:aws:ecs:${region.name}:${world.account}:container-instance/${cluster.clusterName}/${newTaskId()}`,
    ec2InstanceId: instance.InstanceId,
    ...(capacityProviderName !== undefined && { capacityProviderName }),
    status: "ACTIVE",
    agentConnected: true,
    version: 1,
    versionInfo: { agentVersion: "1.101.2", agentHash: "2b5d3e6a", dockerVersion: "DockerVersion: 25.0.14" },
    registeredResources: resources(vcpus * 1024, memoryForTasks(memoryMiB)),
    attributes: attributesOf(region, instance),
    attachments: [],
    registeredAt: world.now(),
    tags: [],
    hidden: { clusterArn: cluster.clusterArn },
  });
}

/** What the operating system leaves of an instance's memory: a t3.micro registers some 924 MiB of its 1024. */
function memoryForTasks(memoryMiB: number): number {
  return Math.floor(memoryMiB * 0.965) - 64;
}

function resources(cpu: number, memory: number): Resource[] {
  const number = (name: string, integerValue: number): Resource => ({
    name,
    type: "INTEGER",
    doubleValue: 0,
    longValue: 0,
    integerValue,
  });
  const ports = (name: string, stringSetValue: string[]): Resource => ({
    name,
    type: "STRINGSET",
    doubleValue: 0,
    longValue: 0,
    integerValue: 0,
    stringSetValue,
  });
  return [
    number("CPU", cpu),
    number("MEMORY", memory),
    ports("PORTS", RESERVED_PORTS.map(String)),
    ports("PORTS_UDP", []),
  ];
}

function attributesOf({ ec2 }: Region, { InstanceId, ImageId, InstanceType, Placement }: Instance): Attribute[] {
  const own = ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === InstanceId);
  return Object.entries({
    "ecs.ami-id": ImageId,
    "ecs.availability-zone": Placement.AvailabilityZone,
    "ecs.instance-type": InstanceType,
    "ecs.os-type": "linux",
    "ecs.os-family": "LINUX",
    "ecs.cpu-architecture": /^[a-z]\dg/.test(InstanceType) ? "arm64" : "x86_64",
    "ecs.subnet-id": own?.SubnetId,
    "ecs.vpc-id": own?.VpcId,
  }).flatMap(([name, value]) => (value === undefined ? [] : { name, value }));
}
