import { nextProvider } from "../world/ecs/candidates.ts";
import { needsOf } from "../world/ecs/capacity.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { AutoScalingGroup, CapacityProvider, EcsService } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/**
 * Sizes of scaling groups that their capacity providers manage: as many instances as the tasks need, between the group's
 * own bounds. Upwards soon, downwards only after a while of being too large ("Amazon ECS managed scaling").
 */
export function controlManagedScaling(world: World): void {
  const planned = new Set<string>();

  function plan(region: Region): void {
    if (planned.has(region.name)) return;
    planned.add(region.name);
    world.at(world.later("managed scaling"), () => {
      planned.delete(region.name);
      for (const provider of region.ecs.capacityProviders.all()) scale(region, provider);
    });
  }

  function scale(region: Region, provider: CapacityProvider): void {
    const { autoScalingGroupProvider, status, name } = provider;
    if (status !== "ACTIVE" || autoScalingGroupProvider.managedScaling?.status !== "ENABLED") return;
    const group = groupOf(region, provider);
    const isAttached = region.ecs.clusters.find(({ capacityProviders }) => capacityProviders.includes(name));
    if (!group || group.Status !== undefined || !isAttached) return;
    const { targetCapacity = 100 } = autoScalingGroupProvider.managedScaling;
    const needed = Math.ceil((instancesNeeded(region, name, group) * 100) / targetCapacity);
    const size = Math.min(Math.max(needed, group.MinSize), group.MaxSize);
    if (size > group.DesiredCapacity) resize(region, group, size);
    if (size >= group.DesiredCapacity) mark(region, provider, undefined);
    else if (!provider.hidden.idleSince) wait(region, mark(region, provider, world.now()));
    else if (isOver(provider.hidden.idleSince)) resize(region, group, size);
  }

  const isOver = (since: Date) => world.now().getTime() - since.getTime() >= world.delay("managed scaling in");

  function wait(region: Region, { hidden }: CapacityProvider): void {
    const since = hidden.idleSince ?? world.now();
    world.at(new Date(since.getTime() + world.delay("managed scaling in")), () => plan(region));
  }

  function mark(region: Region, provider: CapacityProvider, idleSince: Date | undefined): CapacityProvider {
    if (provider.hidden.idleSince === idleSince) return provider;
    return region.ecs.capacityProviders.put({ ...provider, hidden: idleSince ? { idleSince } : {} });
  }

  world.watch("ecs", "services", plan);
  world.watch("ecs", "tasks", plan);
  world.watch("ecs", "containerInstances", plan);
  world.watch("ecs", "clusters", plan);
  for (const region of world.regions()) {
    plan(region);
    for (const provider of region.ecs.capacityProviders.filter(({ hidden }) => hidden.idleSince !== undefined)) {
      wait(region, provider);
    }
  }
}

function groupOf({ autoscaling }: Region, { autoScalingGroupProvider }: CapacityProvider) {
  return autoscaling.groups.find(
    ({ AutoScalingGroupARN }) => AutoScalingGroupARN === autoScalingGroupProvider.autoScalingGroupArn,
  );
}

function resize({ autoscaling }: Region, { AutoScalingGroupName }: AutoScalingGroup, size: number): void {
  autoscaling.groups.update(AutoScalingGroupName, (draft) => {
    draft.DesiredCapacity = size;
    draft.hidden.request = `a user request update of AutoScalingGroup constraints to desired: ${size} by ECS managed scaling`;
  });
}

/** Instances that have tasks, and as many more as it takes for the tasks that have no place. */
function instancesNeeded(region: Region, provider: string, group: AutoScalingGroup): number {
  const busy = new Set(
    region.ecs.tasks
      .filter(({ lastStatus, capacityProviderName }) => lastStatus !== "STOPPED" && capacityProviderName === provider)
      .map(({ containerInstanceArn }) => containerInstanceArn),
  );
  const more = region.ecs.services
    .filter(({ status }) => status === "ACTIVE")
    .reduce((sum, service) => sum + instancesFor(region, provider, group, service), 0);
  return busy.size + more;
}

/** New instances for the tasks of one service that have no place and would go to this provider. */
function instancesFor(region: Region, provider: string, group: AutoScalingGroup, service: EcsService): number {
  const tasks = region.ecs.tasks.filter(
    ({ hidden, desiredStatus }) => hidden.serviceArn === service.serviceArn && desiredStatus === "RUNNING",
  );
  const missing = service.desiredCount - tasks.length;
  if (missing <= 0 || nextProvider(service.capacityProviderStrategy ?? [], tasks) !== provider) return 0;
  return Math.ceil(missing / tasksPerInstance(region, group, service));
}

function tasksPerInstance(region: Region, { Instances }: AutoScalingGroup, service: EcsService): number {
  const definition = region.ecs.taskDefinitions.get(nameIn(service.taskDefinition));
  const instance = region.ecs.containerInstances.find(({ ec2InstanceId }) =>
    Instances.some(({ InstanceId }) => InstanceId === ec2InstanceId),
  );
  // Nothing is known of the size of its instances before the first one has joined.
  if (!definition || !instance) return 1;
  const { cpu, memory, ports } = needsOf(definition);
  const isAlone = ports.length > 0 || service.placementConstraints.some(({ type }) => type === "distinctInstance");
  if (isAlone) return 1;
  const total = (name: string) => instance.registeredResources.find((one) => one.name === name)?.integerValue ?? 0;
  return Math.max(1, Math.floor(Math.min(total("CPU") / Math.max(cpu, 1), total("MEMORY") / Math.max(memory, 1))));
}
