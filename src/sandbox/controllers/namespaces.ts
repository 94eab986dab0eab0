import type { NamespaceOperation } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Ends Cloud Map's operations: what one makes is there when it is done. */
export function controlNamespaces(world: World): void {
  function end(region: Region, { Id, Type, hidden: { namespace } }: NamespaceOperation): void {
    const { namespaces, operations } = region.serviceDiscovery;
    if (operations.get(Id)?.Status !== "PENDING") return;
    if (Type === "CREATE_NAMESPACE") namespaces.put(namespace);
    else namespaces.delete(namespace.Id);
    operations.update(Id, (draft) => {
      draft.Status = "SUCCESS";
      draft.UpdateDate = world.now();
    });
  }

  function plan(region: Region, operation: NamespaceOperation): void {
    if (operation.Status === "PENDING") world.at(operation.hidden.due, () => end(region, operation));
  }

  world.watch("serviceDiscovery", "operations", (region, { before, after }) => {
    if (after && !before) plan(region, after);
  });
  for (const region of world.regions()) {
    for (const operation of region.serviceDiscovery.operations.all()) plan(region, operation);
  }
}
