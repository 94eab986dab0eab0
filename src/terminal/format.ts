import type { Change, ErrorReport, RunStarted, TaskOutcome } from "../engine/event.ts";
import { duration } from "./duration.ts";
import type { Style } from "./style.ts";
import { lines, oneLine, widthOf } from "./text.ts";

/** A duration without fractions, for one that is still growing or only a rule of thumb. */
export function wholeDuration(ms: number): string {
  return duration(Math.round(ms / 1000) * 1000).replace(".0 s", " s");
}

/** How long something takes as a rule, given in seconds: whole minutes from two on. */
export function roughDuration(seconds: number): string {
  return seconds < 120 ? wholeDuration(seconds * 1000) : `${Math.round(seconds / 60)} min`;
}

/** A duration by the clock of a sandbox that does not go as fast as ours. */
export function clockTime(ms: number): string {
  return `${duration(ms)} of the sandbox's clock`;
}

/** A growing duration; nothing in the first second, so that quick work stays calm. */
export function elapsed(ms: number): string {
  return ms < 1000 ? "" : wholeDuration(Math.floor(ms / 1000) * 1000);
}

/** An amount of data: `18 bytes`, `1.2 kB`, `34 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} ${count === 1 ? "byte" : "bytes"}`;
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** A list price: by the hour, and by the month of 730 hours that AWS's own calculator uses. */
export function price(perHour: number): string {
  return `$${perHour.toFixed(4)} per hour, $${(perHour * 730).toFixed(2)} per month`;
}

/** The first line of every run, where it works and on what; in as many lines as `width` columns ask for. */
export function header(run: RunStarted, { color, symbols }: Style, width = Number.POSITIVE_INFINITY): string[] {
  const target = run.target === "sandbox" ? "sandbox (local, free)" : color.yellow(color.bold("aws"));
  const where = run.endpoint !== undefined && run.target === "aws" ? `${target} at ${run.endpoint}` : target;
  const name = `${color.bold("bia-infra")} ${run.version}`;
  const filled = [name];
  for (const part of [where, run.region, `account ${run.account}`, `stack ${run.stack}`]) {
    const longer = `${filled.at(-1)}${color.dim(` ${symbols.dot} `)}${part}`;
    if (widthOf(longer) < width) filled[filled.length - 1] = longer;
    else filled.push(part);
  }
  return filled;
}

/** Names and values, in two columns. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, value]) => `  ${name}${" ".repeat(width - widthOf(name))}  ${value}`);
}

/** An error as three things: what failed, why in AWS's own words, what to do next as the last line. */
export function errorBlock(error: ErrorReport, { color, symbols }: Style): string[] {
  const code = error.code !== undefined && !error.why.includes(error.code) ? `${error.code}: ` : "";
  return [
    `${color.red(symbols.failed)} ${color.bold(oneLine(error.what))}`,
    ...lines(`${code}${error.why}`).map((line) => `  ${line}`.trimEnd()),
    ...(error.requestId === undefined ? [] : [color.dim(`  request id ${error.requestId}`)]),
    ...(error.next === "" ? [] : lines(error.next)).map((line, index) =>
      index === 0 ? `  ${color.cyan(symbols.next)} ${line}` : `    ${line}`,
    ),
  ];
}

/** One changed field of a task, e.g. `instanceType: t3.micro -> t3.small`. */
export function change({ field, from, to, needsReplacement, takes }: Change): string {
  if (needsReplacement) return oneLine(`needs replacement: ${field} from ${from ?? "none"} to ${to ?? "none"}`);
  return oneLine(`${field}: ${from ?? "none"} -> ${to ?? "none"}${takes === undefined ? "" : ` (${takes})`}`);
}

/** One field of a task that differs and is left as it is, e.g. `note: storage.size is 30 GiB, 20 GiB asked for: it only grows`. */
export function leftChange({ id, verdict }: TaskOutcome, { field, from, to, needsReplacement, left }: Change): string {
  const isOurs = verdict !== "foreign";
  const anew = needsReplacement && isOurs ? `; --replace ${id} makes it anew` : "";
  return oneLine(`note: ${field} is ${from ?? "none"}, ${to ?? "none"} asked for: ${left}${anew}`);
}

const DONE_WORDS: Readonly<Record<TaskOutcome["verdict"], string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  unchanged: "unchanged",
  "not-ready": "not ready",
  remove: "removed",
  absent: "not there",
  foreign: "not ours",
  elsewhere: "elsewhere",
  blocked: "blocked",
  failed: "failed",
  skipped: "skipped",
};

const PLAN_WORDS: Readonly<Record<TaskOutcome["verdict"], string>> = {
  ...DONE_WORDS,
  create: "create",
  update: "update",
  replace: "replace",
  remove: "remove",
};

const STATUS_WORDS: Readonly<Record<TaskOutcome["verdict"], string>> = {
  ...DONE_WORDS,
  create: "missing",
  update: "differs",
  replace: "differs",
  unchanged: "ready",
};

/** What a verdict is called after a run of `command`. */
export function verdictWord(command: string, verdict: TaskOutcome["verdict"]): string {
  return wordsOf(command)[verdict];
}

function wordsOf(command: string) {
  if (command === "plan") return PLAN_WORDS;
  return command === "status" ? STATUS_WORDS : DONE_WORDS;
}

const ORDER = [
  "create",
  "update",
  "replace",
  "remove",
  "unchanged",
  "not-ready",
  "absent",
  "foreign",
  "elsewhere",
  "blocked",
  "failed",
  "skipped",
] as const satisfies readonly TaskOutcome["verdict"][];

/** `5 to create, 1 to update, 2 unchanged`. */
export function counts(command: string, tasks: readonly TaskOutcome[]): string {
  return ORDER.flatMap((verdict) => {
    const count = tasks.filter((task) => task.verdict === verdict).length;
    const to = command === "plan" && ["create", "update", "replace", "remove"].includes(verdict) ? "to " : "";
    return count === 0 ? [] : [`${count} ${to}${verdictWord(command, verdict)}`];
  }).join(", ");
}
