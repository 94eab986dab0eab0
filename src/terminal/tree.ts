import { duration } from "./duration.ts";
import { elapsed, roughDuration, verdictWord } from "./format.ts";
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

/** The tree of a run: a blank line, and for each stage its heading and a line per task. */
export function tree(progress: Progress, canvas: Canvas): string[] {
  return stagesWith(painter(progress, canvas), progress, canvas);
}

/** The tree, and below each task that waits what it waits for, part by part, and what it has said last. */
function tallTree(progress: Progress, canvas: Canvas): string[] {
  const isTold = (task: TaskProgress) => canvas.width >= ROOMY && isFollowed(task);
  const draw = painter(progress, canvas, isTold);
  const drawAll = (task: TaskProgress) => [draw(task), ...(isTold(task) ? below(task, canvas) : [])];
  return stagesWith(drawAll, progress, canvas);
}

function stagesWith(
  draw: (task: TaskProgress) => string | readonly string[],
  progress: Progress,
  { style: { color } }: Canvas,
): string[] {
  return stagesOf(progress).flatMap(({ title, tasks }) => ["", color.bold(title), ...tasks.flatMap(draw)]);
}

/** Whether more is to be said of a task than goes into its line. */
function isFollowed({ phase, reason, notes }: TaskProgress): boolean {
  return phase === "running" && reason !== undefined && (notes.length > 0 || partsOf(reason).length > 1);
}

/** So many of the last lines of a task are shown below it. */
const LAST_LINES = 5;

function below({ reason = "", notes }: TaskProgress, { style: { color } }: Canvas): string[] {
  const parts = partsOf(reason);
  const said = notes.slice(-LAST_LINES).map((note) => color.dim(`| ${note}`));
  return [...(parts.length > 1 ? parts : []), ...said].map((text) => `      ${text}`);
}

/** What a reason says one after the other, such as how each of two deployments is. */
function partsOf(reason: string): string[] {
  return reason.split("; ");
}

/** Below this many lines for tasks there is no room for headings. */
const FEW_LINES = 4;

/**
 * The tree in at most `height` lines. A stage that is done becomes one line. Of the others, what is running always stays,
 * then what failed, then what comes next, then what is done; what does not fit is counted.
 */
export function shortTree(progress: Progress, canvas: Canvas, height: number): string[] {
  const whole = [tallTree, tree].map((draw) => draw(progress, canvas)).find((drawn) => drawn.length <= height);
  if (whole) return whole;
  const stages = stagesOf(progress);
  const room = height - 2 - stages.length;
  if (room < FEW_LINES) return ["", ...shortList(progress, [...progress.tasks.values()], canvas, height - 2)];
  const open = stages.filter((stage) => !isDone(stage)).flatMap(({ tasks }) => tasks);
  const shown = mostInteresting(open, room);
  const draw = painter(progress, canvas);
  const lines = stages.flatMap((stage) =>
    isDone(stage)
      ? [doneStage(stage, canvas)]
      : [canvas.style.color.bold(stage.title), ...stage.tasks.filter((task) => shown.has(task)).map(draw)],
  );
  return ["", ...lines, ...counted(open, shown, canvas)];
}

/** `tasks` without their stages, in at most `room` lines and one that counts the rest. */
function shortList(progress: Progress, tasks: readonly TaskProgress[], canvas: Canvas, room: number): string[] {
  const shown = mostInteresting(tasks, Math.max(1, room));
  const draw = painter(progress, canvas);
  return [...tasks.filter((task) => shown.has(task)).map(draw), ...counted(tasks, shown, canvas)];
}

function mostInteresting(tasks: readonly TaskProgress[], room: number): Set<TaskProgress> {
  return new Set([...tasks].sort(byInterest).slice(0, room));
}

function counted(tasks: readonly TaskProgress[], shown: ReadonlySet<TaskProgress>, canvas: Canvas): string[] {
  const hidden = tasks.filter((task) => !shown.has(task));
  const done = hidden.filter(hasEnded).length;
  const parts = [done && `${done} more done`, hidden.length - done && `${hidden.length - done} more to come`];
  const { color, symbols } = canvas.style;
  return hidden.length === 0 ? [] : [color.dim(`  ${symbols.pending} ${parts.filter(Boolean).join(", ")}`)];
}

type StageProgress = ReturnType<typeof stagesOf>[number];

function isDone({ tasks }: StageProgress): boolean {
  return tasks.every(({ phase }) => phase === "done");
}

function doneStage({ title, tasks }: StageProgress, { style: { color, symbols } }: Canvas): string {
  return `${color.green(symbols.done)} ${color.bold(title)}${color.dim(`  ${tasks.length} done`)}`;
}

const INTEREST = { running: 0, failed: 1, pending: 2, skipped: 3, done: 4 } as const;

/** Running tasks first; among those that are done the latest, among the others the first. */
function byInterest(a: TaskProgress, b: TaskProgress): number {
  const latest = ({ startedAt = 0, ms = 0 }: TaskProgress) => startedAt + ms;
  return INTEREST[a.phase] - INTEREST[b.phase] || (a.phase === "done" ? latest(b) - latest(a) : 0);
}

/** The last lines while a run goes on: how far it is, and what it will take longest to wait for. */
export function footer(progress: Progress, canvas: Canvas): string[] {
  const path = progress.longestPath(canvas.now).map((task) => task.info.title);
  return [
    "",
    line(canvas, [...howFar(progress, canvas), ...(path.length > 0 ? [`longest path: ${path.join(", ")}`] : [])]),
  ];
}

