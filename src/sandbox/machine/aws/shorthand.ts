/** What the shorthand syntax makes of a text: texts, lists and structures. */
export type Shorthand = string | Shorthand[] | { [key: string]: Shorthand };

/** A text that is no shorthand, in the words of the `aws` command. */
export class ShorthandError extends Error {}

/**
 * Reads the `aws` command's shorthand syntax: `Name=vpc-id,Values=a,b`, `Key=[a,b]`, `Key={x=1,y=2}`.
 * (AWS CLI User Guide, "Using shorthand syntax")
 *
 * @throws ShorthandError
 */
export function readShorthand(text: string): { [key: string]: Shorthand } {
  return new Reader(text).parameter();
}

/** Characters of a key. */
const KEY = /[\w.#/:-]*/y;
/** A value ends at what may follow it: in lists of a key `=` shows that it was the next key. */
const FIRST = /(?:\\,|[^\s,'"\]}])(?:\\,|[^,\]}])*/y;
const SECOND = /(?:\\,|[^\s,=[\]{}'"])(?:\\,|[^,=])*/y;
const QUOTED = /'((?:\\'|[^'])*)'|"((?:\\"|[^"])*)"/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parameter(): { [key: string]: Shorthand } {
    const found: { [key: string]: Shorthand } = {};
    do {
      const start = this.#at;
      const key = this.#key();
      if (key in found) {
        const message = `Second instance of key "${key}" encountered for input:\n${this.#pointing(start)}`;
        throw new ShorthandError(`${message}\nThis is often because there is a preceding "," instead of a space.`);
      }
      found[key] = this.#values();
    } while (this.#takes(","));
    if (this.#at < this.#text.length) throw this.#expected(",");
    return found;
  }

  #key(): string {
    const key = this.#match(KEY) ?? "";
    this.#expect("=");
    return key;
  }

  /** One value, or several with commas between them that lead to no `key=`. */
  #values(): Shorthand {
    if ("[{".includes(this.#text[this.#at] ?? "-")) return this.#value();
    const list: Shorthand[] = [this.#value()];
    for (;;) {
      const before = this.#at;
      if (!this.#takes(",")) break;
      const next = this.#match(QUOTED) === undefined ? this.#match(SECOND) : this.#unquoted(before);
      if (next === undefined || this.#text[this.#at] === "=") {
        this.#at = before;
        break;
      }
      list.push(plain(next));
    }
    return list.length === 1 ? (list[0] ?? "") : list;
  }

  #value(): Shorthand {
    if (this.#takes("[")) return this.#list();
    if (this.#takes("{")) return this.#structure();
    const before = this.#at;
    if (this.#match(QUOTED) !== undefined) return this.#unquoted(before);
    return plain(this.#match(FIRST) ?? "");
  }

  #list(): Shorthand[] {
    const list: Shorthand[] = [];
    while (!this.#takes("]")) {
      if (list.length > 0) this.#expect(",");
      list.push(this.#value());
      if (this.#at >= this.#text.length) throw this.#expected("]");
    }
    return list;
  }

  #structure(): { [key: string]: Shorthand } {
    const found: { [key: string]: Shorthand } = {};
    while (!this.#takes("}")) {
      if (Object.keys(found).length > 0) this.#expect(",");
      const key = this.#key();
      found[key] = this.#value();
      if (this.#at >= this.#text.length) throw this.#expected("}");
    }
    return found;
  }

  /** What the quotes that begin after `from` (and a comma) hold. */
  #unquoted(from: number): string {
    const quoted = this.#text
      .slice(from, this.#at)
      .replace(/^\s*,\s*/, "")
      .trim();
    const quote = quoted[0] ?? "";
    return quoted.slice(1, -1).replaceAll(`\\${quote}`, quote);
  }

  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Steps over a character and the blanks around it; false: it is not there. */
  #takes(character: string): boolean {
    const found = new RegExp(`\\s*\\${character}\\s*`, "y");
    return this.#match(found) !== undefined;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw this.#expected(character);
  }

  #expected(character: string): ShorthandError {
    const received = this.#text[this.#at] ?? "EOF";
    return new ShorthandError(
      `Expected: '${character}', received: '${received}' for input:\n${this.#pointing(this.#at)}`,
    );
  }

  #pointing(at: number): string {
    return `${this.#text}\n${" ".repeat(at)}^`;
  }
}

function plain(value: string): string {
  return value.replaceAll("\\,", ",").trimEnd();
}
