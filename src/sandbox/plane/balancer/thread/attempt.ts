import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Dispatcher } from "undici";
import { returnHead } from "./headers.ts";
import type { History } from "./history.ts";

/** A connection whose client wants to speak another protocol. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What the client has said in it so far. */
  readonly head: Buffer;
  /** Milliseconds without a byte after which it ends. */
  readonly idleTimeout: number;
}

/** Why a target did not serve a request. */
export interface Failure {
  /** Nothing of the request has reached the target. */
  readonly isUnsent: boolean;
  /** The target has not answered in time. */
  readonly isLate: boolean;
}

const LATE = ["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"];

/** One attempt to have a target serve a request: what the target says goes to the client as it comes. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #upgrade: Upgrade | undefined;
  readonly #history: History;
  readonly #failed: (failure: Failure) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isEnded = false;
  /** The answer's body has, so its head is out. */
  #hasBegun = false;

  constructor(
    response: ServerResponse,
    upgrade: Upgrade | undefined,
    history: History,
    failed: (failure: Failure) => void,
  ) {
    this.#response = response;
    this.#upgrade = upgrade;
    this.#history = history;
    this.#failed = failed;
  }

  /** Takes the request from the target, which counts as a failure if it is not served yet. */
  end(): void {
    this.#isEnded = true;
    this.#controller?.abort(new Error("ended"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isEnded) controller.abort(new Error("ended"));
    else this.#history.sent();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, message = ""): void {
    // Whoever asks waits for the answer, and not for what is said on the way to it.
    if (status < 200) return;
    this.#history.returned(status);
    returnHead(this.#response, status, message, rawHeadersOf(controller));
    this.#response.on("drain", () => controller.resume());
    // With what came of the body in the same packet, or alone: a stream of events may say nothing for long.
    queueMicrotask(() => this.#hasBegun || this.#response.flushHeaders());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#hasBegun = true;
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#hasBegun = true;
    this.#response.end();
  }

  onResponseError(_: unknown, { code = "" }: NodeJS.ErrnoException): void {
    this.#failed({ isUnsent: this.#controller === undefined, isLate: LATE.includes(code) });
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number, _: unknown, target: Duplex): void {
    const { socket: client, head, idleTimeout } = this.#upgrade as Upgrade;
    this.#history.returned(status);
    this.#history.status = status;
    const raw = rawHeadersOf(controller);
    const lines = raw.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${raw[at + 1]}\r\n`] : []));
    client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`, "latin1");
    client.unshift(head);
    // What undici connects are network sockets.
    (target as Socket).setTimeout(idleTimeout, () => void target.destroy());
    this.#response.once("close", () => target.destroy());
    pipeline(client, target, client, () => client.destroy());
  }
}

function rawHeadersOf({ rawHeaders }: Dispatcher.DispatchController): string[] {
  return (rawHeaders as Buffer[]).map((text) => text.toString("latin1"));
}
