import { Machine, type MachineFacts, type MachineSnapshot, type Vpc } from "../machine/machine.ts";
import { hasEcsAgent } from "../world/catalogue/images.ts";
import { instanceType } from "../world/catalogue/instance-types.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import type { Instance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { Engines } from "./engines.ts";
import { type AwsOfMachines, InstanceAws } from "./instance-aws.ts";

/** What an instance reaches by name; see `Vpc`. */
export type Reach = (region: Region, instanceId: string, name: string, port: number) => ReturnType<Vpc["place"]>;

/** The machines of running instances. A machine's disk is part of the world's state once `save` has been called. */
export class Machines {
  readonly #world: World;
  readonly #engines: Engines;
  readonly #aws: AwsOfMachines;
  readonly #place: Reach;
  readonly #machines = new Map<string, { machine: Machine; saved: string; stop: AbortController }>();

  constructor(world: World, engines: Engines, aws: AwsOfMachines, place: Reach) {
    this.#world = world;
    this.#engines = engines;
    this.#aws = aws;
    this.#place = place;
  }

  /** The machine of a running instance, switched on if need be. `off` is aborted when it is switched off. */
  on(region: Region, instance: Instance): { machine: Machine; off: AbortSignal } {
    const { InstanceId } = instance;
    const present = this.#machines.get(InstanceId);
    if (present) return { machine: present.machine, off: present.stop.signal };
    const snapshot = region.ec2.machines.get(InstanceId)?.snapshot as MachineSnapshot | undefined;
    const machine = Machine.create(
      factsOf(this.#world, region, instance),
      snapshot,
      this.#hasDocker(region, instance) ? this.#engines.of(region, InstanceId) : undefined,
      new InstanceAws(this.#world, region, InstanceId, this.#aws),
      { place: (name, port) => this.#place(region, InstanceId, name, port) },
    );
    const stop = new AbortController();
    this.#machines.set(InstanceId, { machine, saved: snapshot ? JSON.stringify(snapshot) : "", stop });
    return { machine, off: stop.signal };
  }

  /** Where nothing runs in tasks, the docker daemons of container instances have nothing to do. */
  #hasDocker({ name }: Region, { ImageId }: Instance): boolean {
    return this.#world.hasTraffic || !hasEcsAgent(name, ImageId);
  }

  /** Keeps what is on the machine's disk now, and adds to what its serial console shows. */
  save(region: Region, instanceId: string, printed = ""): void {
    const present = this.#machines.get(instanceId);
    if (!present) return;
    const snapshot = present.machine.snapshot();
    const text = JSON.stringify(snapshot);
    if (text === present.saved && printed === "") return;
    present.saved = text;
    const former = region.ec2.machines.get(instanceId);
    const console = (former?.console ?? "") + printed;
    const consoleAt = printed === "" && former ? former.consoleAt : this.#world.now();
    // A copy, because the machine goes on and a saved state must not.
    region.ec2.machines.put({ instanceId, snapshot: JSON.parse(text), console: console.slice(-CONSOLE), consoleAt });
  }

  /**
   * Switches a machine off: whatever runs on it ends, its disk stays as it was saved.
   *
   * @returns when its containers have stopped
   */
  async off(instanceId: string): Promise<void> {
    const present = this.#machines.get(instanceId);
    this.#machines.delete(instanceId);
    present?.stop.abort();
    await present?.machine.powerOff();
  }

  /** Deletes what a machine that is switched off has left outside of its disk: containers, volumes, images. */
  async discard(region: Region, instanceId: string): Promise<void> {
    await this.#engines.remove(region, instanceId);
  }

  /** Switches all of them off because the sandbox ends. */
  async close(): Promise<void> {
    this.#engines.suspend();
    await Promise.all([...this.#machines.keys()].map((instanceId) => this.off(instanceId)));
    await this.#engines.close();
  }
}

/** Characters that the serial console keeps (ec2:GetConsoleOutput: 64 KB). */
const CONSOLE = 64 * 1024;

function factsOf(world: World, { name, ec2 }: Region, instance: Instance): MachineFacts {
  const { InstanceId, ImageId, InstanceType, Placement, Tags, RootDeviceName } = instance;
  const own = ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === InstanceId);
  const root = () =>
    ec2.volumes.find(({ Attachments }) =>
      Attachments.some((one) => one.InstanceId === InstanceId && one.Device === RootDeviceName),
    );
  const type = instanceType(InstanceType);
  return {
    instanceId: InstanceId,
    imageId: ImageId,
    packages: hasEcsAgent(name, ImageId) ? ["docker", "containerd", "runc", "ecs-init"] : [],
    instanceType: InstanceType,
    region: name,
    availabilityZone: Placement.AvailabilityZone ?? "",
    privateIp: own?.PrivateIpAddress ?? "",
    publicIp: own?.Association?.PublicIp,
    hostname: own?.PrivateDnsName ?? "",
    get volumeGiB() {
      return root()?.Size ?? 8;
    },
    memoryMiB: type?.memoryMiB ?? 1024,
    vcpus: type?.vcpus ?? 1,
    role: roleNameOf(world, { name, ec2 }, InstanceId),
    tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  };
}
