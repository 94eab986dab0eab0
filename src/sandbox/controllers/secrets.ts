import type { Secret } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Deletes secrets for good when their time is over. */
export function controlSecrets(world: World): void {
  function plan(region: Region, { Name, ARN, hidden: { goneAt } }: Secret): void {
    if (!goneAt) return;
    world.at(goneAt, () => {
      const { secrets } = region.secretsManager;
      const secret = secrets.get(Name);
      // It may have been restored meanwhile, or be deleted sooner.
      if (secret?.ARN === ARN && secret.hidden.goneAt?.getTime() === goneAt.getTime()) secrets.delete(Name);
    });
  }

  world.watch("secretsManager", "secrets", (region, { before, after }) => {
    if (after && after.hidden.goneAt?.getTime() !== before?.hidden.goneAt?.getTime()) plan(region, after);
  });
  for (const region of world.regions()) for (const secret of region.secretsManager.secrets.all()) plan(region, secret);
}
