import { deregister } from "../world/application-auto-scaling/deregister.ts";
import { addMessage, tasksOf } from "../world/ecs/deployments.ts";
import type { EcsService, TargetActivity } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Ends activities when as many tasks run as they wanted, which is an event of the service, too; lets a target go with its service. */
export function controlScalableTargets(world: World): void {
  function react(region: Region, service: EcsService): void {
    const ResourceId = service.serviceArn.split(":").at(-1) ?? "";
    const { targets, activities } = region.applicationAutoScaling;
    if (service.status !== "ACTIVE" && targets.get(ResourceId)) deregister(region, { ResourceId });
    const underWay = activities.find((one) => one.ResourceId === ResourceId && one.StatusCode === "InProgress");
    const end = underWay && endOf(region, service, underWay);
    if (!end) return;
    const { StatusMessage, Cause } = activities.put({ ...underWay, ...end, EndTime: world.now() });
    if (end.StatusCode !== "Successful") return;
    region.ecs.services.update(service.serviceArn, (draft) => {
      addMessage(draft, world.now(), `Message: ${StatusMessage} Cause: ${Cause}`);
    });
  }

  world.watch("ecs", "services", (region, { after }) => {
    if (after) react(region, after);
  });
  world.watch("ecs", "tasks", (region, { before, after }) => {
    const service = region.ecs.services.get((after ?? before)?.hidden.serviceArn ?? "");
    if (service) react(region, service);
  });
  for (const region of world.regions()) for (const service of region.ecs.services.all()) react(region, service);
}

/** How an activity has ended; undefined: it goes on. */
function endOf(region: Region, service: EcsService, { hidden: { to } }: TargetActivity) {
  if (service.status !== "ACTIVE") return { StatusCode: "Unfulfilled" as const };
  const running = tasksOf(region, service).filter(({ lastStatus }) => lastStatus === "RUNNING");
  if (running.length !== to) return undefined;
  return {
    StatusCode: "Successful" as const,
    StatusMessage: `Successfully set desired count to ${to}. Change successfully fulfilled by ecs.`,
  };
}
