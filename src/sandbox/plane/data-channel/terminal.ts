const ENTER = /[\r\n]/;
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const BACKSPACE = ["\b", "\x7f"];
/** Cursor keys and the like. */
const SEQUENCE = new RegExp(`${"\x1b"}(?:\\[[\\d;]*[A-Za-z~]|O.)`, "g");

/** A terminal as Linux's line discipline makes it of typed characters: they are shown, and come in lines. */
export class Terminal {
  readonly #write: (text: string) => void;
  /** Typed, and not yet read. */
  #typed = "";
  #line = "";
  #waiting: ((line: string | undefined) => void) | undefined;
  #onInterrupt: (() => void) | undefined;

  /** @param write shows text to the person */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes what the person typed. */
  type(text: string): void {
    const plain = text.replace(SEQUENCE, "");
    if (this.#onInterrupt && plain.includes(CTRL_C)) {
      this.#write("^C\r\n");
      this.#typed = plain.slice(plain.lastIndexOf(CTRL_C) + 1);
      this.#onInterrupt();
      return;
    }
    this.#typed += plain;
    this.#read();
  }

  print(text: string): void {
    this.#write(text.replaceAll(/\r?\n/g, "\r\n"));
  }

  /** The next line that is typed; undefined: Ctrl-D instead of one, or the end. */
  readLine(prompt: string, ended: AbortSignal): Promise<string | undefined> {
    this.#write(prompt);
    this.#line = "";
    return new Promise((resolve) => {
      this.#waiting = (line) => {
        this.#waiting = undefined;
        resolve(line);
      };
      ended.addEventListener("abort", () => this.#waiting?.(undefined), { once: true });
      if (ended.aborted) this.#waiting(undefined);
      else this.#read();
    });
  }

  /** Runs something that Ctrl-C ends. */
  async interruptible<T>(act: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
    const interrupt = new AbortController();
    this.#onInterrupt = () => interrupt.abort();
    try {
      return await act(interrupt.signal);
    } finally {
      this.#onInterrupt = undefined;
    }
  }

  #read(): void {
    while (this.#waiting && this.#typed !== "") {
      const [key = "", ...rest] = this.#typed;
      this.#typed = rest.join("");
      this.#take(key);
    }
  }

  #take(key: string): void {
    if (ENTER.test(key)) {
      this.#write("\r\n");
      this.#waiting?.(this.#line);
    } else if (key === CTRL_C) {
      this.#write("^C\r\n");
      this.#waiting?.("");
    } else if (key === CTRL_D) {
      if (this.#line === "") this.#waiting?.(undefined);
    } else if (BACKSPACE.includes(key)) {
      if (this.#line === "") return;
      this.#line = [...this.#line].slice(0, -1).join("");
      this.#write("\b \b");
    } else if (key >= " ") {
      this.#line += key;
      this.#write(key);
    }
  }
}
