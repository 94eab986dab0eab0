import type { ErrorReport, Report, RunStarted, TaskOutcome } from "../engine/event.ts";
import { duration } from "./duration.ts";
import { change, clockTime, counts, errorBlock, leftChange, price, table, verdictWord } from "./format.ts";
import type { Progress } from "./progress.ts";
import type { Style } from "./style.ts";
import { oneLine } from "./text.ts";

/** Plan and status only look: what they saw is their data, and no tree of progress is shown for them. */
export function onlyLooks(command: string): boolean {
  return command === "plan" || command === "status";
}

/** What a run leaves on stdout: for plan and status the listing, for the others what exists now and what to do next. */
export function result(progress: Progress, style: Style): string[] {
  const { run, report } = progress;
  if (!run || !report || (report.error && report.tasks.length === 0)) return [];
  if (onlyLooks(run.command))
    return [...listing(run.command, run.stages, report.tasks, style), ...closing(report, style)];
  if (report.exitCode !== 0) return [];
  return [headline(report, style), ...closing(report, style)];
}

/** What a run leaves on stderr when it did not end well. The last line says what to do next. */
export function trouble(progress: Progress, style: Style): string[] {
  const { report } = progress;
  if (!report) return [];
  const failed = report.tasks.flatMap((task) =>
    task.error && !isToldBy(report.error, task.error) ? [{ task, error: task.error }] : [],
  );
  const ofTasks = failed.flatMap(({ task, error }) => {
    const notes = progress.tasks.get(task.id)?.notes ?? [];
    const [what = "", ...rest] = errorBlock(error, style);
    return ["", what, ...notes.map((note) => style.color.dim(`  | ${note}`)), ...rest];
  });
  const known = failed.some(({ error }) => error.what === report.error?.what);
  const ofRun = report.error && !known ? ["", ...errorBlock(report.error, style)] : [];
  const blocks = [...block(report.exitCode === 0 ? [] : probed(report, style)), ...ofTasks, ...ofRun];
  if (onlyLooks(report.command) || report.tasks.length === 0) return progress.run ? blocks : blocks.slice(1);
  return blocks.length === 0
    ? []
    : [[counts(report.command, report.tasks), ...times(report)].join(` ${style.symbols.dot} `), ...blocks];
}

/** Whether the end of the run says what became of a task, in its words: nobody wants to read that twice. */
function isToldBy(run: ErrorReport | undefined, { what, why }: ErrorReport): boolean {
  return run !== undefined && run.what !== what && `${run.why}\n`.startsWith(`${why}\n`);
}

function headline(report: Report, { color, symbols }: Style): string {
  const changed = report.tasks.some((task) => ["create", "update", "replace", "remove"].includes(task.verdict));
  const parts = [counts(report.command, report.tasks), ...times(report)];
  if (!changed) parts.push(`${report.calls.changing} changing calls`);
  const sign = color.green(symbols.done);
  return `${sign} ${color.bold(outcome(report, changed))} ${symbols.dot} ${parts.filter(Boolean).join(` ${symbols.dot} `)}`;
}

function outcome(report: Report, changed: boolean): string {
  if (report.command === "destroy") return changed ? "removed" : "there was nothing to remove";
  return changed ? "ready" : "everything is as it should be";
}

/** What is there, what was left alone, what it costs, what took longest, and what one would want to do next. */
function closing(report: Report, style: Style): string[] {
  const { color } = style;
  return [
    ...block(outputs(report)),
    ...block(remains(report, style)),
    ...block(foreign(report, style)),
    ...(onlyLooks(report.command) ? [] : block(leftAlone(report))),
    ...block(probed(report, style)),
    ...block([...cost(report), ...(onlyLooks(report.command) ? [] : longest(report, style))]),
    ...block(report.next.length === 0 ? [] : ["Next:", ...report.next.map((command) => `  ${color.cyan(command)}`)]),
  ];
}

