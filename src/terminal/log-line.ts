import type { Style } from "./style.ts";
import { lines } from "./text.ts";

/** What of a line of a log is shown. */
interface Shown {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Id of the task. */
  readonly task: string;
  readonly message: string;
}

/** Digits of a task's id that tell it from the others. */
const SHORT = 8;

/** A line of a log as a line for a person: when, which task, what; each task in a colour of its own. */
export function logLine({ time, task, message }: Shown, { color }: Style): string {
  const colors = [color.cyan, color.magenta, color.green, color.yellow, color.blue];
  const paint = colors[sumOf(task) % colors.length] ?? color.cyan;
  return `${color.dim(new Date(time).toISOString())} ${paint(task.slice(0, SHORT))} ${lines(message).join(" ")}`;
}

function sumOf(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 0);
}
