import type { RunEvent } from "../engine/event.ts";
import type { Output } from "./screen.ts";
import type { View } from "./view.ts";

/** NDJSON for a program: every event is a line of stdout, and the last line is the report. */
export class JsonView implements View {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  handle(event: RunEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  close(): void {}
}
