/**
 * Finds in a terminal's output the line with the exit code that ends it, and leaves that out: ECS Exec tells no exit codes.
 */
export class ExitMark {
  /** What the line begins with; it occurs nowhere else. */
  readonly name: string;
  /** Absent: the line has not come. */
  exitCode: number | undefined;
  readonly #isTerminal: boolean;
  /** What might be the beginning of the line, or of a line break. */
  #held = "";

  /** @param isTerminal false: line breaks are made those of files again */
  constructor(name: string, isTerminal: boolean) {
    this.name = name;
    this.#isTerminal = isTerminal;
  }

  /** What of the output can be shown now. */
  read(text: string): string {
    const all = this.#held + text;
    const at = all.indexOf(this.name);
    const shown = at >= 0 ? at : all.length - this.#beginning(all);
    this.#held = all.slice(shown);
    const [, code] = new RegExp(`^${this.name} (\\d+)\\r?\\n`).exec(this.#held) ?? [];
    if (code !== undefined) this.exitCode = Number(code);
    return this.#broken(all.slice(0, shown));
  }

  /** What was held back and is none of it. */
  rest(): string {
    return this.exitCode === undefined ? this.#broken(this.#held) : "";
  }

  /** How many characters at the end may belong to what comes. */
  #beginning(text: string): number {
    const most = Math.min(text.length, this.name.length - 1);
    for (let size = most; size > 0; size--) if (this.name.startsWith(text.slice(-size))) return size;
    return text.endsWith("\r") ? 1 : 0;
  }

  #broken(text: string): string {
    return this.#isTerminal ? text : text.replaceAll("\r\n", "\n");
  }
}
