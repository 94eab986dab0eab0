import { appendFile, readFile } from "node:fs/promises";
import type { LogLine, LogOptions } from "../container.ts";

interface Entry {
  readonly log: string;
  readonly stream: LogLine["stream"];
  readonly time: string;
}

/** What a container wrote, on disk as docker's json-file driver keeps it. */
export class ContainerLog {
  readonly #file: string;
  readonly #partial = { stdout: "", stderr: "" };
  readonly #listeners = new Set<(line: LogLine, number: number) => void>();
  /** Lines that are not on disk yet. */
  #pending: LogLine[] = [];
  /** How many lines were added to those that an earlier sandbox left. */
  #added = 0;
  /** The last line on disk may be half written. */
  #torn = false;
  readonly #left: Promise<number>;
  #writing: Promise<unknown>;

  constructor(file: string) {
    this.#file = file;
    this.#left = this.#onDisk().then((lines) => lines.length);
    this.#writing = this.#left;
  }

  write(chunk: string, stream: LogLine["stream"]): void {
    const lines = (this.#partial[stream] + chunk).split("\n");
    this.#partial[stream] = lines.pop() ?? "";
    for (const line of lines) this.#add(line.replace(/\r$/, ""), stream);
  }

  /** The process has ended: what it wrote without a line break is a line. */
  async flush(): Promise<void> {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#partial[stream] !== "") this.#add(this.#partial[stream], stream);
      this.#partial[stream] = "";
    }
    await this.#writing;
  }

  /** `isOver` tells a follower whether more may come; it looks again when `changed` calls back. */
  async *read(
    { follow = false, tail, since = "", signal }: LogOptions,
    isOver: () => boolean,
    changed: (callback: () => void) => () => void,
  ): AsyncGenerator<LogLine> {
    const queue: { line: LogLine; number: number }[] = [];
    let wake = () => {};
    const listener = (line: LogLine, number: number) => {
      queue.push({ line, number });
      wake();
    };
    const written = this.#writing;
    this.#listeners.add(listener);
    const unsubscribe = changed(() => wake());
    const stop = () => wake();
    signal?.addEventListener("abort", stop);
    try {
      await written;
      const past = await this.#onDisk();
      const next = past.length - (await this.#left);
      const wanted = past.filter(({ time }) => time >= since);
      yield* tail === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - tail));
      while (follow && !signal?.aborted) {
        const entry = queue.shift();
        if (entry) {
          if (entry.number >= next) yield entry.line;
        } else if (isOver()) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#listeners.delete(listener);
      unsubscribe();
      signal?.removeEventListener("abort", stop);
    }
  }

  async #onDisk(): Promise<LogLine[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    return text.split("\n").flatMap(lineIn);
  }

  #add(text: string, stream: LogLine["stream"]): void {
    const line: LogLine = { stream, time: new Date().toISOString(), text };
    const number = this.#added++;
    this.#pending.push(line);
    if (this.#pending.length === 1) this.#writing = this.#writing.then(() => this.#flushPending());
    for (const listener of this.#listeners) listener(line, number);
  }

  async #flushPending(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    const text = lines.map(({ text: log, stream, time }) => `${JSON.stringify({ log, stream, time })}\n`).join("");
    // On a full disk the container goes on; its log has a gap, which may begin with half a line.
    const begin = this.#torn ? "\n" : "";
    this.#torn = await appendFile(this.#file, begin + text, { mode: 0o600 }).then(
      () => false,
      () => true,
    );
  }
}

/** None of one that is half written. */
function lineIn(text: string): LogLine[] {
  try {
    return [asLine(JSON.parse(text) as Entry)];
  } catch {
    return [];
  }
}

function asLine({ log, stream, time }: Entry): LogLine {
  return { stream, time, text: log };
}
