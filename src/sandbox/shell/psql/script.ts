/** A part of a script for psql. */
export type Part =
  /** `line`: of the script, from 1, where it begins. `end`: how it was sent off. */
  | { readonly kind: "statement"; readonly text: string; readonly line: number; readonly end: ";" | "command" | "eof" }
  | { readonly kind: "command"; readonly name: string; readonly args: string; readonly line: number };

/**
 * Takes a script apart: statements end with a semicolon that stands in no quotes, comment or parentheses, or with a
 * backslash command, which goes to the end of its line (PostgreSQL 16, psql).
 *
 * @param fill gives the value of a variable (`:name`, `:'name'`, `:"name"`) as it is to stand in the statement; undefined: there is none
 */
export class ScriptReader {
  readonly #source: string;
  readonly #fill: (name: string, quote: string) => string | undefined;
  #at = 0;
  #line = 1;

  constructor(source: string, fill: (name: string, quote: string) => string | undefined) {
    this.#source = source;
    this.#fill = fill;
  }

  /** Undefined: there is no more. A statement that a command sends off comes before that command. */
  next(): Part | undefined {
    let text = "";
    let begins: number | undefined;
    let depth = 0;
    const statement = (end: ";" | "command" | "eof"): Part => ({
      kind: "statement",
      text: text.trim(),
      line: begins ?? this.#line,
      end,
    });
    while (this.#at < this.#source.length) {
      const rest = this.#source.slice(this.#at, this.#at + 200);
      const char = rest[0] ?? "";
      if (char === ";" && depth === 0) {
        this.#take(1);
        if (text.trim() !== "") return statement(";");
        text = "";
        continue;
      }
      if (char === "\\" && /^\\[a-zA-Z!?;]/.test(rest)) {
        if (text.trim() !== "") return statement("command");
        return this.#command();
      }
      if (char === "-" && rest.startsWith("--")) {
        this.#take(this.#lengthTo("\n"));
        continue;
      }
      if (begins === undefined && /\S/.test(char)) begins = this.#line;
      const quoted = this.#quoted(rest);
      if (quoted > 0) {
        text += this.#take(quoted);
        continue;
      }
      const variable = /^:(?:(['"])(\w+)\1|(\w+))/.exec(rest);
      const before = this.#source[this.#at - 1];
      if (variable && before !== ":") {
        const value = this.#fill(variable[2] ?? variable[3] ?? "", variable[1] ?? "");
        const length = variable[0].length;
        const taken = this.#take(length);
        text += value ?? taken;
        continue;
      }
      if (char === "(") depth += 1;
      if (char === ")") depth = Math.max(0, depth - 1);
      text += this.#take(1);
    }
    return text.trim() === "" ? undefined : statement("eof");
  }

  /** Lines up to one with `\.` alone: the data of COPY ... FROM STDIN. */
  data(): string {
    if (this.#source[this.#at] === "\n") this.#take(1);
    const rest = this.#source.slice(this.#at);
    const end = /^\\\.\r?$/m.exec(rest);
    const data = this.#take(end ? end.index : rest.length);
    if (end) this.#take(this.#lengthTo("\n") + 1);
    return data;
  }

  #command(): Part {
    const line = this.#line;
    const text = this.#take(this.#lengthTo("\n")).slice(1);
    const [, name = "", args = ""] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
    return { kind: "command", name, args: args.trim(), line };
  }

  /** Length of the quotes or the comment that begin here; 0: none do. */
  #quoted(rest: string): number {
    const source = this.#source;
    const from = this.#at;
    const until = (found: number, length: number) => (found < 0 ? source.length : found + length) - from;
    const dollar = /^\$(?:[A-Za-z_]\w*)?\$/.exec(rest)?.[0];
    if (dollar !== undefined) return until(source.indexOf(dollar, from + dollar.length), dollar.length);
    if (rest.startsWith("/*")) return until(source.indexOf("*/", from + 2), 2);
    const quote = rest[0];
    if (quote !== "'" && quote !== '"') return 0;
    const escapes = quote === "'" && /[eE]$/.test(source.slice(Math.max(0, from - 1), from));
    for (let at = from + 1; at < source.length; at++) {
      if (escapes && source[at] === "\\") at += 1;
      else if (source[at] === quote) return at + 1 - from;
    }
    return source.length - from;
  }

  #lengthTo(end: string): number {
    const found = this.#source.indexOf(end, this.#at);
    return (found < 0 ? this.#source.length : found) - this.#at;
  }

  #take(length: number): string {
    const taken = this.#source.slice(this.#at, this.#at + length);
    for (const char of taken) if (char === "\n") this.#line += 1;
    this.#at += length;
    return taken;
  }
}
