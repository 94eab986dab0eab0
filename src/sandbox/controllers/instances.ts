import { freePublicAddress, type Loopback } from "../world/addresses.ts";
import { readProfileAnew } from "../world/ec2/instance-profiles.ts";
import { instanceState } from "../world/instance-states.ts";
import type { Instance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { Machines } from "./machines.ts";

/** A terminated instance stays listed for about this long. */
const TOMBSTONE_MS = 3600 * 1000;
/** A client token is remembered for at least a day after its instance was terminated. */
const TOKEN_MS = 24 * 3600 * 1000;

/** Takes instances from state to state, switches their machines on and off, and runs user data at the first boot. */
export function controlInstances(world: World, machines: Machines, loopback: Loopback): void {
  const states: Readonly<Record<string, (region: Region, instance: Instance) => void>> = {
    pending: (region, { InstanceId }) => next(region, InstanceId, "pending", world.later("instance running"), run),
    running: (region, instance) => boot(region, instance),
    stopping: (region, { InstanceId }) => {
      const off = machines.off(InstanceId);
      next(region, InstanceId, "stopping", world.later("instance stopped"), stop, off);
    },
    "shutting-down": (region, { InstanceId }) => {
      const gone = machines.off(InstanceId).then(() => machines.discard(region, InstanceId));
      next(region, InstanceId, "shutting-down", world.later("instance terminated"), terminate, gone);
    },
    terminated: (region, { InstanceId, hidden }) => {
      const since = hidden.terminatedAt ?? world.now();
      next(region, InstanceId, "terminated", new Date(since.getTime() + TOMBSTONE_MS), forget);
    },
  };

  /** Goes on at a time, and not before `done`, if the instance is then still in this state. */
  function next(
    region: Region,
    instanceId: string,
    state: string,
    at: Date,
    action: (region: Region, instance: Instance) => void,
    done: Promise<unknown> = Promise.resolve(),
  ): void {
    world.clock.hold(done);
    world.at(at, () => {
      world.background(async () => {
        await done;
        const instance = region.ec2.instances.get(instanceId);
        if (instance?.State.Name === state) action(region, instance);
      });
    });
  }

  function run(region: Region, { InstanceId }: Instance): void {
    readProfileAnew(world, region, InstanceId);
    for (const { NetworkInterfaceId, hidden } of interfacesOf(region, InstanceId)) {
      if (!hidden.wantsPublicAddress) continue;
      region.ec2.networkInterfaces.update(NetworkInterfaceId, (draft) => {
        draft.Association = {
          IpOwnerId: "amazon",
          PublicIp: freePublicAddress(world.regions(), loopback),
          PublicDnsName: "",
        };
      });
    }
    region.ec2.instances.update(InstanceId, (draft) => {
      draft.State = instanceState("running");
      delete draft.StateReason;
      draft.hidden.bootedAt = world.now();
    });
  }

  function boot(region: Region, instance: Instance): void {
    const { InstanceId, hidden } = instance;
    const { machine, off } = machines.on(region, instance);
    if (hidden.userDataState === "done") return;
    world.at(world.later("user data starts"), () => {
      world.background(async () => {
        if (off.aborted) return;
        const script = Buffer.from(hidden.userData ?? "", "base64").toString("utf8");
        const { output } = await machine.runUserData(script, { signal: off });
        if (off.aborted) return;
        machines.save(region, InstanceId, output);
        region.ec2.instances.update(InstanceId, (draft) => {
          draft.hidden.userDataState = "done";
        });
      });
    });
  }

  function stop(region: Region, { InstanceId }: Instance): void {
    for (const { Association: _released, ...rest } of interfacesOf(region, InstanceId)) {
      region.ec2.networkInterfaces.put(rest);
    }
    region.ec2.instances.update(InstanceId, (draft) => {
      draft.State = instanceState("stopped");
      // A first boot that was cut off is not made up for by the second one.
      draft.hidden.userDataState = "done";
    });
  }

  function terminate(region: Region, { InstanceId }: Instance): void {
    const { ec2 } = region;
    for (const { NetworkInterfaceId, Attachment } of interfacesOf(region, InstanceId)) {
      if (Attachment?.DeleteOnTermination) ec2.networkInterfaces.delete(NetworkInterfaceId);
      else ec2.networkInterfaces.update(NetworkInterfaceId, detach);
    }
    for (const volume of ec2.volumes.all()) {
      const attachment = volume.Attachments.find((one) => one.InstanceId === InstanceId);
      if (attachment?.DeleteOnTermination) ec2.volumes.delete(volume.VolumeId);
      else if (attachment) ec2.volumes.put({ ...volume, Attachments: [], State: "available" });
    }
    for (const { AssociationId } of ec2.profileAssociations.filter((one) => one.InstanceId === InstanceId)) {
      ec2.profileAssociations.delete(AssociationId);
    }
    const machine = ec2.machines.get(InstanceId);
    if (machine) {
      const { snapshot: _gone, ...rest } = machine;
      ec2.machines.put(rest);
    }
    ec2.instances.update(InstanceId, (draft) => {
      draft.State = instanceState("terminated");
      draft.hidden.terminatedAt = world.now();
    });
  }

  function forget(region: Region, { InstanceId, hidden }: Instance): void {
    const { instances, machines: disks, clientTokens } = region.ec2;
    instances.delete(InstanceId);
    disks.delete(InstanceId);
    const freeAt = new Date((hidden.terminatedAt ?? world.now()).getTime() + TOKEN_MS);
    for (const { token, instanceIds } of clientTokens.filter((one) => one.instanceIds.includes(InstanceId))) {
      if (instanceIds.some((id) => instances.get(id))) continue;
      clientTokens.update(token, (draft) => {
        draft.freeAt = freeAt;
      });
    }
  }

  const react = (region: Region, instance: Instance) => states[instance.State.Name ?? ""]?.(region, instance);
  world.watch("ec2", "instances", (region, { before, after }) => {
    if (!after) return;
    const isReboot = after.State.Name === "running" && isLater(after.hidden.bootedAt, before?.hidden.bootedAt);
    if (isReboot) world.background(() => machines.off(after.InstanceId));
    if (isReboot || before?.State.Name !== after.State.Name) react(region, after);
  });
  for (const region of world.regions()) {
    for (const instance of region.ec2.instances.all()) react(region, instance);
  }
}

function isLater(time: Date | undefined, other: Date | undefined): boolean {
  return time !== undefined && time.getTime() > (other?.getTime() ?? 0);
}

function detach(draft: { Attachment?: unknown; Status: unknown }): void {
  delete draft.Attachment;
  draft.Status = "available";
}

function interfacesOf(region: Region, instanceId: string) {
  return region.ec2.networkInterfaces.filter(({ Attachment }) => Attachment?.InstanceId === instanceId);
}
