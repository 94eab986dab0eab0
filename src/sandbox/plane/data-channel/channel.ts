import { StringDecoder } from "node:string_decoder";
import type { WebSocket } from "ws";
import { decoded, encoded, type Message, PAYLOAD } from "./message.ts";

/** Bytes that the agent puts into one message; characters may be cut in two. */
const PIECE = 1024;
/** What a client's flag says when it ends the session (session-manager-plugin, PayloadTypeFlag). */
const TERMINATE = 2;

/**
 * The agent's end of a data channel of Session Manager, over which AWS's session-manager-plugin shows a terminal: a
 * handshake, then what is typed one way and what is printed the other, each message numbered and acknowledged.
 */
export class DataChannel {
  /** Aborted when the client has gone, or wants the session to end. */
  readonly ended: AbortSignal;
  readonly #socket: WebSocket;
  readonly #sessionId: string;
  readonly #ending = new AbortController();
  readonly #decoder = new StringDecoder("utf8");
  #sent = 0;
  #expected = 0;
  #onTyped: (text: string) => void = () => {};
  #onReady: () => void = () => {};

  constructor(socket: WebSocket, sessionId: string) {
    this.#socket = socket;
    this.#sessionId = sessionId;
    this.ended = this.#ending.signal;
    socket.on("message", (bytes: Buffer, isBinary) => {
      const message = isBinary ? decoded(bytes) : undefined;
      if (message) this.#receive(message);
    });
    socket.on("close", () => this.#ending.abort());
  }

  /** Agrees with the client on a session for a command, and resolves when that can begin. */
  open(): Promise<void> {
    const wanted = { SessionType: "InteractiveCommands", Properties: {} };
    this.#send(PAYLOAD.handshakeRequest, {
      AgentVersion: "3.3.2299.0",
      RequestedClientActions: [{ ActionType: "SessionType", ActionParameters: wanted }],
    });
    return new Promise((resolve) => {
      this.ended.addEventListener("abort", () => resolve());
      this.#onReady = () => {
        this.#send(PAYLOAD.handshakeComplete, { HandshakeTimeToComplete: 1_000_000, CustomerMessage: "" });
        this.#onReady = () => {};
        resolve();
      };
    });
  }

  /** Calls the listener with what is typed. */
  onTyped(listener: (text: string) => void): void {
    this.#onTyped = listener;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += PIECE) this.#send(PAYLOAD.output, bytes.subarray(at, at + PIECE));
  }

  /** Says that the session is over, and hangs up. @param why what the client shows instead of its own words */
  close(why = ""): void {
    const closed = {
      MessageType: "channel_closed",
      SchemaVersion: 1,
      SessionId: this.#sessionId,
      Output: why,
    };
    this.#transmit({ type: "channel_closed", sequence: 0, payloadType: 0, payload: json(closed) });
    this.#socket.close(1000);
  }

  #receive(message: Message): void {
    if (message.type !== "input_stream_data") return;
    this.#acknowledge(message);
    // What was sent again because its acknowledgement was late has been regarded already.
    if (message.sequence !== this.#expected) return;
    this.#expected++;
    const { payloadType, payload } = message;
    if (payloadType === PAYLOAD.handshakeResponse) this.#onReady();
    else if (payloadType === PAYLOAD.output) this.#onTyped(this.#decoder.write(payload));
    else if (payloadType === PAYLOAD.flag && payload.readUInt32BE(0) === TERMINATE) this.#ending.abort();
  }

  #acknowledge({ type, id, sequence }: Message): void {
    const content = {
      AcknowledgedMessageType: type,
      AcknowledgedMessageId: id,
      AcknowledgedMessageSequenceNumber: sequence,
      IsSequentialMessage: true,
    };
    this.#transmit({ type: "acknowledge", sequence: 0, payloadType: 0, payload: json(content) });
  }

  #send(payloadType: number, content: Buffer | object): void {
    const payload = Buffer.isBuffer(content) ? content : json(content);
    this.#transmit({ type: "output_stream_data", sequence: this.#sent++, payloadType, payload });
  }

  #transmit(message: Omit<Message, "id">): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encoded(message));
  }
}

function json(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}
