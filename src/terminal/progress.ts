import type { ErrorReport, Report, RunEvent, RunStarted, TaskEvent, TaskInfo, Verdict } from "../engine/event.ts";
import { oneLine } from "./text.ts";

/** How far one task has come. */
export interface TaskProgress {
  readonly info: TaskInfo;
  phase: "pending" | "running" | "done" | "failed" | "skipped";
  /** When it started, in milliseconds since the epoch. */
  startedAt?: number;
  /** How long it took, in milliseconds. */
  ms?: number;
  /** True while all that is left is that AWS gets ready. */
  waiting: boolean;
  /** The latest word on it: why it waits, or its last line of output. */
  says?: string;
  /** Why it waits. */
  reason?: string;
  /** Seconds that its wait takes as a rule. */
  usually?: number;
  /** Its last lines of output. */
  readonly notes: string[];
  verdict?: Verdict;
  detail?: string;
  error?: ErrorReport;
  /** Why it was skipped. */
  because?: string;
}

const NOTES_KEPT = 8;

/** Tasks of which each waits for the one before, and the seconds that all of them will take. */
interface Chain {
  readonly tasks: readonly TaskProgress[];
  readonly seconds: number;
}

const NO_CHAIN: Chain = { tasks: [], seconds: 0 };

/** What is known of a run from the events so far. */
export class Progress {
  run?: RunStarted;
  report?: Report;
  readonly tasks = new Map<string, TaskProgress>();

  apply(event: RunEvent): void {
    if (event.type === "run") {
      this.run = event;
      for (const info of event.tasks) this.tasks.set(info.id, { info, phase: "pending", waiting: false, notes: [] });
    } else if (event.type === "report") {
      this.report = event;
    } else if (event.type !== "message") {
      const task = this.tasks.get(event.task);
      if (task) applyTo(task, event);
    }
  }

  /** Words for the task with this id. */
  titleOf(id: string): string {
    return this.tasks.get(id)?.info.title ?? id;
  }

  /** The tasks that are being worked on. */
  running(): TaskProgress[] {
    return [...this.tasks.values()].filter((task) => task.phase === "running");
  }

  /** How many tasks have ended, well or not. */
  ended(): number {
    return [...this.tasks.values()].filter(hasEnded).length;
  }

  /**
   * The chain of unfinished tasks that will take longest, first to last, as far as one can know: by what is left of the
   * time that a wait usually takes, and a second for everything else.
   */
  longestPath(now: number): readonly TaskProgress[] {
    const longest = (chains: readonly Chain[]) =>
      chains.reduce((best, one) => (one.seconds > best.seconds ? one : best), NO_CHAIN);
    const known = new Map<TaskProgress, Chain>();
    const endingIn = (task: TaskProgress): Chain => {
      const before = longest(
        this.unfinished(task.info.after).map((earlier) => known.get(earlier) ?? endingIn(earlier)),
      );
      const chain = { tasks: [...before.tasks, task], seconds: before.seconds + secondsLeft(task, now) };
      known.set(task, chain);
      return chain;
    };
    return longest(this.unfinished([...this.tasks.keys()]).map((task) => known.get(task) ?? endingIn(task))).tasks;
  }

  /** Those of the tasks `ids` that have not ended. */
  unfinished(ids: readonly string[]): TaskProgress[] {
    return ids.flatMap((id) => {
      const task = this.tasks.get(id);
      return task && !hasEnded(task) ? [task] : [];
    });
  }
}

export function hasEnded(task: TaskProgress): boolean {
  return task.phase !== "pending" && task.phase !== "running";
}

function secondsLeft(task: TaskProgress, now: number): number {
  const spent = task.startedAt === undefined ? 0 : (now - task.startedAt) / 1000;
  return Math.max(1, (task.usually ?? 0) - spent);
}

function applyTo(task: TaskProgress, event: TaskEvent): void {
  switch (event.type) {
    case "started":
      task.phase = "running";
      task.startedAt = event.at;
      break;
    case "note":
      task.says = oneLine(event.text);
      task.notes.push(task.says);
      if (task.notes.length > NOTES_KEPT) task.notes.shift();
      break;
    case "waiting":
      task.phase = "running";
      task.startedAt ??= event.at - event.since;
      task.waiting = true;
      task.reason = oneLine(event.reason);
      task.says = task.reason;
      if (event.usually !== undefined) task.usually = event.usually;
      break;
    case "done":
      Object.assign(task, { phase: "done", ms: event.ms, verdict: event.verdict });
      if (event.detail !== undefined) task.detail = oneLine(event.detail);
      break;
    case "failed":
      Object.assign(task, { phase: "failed", ms: event.ms, error: event.error });
      break;
    case "skipped":
      Object.assign(task, { phase: "skipped", because: oneLine(event.because) });
      break;
  }
}