function block(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** How the service answered meanwhile. */
function probed({ probe }: Report, { color, symbols }: Style): string[] {
  if (!probe) return [];
  const { requests, failed, slowestMs, longestGapMs } = probe;
  const count = (number: number) => number.toLocaleString("en-US");
  const times = [`slowest ${duration(slowestMs)}`, `longest gap ${duration(longestGapMs)}`];
  const head = [`${count(failed)} of ${count(requests)} requests failed`, ...times].join(` ${symbols.dot} `);
  const span = (from: number, until: number) => `from ${duration(from)} to ${duration(until)}`;
  return [
    `  ${(failed > 0 ? color.red : color.green)(head)}`,
    ...probe.answers.map((one) => `  ${oneLine(one.body)}: ${count(one.count)}, ${span(one.fromMs, one.untilMs)}`),
    ...probe.failures.map((one) => `  ${oneLine(one.why)}: ${count(one.count)}, the first after ${duration(one.atMs)}`),
  ];
}

function outputs(report: Report): string[] {
  return table(Object.entries(report.outputs).map(([name, value]) => [name, oneLine(value)]));
}

/** The end of a destroy: that nothing is left, as far as one could look. What is left is an error. */
function remains({ left, unseen = [], standing = [], stack, region }: Report, { color, symbols }: Style): string[] {
  if (left === undefined) return [];
  const regions = [...new Set(standing.map((thing) => thing.region))];
  const elsewhere = regions.map((other) => {
    const things = standing.filter((thing) => thing.region === other).map(({ type, id }) => `${type} ${id}`);
    return `  in ${other} stack ${stack} still has: ${things.join(", ")}`;
  });
  const blind = unseen.map(
    ({ service, why }) => `${color.yellow(symbols.warning)} not looked at: ${service}, ${oneLine(why)}`,
  );
  const none = `  0 left in ${region}: nothing there carries the tag of stack ${stack} any more`;
  return [...(left.length === 0 ? [none] : []), ...elsewhere, ...blind];
}

function foreign(report: Report, { color, symbols }: Style): string[] {
  const titles = report.tasks.filter((task) => task.verdict === "foreign").map((task) => task.title);
  if (titles.length === 0) return [];
  const what =
    report.command === "destroy" ? "left alone, not made by bia-infra" : "used as it is, not made by bia-infra";
  const adopt =
    report.command === "destroy"
      ? []
      : ["  --adopt takes it over, so that it is kept in shape and removed with the rest"];
  return [`${color.yellow(symbols.warning)} ${what}: ${titles.join(", ")}`, ...adopt];
}

/** What differs and was left as it is; a listing has it beside its task. */
function leftAlone({ tasks }: Report): string[] {
  return tasks.flatMap((task) => (task.left ?? []).map((one) => `  ${task.title}: ${leftChange(task, one)}`));
}

function cost({ costPerHour, target, command }: Report): string[] {
  if (costPerHour === undefined || costPerHour === 0) return [];
  if (target === "sandbox") return [`  free here; on AWS it would be about ${price(costPerHour)}`];
  return [`  about ${price(costPerHour)}${command === "plan" ? "" : ", until it is destroyed"}`];
}

function longest(report: Report, { color }: Style): string[] {
  if (!report.criticalPath || report.criticalPath.ms < 1000) return [];
  const titles = report.criticalPath.tasks.map((id) => report.tasks.find((task) => task.id === id)?.title ?? id);
  return [
    color.dim(
      `  longest path: ${titles.join(", ")} (${report.speed === undefined ? duration(report.criticalPath.ms) : clockTime(report.criticalPath.ms)})`,
    ),
  ];
}

/** How long it took, by our clock and by the sandbox's. */
function times({ ms, speed }: Report): string[] {
  return [duration(ms), ...(speed === undefined ? [] : [clockTime(ms * speed)])];
}

/** Every task with what would be done, or what is there, under the heading of its stage; then how many of each. */
function listing(command: string, stages: RunStarted["stages"], tasks: readonly TaskOutcome[], style: Style): string[] {
  const parts = stages.flatMap(({ name, title }) => {
    const ofStage = tasks.filter((task) => task.stage === name);
    if (ofStage.length === 0) return [];
    return [style.color.bold(title), ...ofStage.flatMap((task) => entry(command, task, style)), ""];
  });
  const settled = tasks.every((task) => ["unchanged", "absent", "foreign"].includes(task.verdict));
  return [...parts, `${command === "plan" && settled ? "no changes: " : ""}${counts(command, tasks)}`];
}

function entry(command: string, task: TaskOutcome, { color }: Style): string[] {
  const look = LOOKS[command === "status" && task.verdict === "create" ? "absent" : task.verdict];
  const paint = color[look.color];
  const word = verdictWord(command, task.verdict).padEnd("unchanged".length);
  const aside = asideOf(task);
  return [
    `  ${paint(`${look.sign} ${word}`)}  ${task.title}${aside === "" ? "" : `  ${color.dim(aside)}`}`,
    ...(task.changes ?? []).map((one) => `${" ".repeat(15)}${change(one)}`),
    ...(task.words ?? []).map((one) => `${" ".repeat(15)}${oneLine(one)}`),
    ...(task.left ?? []).map((one) => color.dim(`${" ".repeat(15)}${leftChange(task, one)}`)),
  ];
}

function asideOf(task: TaskOutcome): string {
  if (task.verdict === "foreign" && (task.changes ?? []).length > 0) return "differs, and is left so:";
  if (task.region !== undefined) return `belongs to the stack of the same name in ${task.region}`;
  return oneLine(task.because ?? task.error?.why ?? task.detail ?? "");
}

const LOOKS = {
  create: { sign: "+", color: "green" },
  update: { sign: "~", color: "yellow" },
  replace: { sign: "-", color: "red" },
  unchanged: { sign: "=", color: "dim" },
  "not-ready": { sign: "!", color: "yellow" },
  remove: { sign: "-", color: "red" },
  absent: { sign: ".", color: "dim" },
  foreign: { sign: "!", color: "yellow" },
  elsewhere: { sign: "!", color: "yellow" },
  blocked: { sign: "?", color: "yellow" },
  failed: { sign: "x", color: "red" },
  skipped: { sign: "o", color: "dim" },
} as const satisfies Readonly<
  Record<TaskOutcome["verdict"], { sign: string; color: "green" | "yellow" | "dim" | "red" }>
>;
