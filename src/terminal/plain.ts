import type { RunEvent, TaskEvent } from "../engine/event.ts";
import { duration } from "./duration.ts";
import { elapsed, header, roughDuration, verdictWord } from "./format.ts";
import { Progress } from "./progress.ts";
import { onlyLooks, result, trouble } from "./result.ts";
import type { Output } from "./screen.ts";
import { type Style, styleFor } from "./style.ts";
import { lines, oneLine } from "./text.ts";
import type { View, ViewOptions } from "./view.ts";

/** Milliseconds without a line after which one says what is being waited for. */
const SILENCE = 30_000;

/** A line for each change, for logs and for terminals that cannot redraw. Progress and errors on stderr, the result on stdout. */
export class PlainView implements View {
  readonly #progress = new Progress();
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #style: Style;
  readonly #resultStyle: Style;
  #silence: NodeJS.Timeout | undefined;

  constructor({ stdout, stderr, env }: ViewOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#style = styleFor(stderr.isTTY === true, env);
    this.#resultStyle = styleFor(stdout.isTTY === true, env);
  }

  handle(event: RunEvent): void {
    this.#progress.apply(event);
    if (event.type === "run") this.#say(header(event, this.#style));
    else if (event.type === "message")
      this.#say(lines(event.level === "warning" ? `warning: ${event.text}` : event.text));
    else if (event.type === "report") this.#finish();
    else this.#say(this.#lineOf(event));
  }

  close(): void {
    clearInterval(this.#silence);
  }

  #finish(): void {
    this.close();
    const write = (output: Output, text: readonly string[]) => text.length > 0 && output.write(`${text.join("\n")}\n`);
    write(this.#stdout, result(this.#progress, this.#resultStyle));
    write(this.#stderr, trouble(this.#progress, this.#style));
  }

  #say(text: readonly string[]): void {
    if (text.length === 0) return;
    this.#stderr.write(`${text.join("\n")}\n`);
    clearInterval(this.#silence);
    this.#silence = setInterval(() => this.#stillWorking(), SILENCE);
    this.#silence.unref();
  }

  /** What there is to say of an event; nothing of one that changes nothing. */
  #lineOf(event: TaskEvent): string[] {
    const title = this.#progress.titleOf(event.task);
    switch (event.type) {
      case "started":
        return [];
      case "note":
        return [`${title} | ${oneLine(event.text)}`];
      case "waiting":
        return [`${title}: waiting, ${oneLine(event.reason)}${usually(event.usually)}`];
      case "done":
        return this.#doneLine(event, title);
      case "failed":
        if (!this.#progress.tasks.has(event.task)) return [`${event.error.what}: ${oneLine(event.error.why)}`];
        return [`${title}: failed after ${duration(event.ms)}, ${oneLine(event.error.why)}`];
      case "skipped":
        // A task of another stage is nobody's business unless it fails.
        if (!this.#progress.tasks.has(event.task)) return [];
        return [`${title}: skipped, ${oneLine(event.because)}`];
    }
  }

  #doneLine({ verdict, ms, detail }: TaskEvent & { type: "done" }, title: string): string[] {
    const command = this.#progress.run?.command ?? "";
    if (onlyLooks(command) || verdict.is === "unchanged" || verdict.is === "absent") return [];
    const about = detail === undefined ? "" : `, ${oneLine(detail)}`;
    return [`${title}: ${verdictWord(command, verdict.is)} in ${duration(ms)}${about}`];
  }

  #stillWorking(): void {
    const now = Date.now();
    const tasks = this.#progress.running().map(({ info, startedAt = now, says, usually: seconds }) => {
      const about = [elapsed(now - startedAt), says].filter(Boolean).join(", ");
      return `${info.title} (${about}${usually(seconds)})`;
    });
    this.#say([`still working: ${tasks.length === 0 ? "nothing new" : tasks.join("; ")}`]);
  }
}

function usually(seconds: number | undefined): string {
  return seconds === undefined ? "" : `, usually ${roughDuration(seconds)}`;
}
