import { useEffect, useState } from "react";
import type { Answered } from "../../aws/answered.ts";
import type { ServiceLives } from "../../aws/service-lives.ts";
import type { ServiceNetwork } from "../../aws/service-network.ts";
import type { ServiceUsage } from "../../aws/service-usage.ts";
import type { StackMachines } from "../../aws/stack-machines.ts";
import type { RunStarted, TaskOutcome } from "../../engine/event.ts";
import type { WantedValue } from "../../engine/wanted.ts";
import type { Layout } from "../../graph/layout.ts";
import type { KeptEvent, RunSummary } from "../../runs/kept.ts";

/** What the server tells, by topic: the newest of each. */
export interface Told {
  readonly stack?: Pick<RunStarted, "stack" | "stages" | "tasks" | "target" | "region" | "account"> & {
    readonly layout: Layout;
    /** Commands as this person has to type them. */
    readonly commands: {
      readonly createAll: string;
      readonly runs: string;
    };
  };
  readonly look?: Pick<Looked<never>, "at" | "now"> & { readonly tasks: readonly TaskOutcome[] };
  /** By the same look, what is known of each task, by its id. */
  readonly details?: Readonly<Record<string, TaskDetails>>;
  /** The stack's service and its tasks; absent: it has none. */
  readonly service?: Looked<ServiceLives>;
  /** The way to that service, and its requests in the last full minute that CloudWatch knows of, which began at `at`. */
  readonly network?: Looked<ServiceNetwork> & { readonly requests?: Pick<Answered, "at" | "count"> };
  /** Which way requests took in the last moments. */
  readonly traffic?: Looked<readonly Answered[]>;
  readonly machines?: Looked<StackMachines> & {
    /** What one types to have a terminal or the log, by the ids of machines and by `TASK.CONTAINER`. */
    readonly ways?: Readonly<Record<string, { readonly terminal?: string; readonly log?: string }>>;
    /** What the machines' own dockers have, by the machines' ids; absent on aws, where only they themselves can tell. */
    readonly docker?: Readonly<Record<string, readonly DockerContainer[]>>;
  };
  /** What the cluster's services use, by their names. */
  readonly usage?: Looked<Readonly<Record<string, ServiceUsage>>>;
  readonly runs?: readonly RunSummary[];
  /** The newest run, as far as it has come. */
  readonly run?: { readonly number: number; readonly events: readonly KeptEvent[] };
}

/** What a click on a task shows. */
export interface TaskDetails {
  /** What AWS calls it, by field; nothing: it is not there. */
  readonly ids: Readonly<Record<string, string>>;
  /** What is wanted of it, without secrets. */
  readonly values: readonly WantedValue[];
  /** What `plan` says of it. */
  readonly plan: Pick<TaskOutcome, "verdict" | "changes" | "left" | "words" | "because">;
  /** What one types to have that done; absent: nothing is to be done, or it is not for us to suggest it. */
  readonly command?: string;
}

/** A container of a machine's docker, as `docker ps --all` has it. */
export interface DockerContainer {
  readonly name: string;
  readonly image: string;
  readonly status: string;
  readonly ports: readonly string[];
}

/** What a look has found; nothing: it is not there. */
export interface Looked<Found> {
  readonly at: number;
  /** The same moment by the clock of the AWS that was looked at: a fast sandbox's is not ours. */
  readonly now: number;
  readonly found?: Found;
  /** Why nobody could look, in AWS's words. */
  readonly unseen?: string;
}

/** What the server can be asked to tell. */
export type Topic = keyof Told;

/**
 * Listens to the server while the page is open and to be seen: what nobody looks at need not be looked up. `isLost`: it does not
 * answer; the browser tries again by itself.
 *
 * @param topics the same array each time, or it listens anew
 */
export function useTold(topics: readonly Topic[]): { readonly told: Told; readonly isLost: boolean } {
  const [told, setTold] = useState<Told>({});
  const [isLost, setLost] = useState(false);
  const isSeen = useSeen();
  useEffect(() => {
    if (!isSeen) return;
    const source = new EventSource(`events?topics=${topics.join()}`);
    source.onopen = () => setLost(false);
    source.onerror = () => setLost(true);
    for (const topic of topics) {
      source.addEventListener(topic, ({ data }) => setTold((before) => ({ ...before, [topic]: JSON.parse(data) })));
    }
    return () => source.close();
  }, [topics, isSeen]);
  return { told, isLost };
}

/** False while the page is in a tab behind others, or in a window that is put away. */
export function useSeen(): boolean {
  const [isSeen, setSeen] = useState(!document.hidden);
  useEffect(() => {
    const changed = () => setSeen(!document.hidden);
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  return isSeen;
}

/** The runs on the stack that the page is about. */
export function runsOfStack({ stack, runs = [] }: Told): readonly RunSummary[] {
  return runs.filter((run) => run.stack === stack?.stack && run.target === stack.target && run.region === stack.region);
}