/** All that is shown while a run only looks: what it sees is shown when it is done. */
export function looking(progress: Progress, canvas: Canvas): string[] {
  return ["", line(canvas, [`${spinner(canvas)} looking at what is there`, ...howFar(progress, canvas)])];
}

function howFar(progress: Progress, { now }: Canvas): string[] {
  return [`${progress.ended()} of ${progress.tasks.size}`, elapsed(now - (progress.run?.at ?? now))];
}

function line({ style: { color, symbols } }: Canvas, parts: readonly string[]): string {
  return color.dim(parts.filter(Boolean).join(` ${symbols.dot} `));
}

function spinner({ style: { symbols }, now }: Canvas): string {
  return symbols.spinner[Math.floor(now / 100) % symbols.spinner.length] ?? "";
}

function stagesOf(progress: Progress) {
  const tasks = [...progress.tasks.values()];
  return (progress.run?.stages ?? [])
    .map(({ name, title }) => ({ title, tasks: tasks.filter((task) => task.info.stage === name) }))
    .filter((stage) => stage.tasks.length > 0);
}

/** What stands in the columns of a task's line. */
interface Cells {
  readonly sign: string;
  readonly title: string;
  readonly word: string;
  readonly time: string;
  readonly detail: string;
}

/** Below this many columns a line has no room for details. */
const ROOMY = 60;

/**
 * Draws tasks so that their columns are in line.
 *
 * @param isTold whether what a task has said stands below it. Default: of none
 */
function painter(
  progress: Progress,
  canvas: Canvas,
  isTold: (task: TaskProgress) => boolean = () => false,
): (task: TaskProgress) => string {
  const cellsFor = (task: TaskProgress) => {
    const cells = cellsOf(task, progress, canvas);
    return isTold(task)
      ? { ...cells, detail: canvas.style.color.dim(underWay(soleReason(task), task.usually)) }
      : cells;
  };
  const rows = new Map([...progress.tasks.values()].map((task) => [task, cellsFor(task)]));
  const widest = (cell: keyof Cells) => Math.max(0, ...[...rows.values()].map((cells) => widthOf(cells[cell])));
  const { ellipsis } = canvas.style.symbols;
  const [word, time] = [widest("word"), widest("time")];
  if (canvas.width < ROOMY) {
    const last = Math.max(word, time);
    const title = Math.min(widest("title"), canvas.width - 1 - "  * ".length - 2 - last);
    return (task) => {
      const cells = rows.get(task) ?? cellsFor(task);
      return joined(`  ${cells.sign} ${pad(cells.title, title, ellipsis)}`, cells.time || cells.word);
    };
  }
  const title = Math.min(widest("title"), Math.floor(canvas.width * 0.4));
  return (task) => {
    const cells = rows.get(task) ?? cellsFor(task);
    const start = `  ${cells.sign} ${pad(cells.title, title, ellipsis)}`;
    if (cells.word === "") return joined(start, cells.detail);
    const right = " ".repeat(time - widthOf(cells.time)) + cells.time;
    return joined(start, pad(cells.word, word, ellipsis), right, cells.detail);
  };
}

function joined(...cells: readonly string[]): string {
  return cells.join("  ").trimEnd();
}

function cellsOf(task: TaskProgress, progress: Progress, canvas: Canvas): Cells {
  const { color, symbols } = canvas.style;
  const dim = (text: string) => (text === "" ? "" : color.dim(text));
  const { title } = task.info;
  const took = task.ms === undefined ? "" : dim(duration(task.ms));
  switch (task.phase) {
    case "pending":
      return {
        sign: dim(symbols.pending),
        title: dim(title),
        word: "",
        time: "",
        detail: dim(waitsFor(task, progress)),
      };
    case "running": {
      const word = color.cyan(task.waiting ? "waiting" : "working");
      const time = dim(elapsed(canvas.now - (task.startedAt ?? canvas.now)));
      return { sign: color.cyan(spinner(canvas)), title, word, time, detail: dim(underWay(task.says, task.usually)) };
    }
    case "failed":
      return {
        sign: color.red(symbols.failed),
        title,
        word: color.red("failed"),
        time: took,
        detail: dim(oneLine(task.error?.why ?? "")),
      };
    case "skipped":
      return {
        sign: dim(symbols.skipped),
        title: dim(title),
        word: dim("skipped"),
        time: "",
        detail: dim(task.because ?? ""),
      };
    case "done": {
      const { is } = task.verdict ?? { is: "unchanged" };
      const changed = is === "create" || is === "update" || is === "remove";
      const odd = is === "foreign" || is === "blocked";
      const word = verdictWord(progress.run?.command ?? "", is);
      return {
        sign: odd ? color.yellow(symbols.warning) : color.green(symbols.done),
        title,
        word: odd ? color.yellow(word) : changed ? word : dim(word),
        time: changed ? took : "",
        detail: dim(task.detail ?? ""),
      };
    }
  }
}

function underWay(says: string | undefined, usually: number | undefined): string {
  const parts = [says, usually === undefined ? undefined : `usually ${roughDuration(usually)}`];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Why a task waits, where that is a single thing, which then does not stand below it. */
function soleReason({ reason = "" }: TaskProgress): string | undefined {
  return partsOf(reason).length > 1 ? undefined : reason;
}

function waitsFor(task: TaskProgress, progress: Progress): string {
  const [first, ...others] = progress.unfinished(task.info.after).map(({ info }) => info.title);
  if (first === undefined) return "";
  return others.length === 0 ? `after ${first}` : `after ${first} and ${others.length} more`;
}
