import { randomUUID } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import { WebSocket } from "ws";
import { Explained } from "../engine/errors.ts";
import { type ChannelMessage, fromBytes, PAYLOAD, toBytes } from "./data-channel-message.ts";

/** Where a session is, and what opens it. */
export interface ChannelTicket {
  readonly url: string;
  readonly token: string;
}

/** A session's terminal, from this side. */
export interface Channel {
  /** Types text. */
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Ends the session. */
  end(): void;
  /** Resolves when the session is over, with what the other side has to say about that. @throws {Explained} it broke off */
  readonly closed: Promise<string>;
}

/** Milliseconds after which what was not acknowledged is sent again. */
const RESEND = 1000;
/** `TerminateSession` (session-manager-plugin, PayloadTypeFlag). */
const TERMINATE = Buffer.from([0, 0, 0, 2]);
const INSTEAD = "`aws ecs execute-command` with AWS's session-manager-plugin can do it.";

/**
 * Opens a data channel of Session Manager, as AWS's session-manager-plugin does it: a WebSocket, whose messages are numbered and
 * acknowledged both ways.
 *
 * @param onOutput gets what the other side prints
 * @throws {Explained} it cannot be opened
 */
export async function openChannel({ url, token }: ChannelTicket, onOutput: (text: string) => void): Promise<Channel> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (error) => reject(new Explained(`the session cannot be opened: ${error.message}`, INSTEAD)));
  });
  socket.on("error", () => {});
  const opening = { MessageSchemaVersion: "1.0", RequestId: randomUUID(), TokenValue: token, ClientId: randomUUID() };
  socket.send(JSON.stringify({ ...opening, ClientVersion: "1.2.0.0" }));
  return new ClientChannel(socket, onOutput);
}

class ClientChannel implements Channel {
  readonly closed: Promise<string>;
  readonly #socket: WebSocket;
  readonly #onOutput: (text: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  /** Sent, and not acknowledged yet, by their numbers. */
  readonly #pending = new Map<number, Buffer>();
  /** Received before those that come before them. */
  readonly #early = new Map<number, ChannelMessage>();
  /** Typed before the handshake was through. */
  #held: [number, Buffer][] | undefined = [];
  #sent = 0;
  #expected = 0;
  #failure: Explained | undefined;

  constructor(socket: WebSocket, onOutput: (text: string) => void) {
    this.#socket = socket;
    this.#onOutput = onOutput;
    const resending = setInterval(() => {
      const [oldest] = this.#pending.values();
      if (oldest) socket.send(oldest);
    }, RESEND);
    this.closed = new Promise((resolve, reject) => {
      socket.on("message", (bytes: Buffer) => {
        const message = fromBytes(bytes);
        if (message?.type === "channel_closed") {
          const { Output = "" } = JSON.parse(message.payload.toString()) as { Output?: string };
          resolve(Output);
          socket.close();
        } else if (message) this.#receive(message);
      });
      socket.once("close", (_code, reason) => {
        clearInterval(resending);
        reject(
          this.#failure ?? new Explained(`the session broke off: ${reason.toString() || "no reason given"}`, AGAIN),
        );
      });
    });
    // Whoever waits for it does so after the first await.
    this.closed.catch(() => {});
  }

  type(text: string): void {
    this.#say(PAYLOAD.output, Buffer.from(text));
  }

  resize(cols: number, rows: number): void {
    this.#say(PAYLOAD.size, Buffer.from(JSON.stringify({ cols, rows })));
  }

  end(): void {
    this.#say(PAYLOAD.flag, TERMINATE);
  }

  /** Before the handshake is through the other side would take it for its answer. */
  #say(payloadType: number, payload: Buffer): void {
    if (this.#held) this.#held.push([payloadType, payload]);
    else this.#send(payloadType, payload);
  }

  #receive(message: ChannelMessage & { readonly id: string }): void {
    if (message.type === "acknowledge") {
      const { AcknowledgedMessageSequenceNumber: number = -1 } = JSON.parse(message.payload.toString());
      this.#pending.delete(number);
    }
    if (message.type !== "output_stream_data") return;
    const acknowledged = {
      AcknowledgedMessageType: message.type,
      AcknowledgedMessageId: message.id,
      AcknowledgedMessageSequenceNumber: message.sequence,
      IsSequentialMessage: true,
    };
    this.#transmit({ type: "acknowledge", sequence: 0, payloadType: 0, payload: json(acknowledged) });
    if (message.sequence >= this.#expected) this.#early.set(message.sequence, message);
    for (let next = this.#early.get(this.#expected); next; next = this.#early.get(this.#expected)) {
      this.#early.delete(this.#expected++);
      this.#take(next);
    }
  }

  #take({ payloadType, payload }: ChannelMessage): void {
    if (payloadType === PAYLOAD.output) this.#onOutput(this.#decoder.write(payload));
    if (payloadType === PAYLOAD.handshakeRequest) this.#answer(payload);
    if (payloadType !== PAYLOAD.handshakeComplete) return;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [type, said] of held) this.#send(type, said);
  }

  /** Agrees to a session, and to nothing that this side cannot do. */
  #answer(request: Buffer): void {
    const { RequestedClientActions: actions = [] } = JSON.parse(request.toString()) as {
      RequestedClientActions?: { ActionType: string }[];
    };
    const isKnown = (action: string) => action === "SessionType";
    const processed = actions.map(({ ActionType }) => ({
      ActionType,
      ActionStatus: isKnown(ActionType) ? 1 : 3,
      ActionResult: null,
      ...(!isKnown(ActionType) && { Error: `${ActionType} is not supported` }),
    }));
    if (actions.some(({ ActionType }) => ActionType === "KMSEncryption")) {
      this.#failure = new Explained("the cluster wants its sessions encrypted with a key of KMS", INSTEAD);
    }
    this.#send(
      PAYLOAD.handshakeResponse,
      json({ ClientVersion: "1.2.0.0", ProcessedClientActions: processed, Errors: null }),
    );
    if (this.#failure) this.#socket.close();
  }

  #send(payloadType: number, payload: Buffer): void {
    const sequence = this.#sent++;
    this.#pending.set(sequence, this.#transmit({ type: "input_stream_data", sequence, payloadType, payload }));
  }

  #transmit(message: ChannelMessage): Buffer {
    const bytes = toBytes(message);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
    return bytes;
  }
}

const AGAIN = "Run the same command again.";

function json(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}
