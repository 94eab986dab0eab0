import { cut, widthOf } from "./text.ts";

/** What a view writes to: `process.stderr`, `process.stdout` or a stand-in. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** Between these two a terminal that knows them draws nothing, so that a frame appears whole; others ignore them. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";
const ERASE_LINE = "\x1b[K";
const ERASE_BELOW = "\x1b[J";

/** A region at the bottom of a terminal that is redrawn in place; other text goes above it. */
export class Screen {
  readonly #output: Output;
  readonly #ellipsis: string;
  /** The lines that stand on the terminal now. */
  #drawn: readonly string[] = [];
  #live = false;
  readonly #restore = () => this.#output.write(SHOW_CURSOR);

  constructor(output: Output, ellipsis: string) {
    this.#output = output;
    this.#ellipsis = ellipsis;
  }

  get width(): number {
    return this.#output.columns || 80;
  }

  get height(): number {
    return this.#output.rows || 24;
  }

  /** Replaces the region by `lines`, each cut to the terminal's width. */
  draw(lines: readonly string[]): void {
    this.#paint([], lines);
  }

  /** Writes lines for good, above the region. */
  print(lines: readonly string[]): void {
    this.#paint(lines, this.#drawn);
  }

  /** Gives the terminal back, with the region as it stands: the cursor is shown below it. */
  close(): void {
    this.#drawn = [];
    if (this.#live) this.#output.write(SHOW_CURSOR);
    this.#live = false;
    process.off("exit", this.#restore);
  }

  #paint(above: readonly string[], region: readonly string[]): void {
    if (above.length === 0 && region.length === 0 && this.#drawn.length === 0) return;
    // One column stays free: a line that fills the last one would wrap on some terminals.
    const lines = region.map((line) => cut(line, this.width - 1, this.#ellipsis));
    const text = [...above, ...lines].map((line) => `${line}${ERASE_LINE}\n`).join("");
    const hide = region.length > 0 ? this.#goLive() : "";
    this.#output.write(`${BEGIN_FRAME}${hide}${this.#toTop()}${text}${ERASE_BELOW}${END_FRAME}`);
    this.#drawn = lines;
  }

  #goLive(): string {
    if (this.#live) return "";
    this.#live = true;
    process.once("exit", this.#restore);
    return HIDE_CURSOR;
  }

  /** Back to where the region begins. In a terminal that became narrower its lines wrapped and take more rows now. */
  #toTop(): string {
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / this.width)), 0);
    return rows === 0 ? "" : `\x1b[${rows}A\r`;
  }
}
