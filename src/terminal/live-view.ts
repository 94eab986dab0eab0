import { type Course, chart } from "./chart.ts";
import { type Output, Screen } from "./screen.ts";
import { type Style, styleFor } from "./style.ts";
import { oneLine, pad } from "./text.ts";
import type { ViewOptions } from "./view.ts";

/** How one thing is, as it is shown. */
export interface Shown {
  /** Of what sort it is, e.g. `task`. */
  readonly part: string;
  /** Unique in its part. */
  readonly id: string;
  readonly state: string;
  readonly detail: string;
}

/** Shows how things are, again and again. */
export interface LiveView {
  /**
   * Everything as it is now.
   *
   * @param courses how it has come there, for whoever looks at a chart. Default: none
   */
  show(rows: readonly Shown[], courses?: readonly Course[]): void;
  /** Gives the terminal back. */
  close(): void;
}

/** The view that fits: an event for each change, a table that is redrawn, or a line for each change. */
export function chooseLiveView({ json, stdout, env }: Omit<ViewOptions, "stderr">): LiveView {
  const style = styleFor(stdout.isTTY === true, env);
  if (json) return new Changes((at, row, gone) => write(stdout, JSON.stringify({ type: "live", at, ...row, ...gone })));
  if (stdout.isTTY && env.TERM !== "dumb" && !env.CI) return new Table(stdout, style);
  return new Changes((at, row, gone) => write(stdout, lineOf(at, row, gone.gone === true, style)));
}

/** Tells what has come, changed or gone since the last look. */
class Changes implements LiveView {
  readonly #tell: (at: number, row: Shown, gone: { gone?: true }) => void;
  #before = new Map<string, Shown>();

  constructor(tell: (at: number, row: Shown, gone: { gone?: true }) => void) {
    this.#tell = tell;
  }

  show(rows: readonly Shown[]): void {
    const at = Date.now();
    const now = new Map(rows.map((row) => [`${row.part} ${row.id}`, row]));
    for (const [key, row] of now) {
      const before = this.#before.get(key);
      if (before?.state !== row.state || before.detail !== row.detail) this.#tell(at, row, {});
    }
    for (const [key, row] of this.#before) {
      // Of what has happened there is only the newest: that something is not shown any more is no news.
      if (!now.has(key) && !HAPPENED.has(row.part)) this.#tell(at, row, { gone: true });
    }
    this.#before = now;
  }

  close(): void {}
}

/** All of it, redrawn in place. */
class Table implements LiveView {
  readonly #screen: Screen;
  readonly #style: Style;

  constructor(output: Output, style: Style) {
    this.#screen = new Screen(output, style.symbols.ellipsis);
    this.#style = style;
  }

  show(rows: readonly Shown[], courses: readonly Course[] = []): void {
    const { color, symbols } = this.#style;
    const foot = color.dim(`${new Date().toISOString().slice(11, 19)} UTC ${symbols.dot} Ctrl-C ends it`);
    const drawn = courses.length === 0 ? [] : [...chart(courses, this.#style), ""];
    const room = Math.max(1, this.#screen.height - 3 - drawn.length);
    const cutOff = rows.length > room ? [color.dim(`${symbols.ellipsis} ${rows.length - room + 1} more`)] : [];
    const shown = rows.slice(0, cutOff.length > 0 ? room - 1 : room);
    this.#screen.draw([...drawn, ...this.#lines(shown), ...cutOff, foot]);
  }

  close(): void {
    this.#screen.close();
  }

  #lines(rows: readonly Shown[]): string[] {
    const { symbols } = this.#style;
    const widest = (of: (row: Shown) => string, most: number) =>
      Math.min(most, Math.max(0, ...rows.map((row) => of(row).length)));
    const [part, id, state] = [widest((row) => row.part, 12), widest(shortId, 26), widest((row) => row.state, 22)];
    return rows.map((row, index) => {
      const isFirst = rows[index - 1]?.part !== row.part;
      const cells = [
        pad(isFirst ? row.part : "", part, symbols.ellipsis),
        pad(oneLine(shortId(row)), id, symbols.ellipsis),
        painted(pad(oneLine(row.state), state, symbols.ellipsis), row, this.#style),
        oneLine(row.detail),
      ];
      return cells.join("  ").trimEnd();
    });
  }
}

function lineOf(at: number, row: Shown, isGone: boolean, style: Style): string {
  const state = isGone ? "gone" : painted(oneLine(row.state), row, style);
  const what = HAPPENED.has(row.part) ? row.part : `${row.part} ${shortId(row)}`;
  const detail = isGone || row.detail === "" ? "" : `: ${oneLine(row.detail)}`;
  return `${new Date(at).toISOString()} ${what} ${state}${detail}`;
}

/** Parts that are things which have happened, each at the time that is its state. */
const HAPPENED: ReadonlySet<string> = new Set(["event", "activity"]);

/** Ids of tasks are 32 digits, of which the first tell them apart; those of what has happened say nothing. */
function shortId({ part, id }: Shown): string {
  if (HAPPENED.has(part)) return "";
  return part === "task" ? id.slice(0, 8) : id;
}

const GOOD = /^(ACTIVE|PRIMARY COMPLETED|RUNNING|healthy|available|OK)$/;
const BAD = /FAILED|STOPPED|^(unhealthy|unavailable|unknown|not there|stopped)$/;

function painted(text: string, { part, state }: Shown, { color }: Style): string {
  if (HAPPENED.has(part)) return color.dim(text);
  if (/^(\d|no data)/.test(state)) return text;
  if (GOOD.test(state)) return color.green(text);
  return BAD.test(state) ? color.red(text) : color.yellow(text);
}

function write(output: Output, line: string): void {
  output.write(`${line}\n`);
}
