import xterm from "@xterm/headless";
import { vi } from "vitest";
import type { RunEvent } from "../../src/engine/event.ts";
import { chooseView } from "../../src/terminal/choose-view.ts";
import type { Output } from "../../src/terminal/screen.ts";
import type { View, ViewOptions } from "../../src/terminal/view.ts";
import { NOON } from "./recorded.ts";

/** A terminal emulator in place of a person's terminal: what was written to it is on its screen. */
export class FakeTerminal implements Output {
  readonly isTTY = true;
  readonly #terminal: xterm.Terminal;
  #resized: (() => void) | undefined;
  /** Everything that was written, with its control sequences. */
  written = "";

  constructor(columns: number, rows: number) {
    // As the kernel's terminal driver does, a line feed also returns to the first column.
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      convertEol: true,
      allowProposedApi: true,
      scrollback: 500,
    });
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(text: string): void {
    this.written += text;
    this.#terminal.write(text);
  }

  on(_event: "resize", listener: () => void): void {
    this.#resized = listener;
  }

  off(): void {
    this.#resized = undefined;
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#resized?.();
  }

  /** What a person sees when they scroll up as far as there is something; blank lines at the end are left out. */
  async text(): Promise<string> {
    await this.#flushed();
    const { buffer } = this.#terminal;
    const lines = Array.from({ length: buffer.active.length }, (_, row) =>
      buffer.active.getLine(row)?.translateToString(true),
    );
    return lines.join("\n").trimEnd();
  }

  /** What a person sees without scrolling. */
  async screen(): Promise<string[]> {
    await this.#flushed();
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "",
    );
  }

  get cursorIsShown(): boolean {
    return this.written.lastIndexOf("\x1b[?25h") >= this.written.lastIndexOf("\x1b[?25l");
  }

  #flushed(): Promise<void> {
    return new Promise((resolve) => this.#terminal.write("", resolve));
  }
}

/** A pipe or a file in place of a terminal. */
export class FakePipe implements Output {
  readonly isTTY = false;
  written = "";

  write(text: string): void {
    this.written += text;
  }
}

/**
 * Sets the clock to when recorded runs begin, and lets only tests move it. The emulator's own timers stay real.
 * Returns what ends this, as `beforeEach` wants it.
 */
export function startAtNoon(): () => void {
  vi.useFakeTimers({ now: NOON, toFake: ["Date", "setInterval", "clearInterval"] });
  return () => vi.useRealTimers();
}

/** Plays recorded events to a view, each at its time by the (fake) clock. */
export function play(view: View, events: readonly RunEvent[]): void {
  for (const event of events) {
    vi.advanceTimersByTime(Math.max(0, event.at - Date.now()));
    view.handle(event);
  }
}

/** Plays the events that happen up to `ms` after the start, and lets the clock come there. */
export function playUntil(view: View, events: readonly RunEvent[], ms: number): void {
  play(
    view,
    events.filter((event) => event.at <= NOON + ms),
  );
  vi.advanceTimersByTime(Math.max(0, NOON + ms - Date.now()));
}

/** Shows all of `events` with the view that these streams get. */
export async function show<Out extends Output, Err extends Output>(
  events: readonly RunEvent[],
  streams: { stdout: Out; stderr: Err; env?: ViewOptions["env"]; json?: boolean },
) {
  const view = await chooseView({ env: {}, ...streams });
  play(view, events);
  view.close();
  return streams;
}
