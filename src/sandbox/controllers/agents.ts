import { ec2Service, mayAssume, refusalOf } from "../world/acting-roles.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { publicAddressOf, reachesInternet } from "../world/ec2/way-out.ts";
import type { Instance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** What an agent must be allowed to do in order to register. */
const REGISTERING = "ssm:UpdateInstanceInformation";

/**
 * SSM agents. One registers some time after its instance is running, if the instance reached the internet and had a role that
 * allows it when it booted; otherwise it tries again much later. A stopped instance's agent has lost its connection.
 */
export function controlAgents(world: World): void {
  /** Whether the agent found credentials when its instance booted, by instance id. */
  const equipped = new Map<string, boolean>();

  function booted(region: Region, instance: Instance): void {
    equipped.set(instance.InstanceId, mayRegister(world, region, instance.InstanceId));
    attempt(region, instance, 0);
  }

  function attempt(region: Region, { InstanceId, hidden }: Instance, retries: number): void {
    const since = (hidden.bootedAt ?? world.now()).getTime();
    const wait = world.delay("agent online") + retries * world.delay("agent tries again");
    world.at(new Date(since + wait), () => {
      const instance = region.ec2.instances.get(InstanceId);
      const isSameBoot = instance?.hidden.bootedAt?.getTime() === since;
      if (instance?.State.Name !== "running" || !isSameBoot) return;
      const isEquipped = retries === 0 ? equipped.get(InstanceId) : mayRegister(world, region, InstanceId);
      if (isEquipped) register(world, region, instance);
      else attempt(region, instance, retries + 1);
    });
  }

  world.watch("ec2", "instances", (region, { key, before, after }) => {
    const state = after?.State.Name;
    if (state === "running" && after && after.hidden.bootedAt?.getTime() !== before?.hidden.bootedAt?.getTime()) {
      booted(region, after);
    } else if (state === "stopping" && before?.State.Name !== "stopping") {
      region.ssm.agents.update(key, (draft) => {
        draft.PingStatus = "ConnectionLost";
        draft.LastPingDateTime = world.now();
      });
    } else if (!after || state === "shutting-down" || state === "terminated") {
      equipped.delete(key);
      region.ssm.agents.delete(key);
    }
  });
  for (const region of world.regions()) {
    for (const instance of region.ec2.instances.filter(({ State }) => State.Name === "running")) {
      if (region.ssm.agents.get(instance.InstanceId)?.PingStatus !== "Online") booted(region, instance);
    }
  }
}

function register(world: World, region: Region, { InstanceId }: Instance): void {
  const own = region.ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === InstanceId);
  region.ssm.agents.put({
    InstanceId,
    PingStatus: "Online",
    LastPingDateTime: world.now(),
    AgentVersion: "3.3.3050.0",
    IsLatestVersion: true,
    PlatformType: "Linux",
    PlatformName: "Amazon Linux",
    PlatformVersion: "2023",
    ResourceType: "EC2Instance",
    IPAddress: own?.PrivateIpAddress ?? "",
    ComputerName: own?.PrivateDnsName ?? "",
    SourceId: InstanceId,
    SourceType: "AWS::EC2::Instance",
  });
}

function mayRegister(world: World, region: Region, instanceId: string): boolean {
  const role = world.iam.roles.get(roleNameOf(world, region, instanceId) ?? "");
  if (!reachesInternet(region, instanceId)) return false;
  if (!role || !mayAssume(world, role, ec2Service(region.name, instanceId))) return false;
  const acting = { role, name: instanceId, sourceIp: publicAddressOf(region, instanceId) };
  return refusalOf(world, acting, { action: REGISTERING, region: region.name }) === undefined;
}
