import { useEffect, useState } from "react";
import type { ServiceLives } from "../../aws/service-lives.ts";
import type { RunStarted, TaskOutcome } from "../../engine/event.ts";
import type { Layout } from "../../graph/layout.ts";
import type { KeptEvent, RunSummary } from "../../runs/kept.ts";
import type { NetworkTold } from "./network-told.ts";

/** What the server tells, by topic: the newest of each. */
export interface Told {
  readonly stack?: Pick<RunStarted, "stack" | "stages" | "tasks" | "target" | "region" | "account"> & {
    readonly layout: Layout;
  };
  readonly look?: { readonly at: number; readonly tasks: readonly TaskOutcome[] };
  /** The stack's service and its tasks; absent: it has none, or it is not up. */
  readonly service?: { readonly at: number; readonly lives: ServiceLives };
  /** The way to that service. */
  readonly network?: NetworkTold;
  readonly runs?: readonly RunSummary[];
  /** The newest run, as far as it has come. */
  readonly run?: { readonly number: number; readonly events: readonly KeptEvent[] };
}

const TOPICS = ["stack", "look", "service", "network", "runs", "run"] as const satisfies readonly (keyof Told)[];

/** Listens to the server as long as the page is open. `isLost`: it does not answer; the browser tries again by itself. */
export function useTold(): { readonly told: Told; readonly isLost: boolean } {
  const [told, setTold] = useState<Told>({});
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    const source = new EventSource("events");
    source.onopen = () => setLost(false);
    source.onerror = () => setLost(true);
    for (const topic of TOPICS) {
      source.addEventListener(topic, ({ data }) =>
        setTold((before) => ({ ...before, [topic]: JSON.parse(data) ?? undefined })),
      );
    }
    return () => source.close();
  }, []);
  return { told, isLost };
}
