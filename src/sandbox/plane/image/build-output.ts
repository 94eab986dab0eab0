import type { Progress } from "../image.ts";

/** Prints a build as `docker build --progress=plain` does: numbered steps, each line with its step's number. */
export class BuildOutput {
  readonly #print: Progress;
  #number = 0;

  constructor(print: Progress) {
    this.#print = print;
  }

  /** Begins a step. */
  step(title: string): StepOutput {
    this.#number += 1;
    if (this.#number > 1) this.#print("");
    return new StepOutput(this.#number, title, this.#print);
  }

  line(text: string): void {
    this.#print(text);
  }
}

export class StepOutput {
  readonly #number: number;
  readonly #title: string;
  readonly #print: Progress;
  readonly #startedAt = performance.now();
  readonly #tail: string[] = [];
  readonly #partial = { stdout: "", stderr: "" };

  constructor(number: number, title: string, print: Progress) {
    this.#number = number;
    this.#title = title;
    this.#print = print;
    print(`#${number} ${title}`);
  }

  note(text: string): void {
    this.#print(`#${this.#number} ${text}`);
  }

  /** What a command writes, which may be a part of a line. */
  write(chunk: string, stream: "stdout" | "stderr"): void {
    const lines = (this.#partial[stream] + chunk).split(/\r?\n/);
    this.#partial[stream] = lines.pop() ?? "";
    for (const line of lines) this.#say(line);
  }

  done(): void {
    this.#flush();
    this.note(`DONE ${this.#seconds()}s`);
  }

  cached(): void {
    this.note("CACHED");
  }

  /** Ends the step with an error; repeats the last lines, as docker does. */
  failed(why: string): void {
    this.#flush();
    this.note(`ERROR: ${why}`);
    const tail = this.#tail.slice(-20);
    for (const line of ["------", ` > ${this.#title}:`, ...tail, "------"]) this.#print(line);
  }

  #say(line: string): void {
    const text = `${this.#seconds(3)} ${line}`;
    this.#tail.push(text);
    if (this.#tail.length > 100) this.#tail.shift();
    this.note(text);
  }

  #flush(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#partial[stream] !== "") this.#say(this.#partial[stream]);
      this.#partial[stream] = "";
    }
  }

  #seconds(digits = 1): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(digits);
  }
}

/** The lines around the one that failed, as docker shows them. */
export function excerpt(source: string, line: number, name: string): string[] {
  const lines = source.split(/\r?\n/);
  const from = Math.max(0, line - 3);
  const shown = lines.slice(from, line + 2).map((text, at) => {
    const number = from + at + 1;
    return ` ${String(number).padStart(3)} | ${number === line ? ">>> " : "    "}${text}`;
  });
  return [`${name}:${line}`, "-".repeat(20), ...shown, "-".repeat(20)];
}
