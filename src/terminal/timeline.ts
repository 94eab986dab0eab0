import type { Report } from "../engine/event.ts";
import type { Bar, Timeline } from "../runs/timeline.ts";
import { duration } from "./duration.ts";
import { clockTime, header } from "./format.ts";
import type { Style } from "./style.ts";
import { widthOf } from "./text.ts";

/** A run as bars of text: what took how long, what it waited for, and what it called. */
export function timelineLines(timeline: Timeline, style: Style, columns: number): string[] {
  const { run, report, bars, ms } = timeline;
  const width = Math.max(0, ...bars.map(({ title }) => widthOf(title)));
  const room = Math.max(20, columns - width - 16);
  const stages = run.stages.flatMap(({ name, title }) => {
    const inside = bars.filter(({ stage }) => stage === name);
    return inside.length === 0
      ? []
      : [style.color.bold(title), ...inside.map((bar) => row(bar, { width, room, ms }, style))];
  });
  return [
    ...header(run, style),
    `${run.command} of ${new Date(run.at).toLocaleString("sv")} ${style.symbols.dot} ${endOf(timeline)} ${style.symbols.dot} ${duration(ms)}`,
    "",
    ...stages,
    "",
    ...(report?.criticalPath
      ? [`${style.color.cyan("■")} the longest path: ${longest(report, report.criticalPath.ms)}`]
      : []),
    ...callLines(timeline, style),
  ];
}

function endOf({ report, goesOn }: Timeline): string {
  if (!report) return goesOn ? "it goes on" : "it broke off";
  return report.exitCode === 0 ? "it ended well" : `it ended with ${report.exitCode}`;
}

/** A path's time is by the clock that its tasks were waited for by. */
function longest({ speed }: Report, ms: number): string {
  return speed === undefined ? duration(ms) : clockTime(ms);
}

function row(
  bar: Bar,
  { width, room, ms }: { width: number; room: number; ms: number },
  { color, symbols }: Style,
): string {
  const at = (time: number) => Math.round((time / Math.max(1, ms)) * room);
  const [from, to] = [Math.min(at(bar.from), room - 1), Math.max(at(bar.to), at(bar.from) + 1)];
  const isWaiting = (column: number) => bar.waits.some((wait) => column >= at(wait.from) && column < at(wait.to));
  const signs = Array.from({ length: Math.min(to, room) - from }, (_, index) =>
    isWaiting(from + index) ? symbols.waiting : symbols.working,
  ).join("");
  const paint = bar.end === "failed" ? color.red : bar.isCritical ? color.cyan : color.dim;
  const line = `${" ".repeat(from)}${paint(signs)}${" ".repeat(Math.max(0, room - from - signs.length))}`;
  return `  ${bar.title}${" ".repeat(width - widthOf(bar.title))}  ${line}  ${duration(bar.to - bar.from)}`;
}

function callLines({ calls, most }: Timeline, { symbols }: Style): string[] {
  if (calls.length === 0) return [];
  const changing = calls.filter((call) => call.changing).length;
  const often = most.map(({ operation, count }) => `${operation} ${count}`).join(", ");
  return [`  ${calls.length} calls ${symbols.dot} ${changing} changing ${symbols.dot} most: ${often}`];
}
