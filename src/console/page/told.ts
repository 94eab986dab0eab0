import { useEffect, useState } from "react";
import type { ServiceLives } from "../../aws/service-lives.ts";
import type { ServiceNetwork } from "../../aws/service-network.ts";
import type { RunStarted, TaskOutcome } from "../../engine/event.ts";
import type { Layout } from "../../graph/layout.ts";
import type { KeptEvent, RunSummary } from "../../runs/kept.ts";

/** What the server tells, by topic: the newest of each. */
export interface Told {
  readonly stack?: Pick<RunStarted, "stack" | "stages" | "tasks" | "target" | "region" | "account"> & {
    readonly layout: Layout;
    /** Commands as this person has to type them. */
    readonly commands: {
      readonly createAll: string;
      /** By the stage's name. */
      readonly createStage: Readonly<Record<string, string>>;
      readonly runs: string;
    };
  };
  readonly look?: { readonly at: number; readonly tasks: readonly TaskOutcome[] };
  /** The stack's service and its tasks; absent: it has none. */
  readonly service?: Looked<ServiceLives>;
  /** The way to that service, and its requests in the last full minute that CloudWatch knows of. */
  readonly network?: Looked<ServiceNetwork> & { readonly requests?: number };
  readonly runs?: readonly RunSummary[];
  /** The newest run, as far as it has come. */
  readonly run?: { readonly number: number; readonly events: readonly KeptEvent[] };
}

/** What a look has found; nothing: it is not there. */
export interface Looked<Found> {
  readonly at: number;
  readonly found?: Found;
  /** Why nobody could look, in AWS's words. */
  readonly unseen?: string;
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
      source.addEventListener(topic, ({ data }) => setTold((before) => ({ ...before, [topic]: JSON.parse(data) })));
    }
    return () => source.close();
  }, []);
  return { told, isLost };
}

/** The runs on the stack that the page is about. */
export function runsOfStack({ stack, runs = [] }: Told): readonly RunSummary[] {
  return runs.filter((run) => run.stack === stack?.stack && run.target === stack.target && run.region === stack.region);
}
