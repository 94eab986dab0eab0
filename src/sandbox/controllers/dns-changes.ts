import { type DnsChange, withoutPrefix } from "../world/records.ts";
import type { World } from "../world/world.ts";

/** Brings changes of Route 53 to its name servers: from PENDING to INSYNC. */
export function controlDnsChanges(world: World): void {
  const { changes } = world.route53;

  function propagate({ Id, Status, SubmittedAt }: DnsChange): void {
    if (Status !== "PENDING") return;
    const at = new Date(SubmittedAt.getTime() + world.delay("dns change in sync"));
    world.at(at, () => {
      changes.update(withoutPrefix(Id), (draft) => {
        draft.Status = "INSYNC";
      });
    });
  }

  world.watchAccount("route53", "changes", ({ before, after }) => {
    if (after && !before) propagate(after);
  });
  for (const change of changes.all()) propagate(change);
}
