import type { Message, RunEvent } from "../engine/event.ts";
import { header } from "./format.ts";
import { Progress } from "./progress.ts";
import { onlyLooks, result, trouble } from "./result.ts";
import { type Output, Screen } from "./screen.ts";
import { type Style, styleFor } from "./style.ts";
import { lines } from "./text.ts";
import { type Canvas, footer, looking, shortTree, tree } from "./tree.ts";
import type { View, ViewOptions } from "./view.ts";

/** Milliseconds between two frames: the spinner's pace. */
const FRAME = 100;

/** The live tree of a run at a terminal. Progress and errors are on stderr, the result is on stdout. */
export class TerminalView implements View {
  readonly #progress = new Progress();
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #style: Style;
  readonly #resultStyle: Style;
  readonly #screen: Screen;
  readonly #redraw = () => this.#draw();
  #timer: NodeJS.Timeout | undefined;

  constructor({ stdout, stderr, env }: ViewOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#style = styleFor(true, env);
    this.#resultStyle = styleFor(stdout.isTTY === true, env);
    this.#screen = new Screen(stderr, this.#style.symbols.ellipsis);
  }

  handle(event: RunEvent): void {
    this.#progress.apply(event);
    if (event.type === "run") this.#screen.print(header(event, this.#style, this.#screen.width));
    else if (event.type === "message") this.#screen.print(this.#message(event));
    else if (event.type === "report") this.#finish();
    else this.#start();
  }

  close(): void {
    this.#stop();
  }

  #message({ level, text }: Message): string[] {
    const { color, symbols } = this.#style;
    return level === "warning" ? [`${color.yellow(symbols.warning)} ${lines(text).join("\n")}`] : lines(text);
  }

  /** Begins the live region with the first task, not before: until then a question may stand at the terminal's bottom. */
  #start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(this.#redraw, FRAME);
    this.#timer.unref();
    this.#stderr.on?.("resize", this.#redraw);
    this.#draw();
  }

  /** Ends the live region. What was under way stays readable if the run broke off. */
  #stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stderr.off?.("resize", this.#redraw);
    this.#screen.draw(this.#onlyLooks ? [""] : [...tree(this.#progress, this.#canvas()), ""]);
    this.#screen.close();
  }

  #finish(): void {
    this.#stop();
    const write = (output: Output, text: readonly string[]) => text.length > 0 && output.write(`${text.join("\n")}\n`);
    write(this.#stdout, result(this.#progress, this.#resultStyle));
    write(this.#stderr, trouble(this.#progress, this.#style));
  }

  #draw(): void {
    const canvas = this.#canvas();
    const bottom = this.#onlyLooks ? looking(this.#progress, canvas) : footer(this.#progress, canvas);
    // The cursor's own line below the region takes a row too.
    const room = this.#screen.height - bottom.length - 1;
    this.#screen.draw([...(this.#onlyLooks ? [] : shortTree(this.#progress, canvas, room)), ...bottom]);
  }

  #canvas(): Canvas {
    return { style: this.#style, width: this.#screen.width, now: Date.now() };
  }

  get #onlyLooks(): boolean {
    return onlyLooks(this.#progress.run?.command ?? "");
  }
}
