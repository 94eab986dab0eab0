import { useMemo } from "react";
import type { TaskOutcome } from "../../engine/event.ts";
import { timelineOf } from "../../runs/timeline.ts";
import { runsOfStack, type Told } from "./told.ts";
import { words } from "./words.ts";

/** How a task looks in the picture. */
export type Look = "ready" | "differs" | "busy" | "trouble" | "absent";

/** How each task looks, by its id, and a few words on it. */
export type Marks = ReadonlyMap<string, Mark>;

export interface Mark {
  readonly look: Look;
  readonly words: string;
}

/** Looks by signs, too, for those who see few colours. */
export const SIGNS: Readonly<Record<Look, string>> = { ready: "✓", differs: "≠", busy: "…", trouble: "✗", absent: "○" };

export const LOOKS = Object.keys(SIGNS) as Look[];

const LOOK_OF: Readonly<Record<TaskOutcome["verdict"], Look>> = {
  create: "absent",
  absent: "absent",
  update: "differs",
  replace: "differs",
  unchanged: "ready",
  "not-ready": "trouble",
  remove: "differs",
  foreign: "differs",
  elsewhere: "differs",
  blocked: "absent",
  failed: "trouble",
  skipped: "absent",
};

/** How each task is: by the last look, and by the run that goes on. */
export function useMarks(told: Told): Marks {
  const { look, run } = told;
  const newest = runsOfStack(told)[0];
  const isRunning = newest?.state === "running" && newest.number === run?.number;
  return useMemo(() => {
    const marks = new Map((look?.tasks ?? []).map((task) => [task.id, markOf(task)]));
    for (const bar of (isRunning && run && timelineOf(run.events, Date.now())?.bars) || []) {
      const waiting = bar.waits.at(-1)?.reason;
      if (bar.end === "running") marks.set(bar.task, { look: "busy", words: waiting ?? words.working });
      if (bar.end === "failed") marks.set(bar.task, { look: "trouble", words: bar.error?.what ?? bar.end });
    }
    return marks;
  }, [look, run, isRunning]);
}

function markOf({ verdict, detail, because, changes }: TaskOutcome): Mark {
  const [change] = changes ?? [];
  return { look: LOOK_OF[verdict], words: because ?? change?.field ?? detail ?? words.verdicts[verdict] };
}
