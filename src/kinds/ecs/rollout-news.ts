import type { Note } from "../../engine/task.ts";
import type { Rollout } from "./rollout-reads.ts";
import { tellEvents } from "./service-events.ts";

/** Ids of events and tasks that a person has been told, and what they were told to do. */
export interface Told {
  readonly ids: ReadonlySet<string>;
  readonly advice: string | undefined;
}

/** Tells what has happened since the last look, oldest first; at the first look only what this deployment has brought. */
export function tellNews({ primary, events, failures, unplaced }: Rollout, note: Note, told: Told | undefined): Told {
  const isNew = (id: string) => !told?.ids.has(id);
  const ids = tellEvents(events, primary.createdAt, note, told?.ids);
  for (const { id, deployment, why, printed } of [...failures].reverse()) {
    if (!isNew(id) || deployment !== primary.id) continue;
    note(`task ${id.slice(0, 8)} stopped: ${why}`);
    for (const line of printed) note(`| ${line}`);
  }
  if (unplaced && unplaced.next !== told?.advice) note(unplaced.next);
  return { ids: new Set([...ids, ...failures.map(({ id }) => id)]), advice: unplaced?.next };
}
