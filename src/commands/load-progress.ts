import { type Counting, Tally } from "../load/tally.ts";
import { table } from "../terminal/format.ts";
import { loadLine, loadRecord, loadSummary } from "../terminal/load-lines.ts";
import { Screen } from "../terminal/screen.ts";
import { styleFor } from "../terminal/style.ts";

/** Milliseconds from one line to the next; where they stand one below the other, for a person, there are fewer. */
const PAUSE = 1_000;
const PAUSE_OF_LINES = 5_000;

/** Counts requests, and tells on stdout how it goes: a line that is redrawn, for a pipe one now and then, or objects. */
export class LoadProgress implements Counting {
  readonly #json: boolean;
  readonly #style = styleFor(process.stdout.isTTY === true, process.env);
  readonly #screen: Screen | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #start = performance.now();
  readonly #all = new Tally();
  /** Since the last line. */
  #lately = new Tally();
  #told = this.#start;

  constructor(json: boolean) {
    this.#json = json;
    const isRedrawn = !json && process.stdout.isTTY && process.env.TERM !== "dumb" && !process.env.CI;
    if (isRedrawn) this.#screen = new Screen(process.stdout, this.#style.symbols.ellipsis);
    this.#timer = setInterval(() => this.#tell(), json || isRedrawn ? PAUSE : PAUSE_OF_LINES);
  }

  began(): void {
    this.#lately.began();
  }

  answered(status: number, ms: number): void {
    this.#lately.answered(status, ms);
  }

  failed(reason: string): void {
    this.#lately.failed(reason);
  }

  /** Tells what came of all requests. */
  end(): Tally {
    clearInterval(this.#timer);
    this.#all.add(this.#lately);
    this.#screen?.draw([]);
    this.#screen?.close();
    const elapsed = performance.now() - this.#start;
    if (this.#json) this.#write(JSON.stringify({ type: "report", ...loadRecord(elapsed, this.#all) }));
    else for (const line of table(loadSummary(elapsed, this.#all))) this.#write(line);
    return this.#all;
  }

  #tell(): void {
    const [now, lately] = [performance.now(), this.#lately];
    const [elapsed, ms] = [now - this.#start, now - this.#told];
    this.#all.add(lately);
    this.#lately = new Tally();
    this.#told = now;
    const line = this.#json
      ? JSON.stringify({ type: "load", at: Date.now(), ...loadRecord(ms, lately) })
      : loadLine(elapsed, lately, ms, this.#style);
    if (this.#screen) this.#screen.draw([line, this.#style.color.dim("Ctrl-C ends it")]);
    else this.#write(line);
  }

  #write(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
