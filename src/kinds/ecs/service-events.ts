import type { ServiceEvent } from "@aws-sdk/client-ecs";
import type { Note } from "../../engine/task.ts";

/** What the scheduler said of a service. */
export interface Said {
  readonly id: string;
  readonly at: Date | undefined;
  readonly text: string;
}

/** Without the service's name, and target groups by theirs. */
export function eventOf({ id = "", createdAt, message = "" }: ServiceEvent): Said {
  const text = message.replace(/^\(service [^)]*\) /, "").replace(/ For more information.*$/, "");
  return { id, at: createdAt, text: readable(text) };
}

/** Target groups by their names. */
export function readable(text: string): string {
  return text.replace(/arn:\S+:targetgroup\/([^/\s]+)\/\w+/g, "$1");
}

/** Tells what was said since a deployment began, oldest first, but for what was told before. Answers the ids of all that is told now. */
export function tellEvents(
  events: readonly Said[],
  since: Date = new Date(0),
  note: Note,
  told?: ReadonlySet<string>,
): ReadonlySet<string> {
  for (const { id, at, text } of [...events].reverse()) {
    if (!told?.has(id) && at !== undefined && at >= since) note(text);
  }
  return new Set(events.map(({ id }) => id));
}
