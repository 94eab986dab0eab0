import { duration, elapsed, verdictWord } from "./format.ts";
import { hasEnded, type Progress, type TaskProgress } from "./progress.ts";
import type { Style } from "./style.ts";
import { oneLine, pad, widthOf } from "./text.ts";

/** What the tree is drawn with and on. */
export interface Canvas {
  readonly style: Style;
  readonly width: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The tree of a run, one line for each stage and task. Lines may be longer than the canvas is wide. */
export function tree(progress: Progress, canvas: Canvas): string[] {
  return stagesOf(progress).flatMap(({ title, tasks }) => [
    canvas.style.color.bold(title),
    ...tasks.map((task) => taskLine(task, progress, canvas)),
    "",
  ]);
}

/**
 * The tree in at most `height` lines: what is running always stays, then what failed, then what comes next, then what is
 * done; what does not fit is counted.
 */
export function shortTree(progress: Progress, canvas: Canvas, height: number): string[] {
  const whole = tree(progress, canvas);
  if (whole.length <= height) return whole;
  const { color, symbols } = canvas.style;
  const shown = new Set([...progress.tasks.values()].sort(byInterest).slice(0, Math.max(1, height - 2)));
  const hidden = [...progress.tasks.values()].filter((task) => !shown.has(task));
  const done = hidden.filter(hasEnded).length;
  const counted = [done && `${done} more done`, hidden.length - done && `${hidden.length - done} more to come`];
  return [
    ...[...progress.tasks.values()].filter((task) => shown.has(task)).map((task) => taskLine(task, progress, canvas)),
    color.dim(`  ${symbols.pending} ${counted.filter(Boolean).join(", ")}`),
    "",
  ].slice(-Math.max(1, height));
}

const INTEREST = { running: 0, failed: 1, pending: 2, skipped: 3, done: 4 } as const;

/** Running tasks first; among those that are done the latest, among the others the first. */
function byInterest(a: TaskProgress, b: TaskProgress): number {
  const latest = ({ startedAt = 0, ms = 0 }: TaskProgress) => startedAt + ms;
  return INTEREST[a.phase] - INTEREST[b.phase] || (a.phase === "done" ? latest(b) - latest(a) : 0);
}

/** The last line while a run goes on: how far it is, and what it will take longest to wait for. */
export function footer(progress: Progress, canvas: Canvas): string {
  const { color, symbols } = canvas.style;
  const path = progress.longestPath(canvas.now).map((task) => task.info.title);
  const parts = [
    `${progress.ended()} of ${progress.tasks.size}`,
    elapsed(canvas.now - (progress.run?.at ?? canvas.now)),
    ...(path.length > 0 ? [`longest path: ${path.join(", ")}`] : []),
  ];
  return color.dim(parts.filter(Boolean).join(` ${symbols.dot} `));
}

function stagesOf(progress: Progress) {
  const tasks = [...progress.tasks.values()];
  return (progress.run?.stages ?? [])
    .map(({ name, title }) => ({ title, tasks: tasks.filter((task) => task.info.stage === name) }))
    .filter((stage) => stage.tasks.length > 0);
}

const WORD_WIDTH = "unchanged".length;
const TIME_WIDTH = "12 min 05 s".length;

function taskLine(task: TaskProgress, progress: Progress, canvas: Canvas): string {
  const { color, symbols } = canvas.style;
  const longest = Math.max(...[...progress.tasks.values()].map(({ info }) => widthOf(info.title)));
  const titleWidth = Math.min(longest, Math.max(14, Math.floor(canvas.width * 0.4)));
  const { sign, word, time, detail } = cells(task, progress, canvas);
  const title = pad(task.info.title, titleWidth, symbols.ellipsis);
  const line = [`  ${sign} ${task.phase === "pending" ? color.dim(title) : title}`];
  if (word !== "") line.push(pad(word, WORD_WIDTH, symbols.ellipsis), color.dim(time.padStart(timeWidth(canvas))));
  return [...line, color.dim(detail)].join("  ").trimEnd();
}

/** A narrow terminal shows no more of the time than is there. */
function timeWidth({ width }: Canvas): number {
  return width < 60 ? 0 : TIME_WIDTH;
}

/** What stands in the columns of a task's line. */
function cells(task: TaskProgress, progress: Progress, canvas: Canvas) {
  const { color, symbols } = canvas.style;
  switch (task.phase) {
    case "pending":
      return { sign: color.dim(symbols.pending), word: "", time: "", detail: waitsFor(task, progress) };
    case "running": {
      const spinner = symbols.spinner[Math.floor(canvas.now / 100) % symbols.spinner.length] ?? "";
      const time = elapsed(canvas.now - (task.startedAt ?? canvas.now));
      const usually = task.usually === undefined ? [] : [`usually ${duration(task.usually * 1000).replace(".0", "")}`];
      const detail = [...(task.says === undefined ? [] : [task.says]), ...usually].join(", ");
      return { sign: color.cyan(spinner), word: color.cyan(task.waiting ? "waiting" : "working"), time, detail };
    }
    case "failed":
      return {
        sign: color.red(symbols.failed),
        word: color.red("failed"),
        time: tookTime(task),
        detail: oneLine(task.error?.why ?? ""),
      };
    case "skipped":
      return { sign: color.dim(symbols.skipped), word: color.dim("skipped"), time: "", detail: task.because ?? "" };
    case "done":
      return { ...doneCells(task, progress, canvas), detail: task.detail ?? "" };
  }
}

function doneCells(task: TaskProgress, progress: Progress, { style: { color, symbols } }: Canvas) {
  const verdict = task.verdict?.is ?? "unchanged";
  const word = verdictWord(progress.run?.command ?? "", verdict);
  const changed = verdict === "create" || verdict === "update" || verdict === "remove";
  if (verdict === "foreign" || verdict === "blocked") {
    return { sign: color.yellow(symbols.warning), word: color.yellow(word), time: "" };
  }
  return {
    sign: color.green(symbols.done),
    word: changed ? word : color.dim(word),
    time: changed ? tookTime(task) : "",
  };
}

function tookTime(task: TaskProgress): string {
  return task.ms === undefined ? "" : duration(task.ms);
}

function waitsFor(task: TaskProgress, progress: Progress): string {
  const [first, ...others] = progress.unfinished(task.info.after).map(({ info }) => info.title);
  if (first === undefined) return "";
  return others.length === 0 ? `after ${first}` : `after ${first} and ${others.length} more`;
}
