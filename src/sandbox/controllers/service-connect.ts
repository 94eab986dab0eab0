import { tasksOf } from "../world/ecs/deployments.ts";
import { nameIn } from "../world/ecs/names.ts";
import { containerPort, endpointsOf } from "../world/ecs/service-connect.ts";
import type { DiscoveryService, EcsService, EcsTask } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { interfaceOf } from "./ecs-task-interfaces.ts";

/** Keeps Cloud Map true to the services of Service Connect: an instance for each task that runs, and no service for one that is gone. */
export function controlServiceConnect(world: World): void {
  function follow(region: Region, task: EcsTask): void {
    const { connects = [], serviceArn } = task.hidden;
    const isUp = task.lastStatus === "RUNNING" && task.desiredStatus === "RUNNING";
    for (const { portName = "", discoveryName = portName } of connects) {
      const service = madeFor(region, serviceArn).find(({ Name }) => Name === discoveryName);
      if (!service) continue;
      const Id = nameIn(task.taskArn);
      const present = region.serviceDiscovery.instances.get(`${service.Id} ${Id}`);
      if (!isUp) region.serviceDiscovery.instances.delete(`${service.Id} ${Id}`);
      else if (!present) register(region, task, service, portName);
    }
  }

  function register(region: Region, task: EcsTask, { Id: serviceId }: DiscoveryService, portName: string): void {
    const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
    const Attributes = {
      AWS_INSTANCE_IPV4: interfaceOf(region, task)?.PrivateIpAddress ?? "",
      AWS_INSTANCE_PORT: String(containerPort(definition, portName)),
      AvailabilityZone: task.availabilityZone ?? "",
    };
    region.serviceDiscovery.instances.put({ Id: nameIn(task.taskArn), Attributes, hidden: { serviceId } });
  }

  /** What a service no longer serves goes some time after its last tasks have. */
  function tidy(region: Region, service: EcsService): void {
    if (useless(region, service).length === 0) return;
    world.at(world.later("endpoint of Service Connect gone"), () => {
      const present = region.ecs.services.get(service.serviceArn);
      for (const { Id } of present ? useless(region, present) : []) region.serviceDiscovery.services.delete(Id);
    });
  }

  world.watch("ecs", "tasks", (region, { before, after }) => {
    const isNew = after?.lastStatus !== before?.lastStatus || after?.desiredStatus !== before?.desiredStatus;
    if (after?.hidden.connects && isNew) follow(region, after);
  });
  world.watch("ecs", "services", (region, { after }) => {
    if (after) tidy(region, after);
  });
  for (const region of world.regions()) {
    for (const task of region.ecs.tasks.all()) follow(region, task);
    for (const service of region.ecs.services.all()) tidy(region, service);
  }
}

function madeFor({ serviceDiscovery }: Region, serviceArn: string | undefined): DiscoveryService[] {
  return serviceDiscovery.services.filter(({ hidden }) => hidden.connect?.serviceArn === serviceArn);
}

/** What was made for a service that serves it no more. */
function useless(region: Region, service: EcsService): DiscoveryService[] {
  const { status, deployments, hidden } = service;
  const made = madeFor(region, service.serviceArn);
  if (made.length === 0) return [];
  if (status === "INACTIVE") return made;
  // Tasks of former deployments may still serve what the newest does not.
  if (deployments.length > 1 || tasksOf(region, service).some(({ startedBy }) => startedBy !== deployments[0]?.id))
    return [];
  const names = hidden.connected
    ? endpointsOf(region, hidden.connected, undefined).map((one) => one.discoveryName)
    : [];
  return made.filter(({ Name }) => !names.includes(Name));
}
