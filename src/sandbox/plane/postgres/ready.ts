import { connect } from "node:net";

/** What a PostgreSQL server says to somebody who wants to connect. */
export type Greeting =
  | { readonly kind: "authenticate" }
  | { readonly kind: "trusted" }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** Nothing listens there, or what listens is no PostgreSQL. */
  | { readonly kind: "silent" };

const PATIENCE_MS = 3_000;
const PROTOCOL_3_0 = 196_608;

/**
 * Says hello to the server on a port, of 127.0.0.1 unless another host is named, and hangs up before it would have to authenticate. Source of the
 * messages: PostgreSQL documentation, 55.7 Message Formats.
 */
export function greet(port: number, user: string, database: string, host = "127.0.0.1"): Promise<Greeting> {
  return new Promise((done) => {
    const socket = connect({ port, host });
    let received = Buffer.alloc(0);
    const end = (greeting: Greeting) => {
      socket.destroy();
      done(greeting);
    };
    socket.setTimeout(PATIENCE_MS, () => end({ kind: "silent" }));
    socket.once("error", () => end({ kind: "silent" }));
    socket.once("close", () => end({ kind: "silent" }));
    socket.once("connect", () => socket.write(startupMessage(user, database)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const greeting = readGreeting(received);
      if (greeting) end(greeting);
    });
  });
}

function startupMessage(user: string, database: string): Buffer {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([head, body]);
}

/** Undefined: the message is not complete. */
function readGreeting(received: Buffer): Greeting | undefined {
  if (received.length < 5) return undefined;
  const end = 1 + received.readInt32BE(1);
  if (received.length < end) return undefined;
  const type = String.fromCharCode(received[0] ?? 0);
  if (type === "R") {
    // 0 is AuthenticationOk, for those who are trusted; whether they may connect comes after it.
    return received.readInt32BE(5) === 0 ? readGreeting(received.subarray(end)) : { kind: "authenticate" };
  }
  if (type === "S") return { kind: "trusted" };
  if (type !== "E") return { kind: "silent" };
  const fields = received.subarray(5, end).toString().split("\0");
  const field = (name: string) => fields.find((text) => text.startsWith(name))?.slice(1) ?? "";
  return { kind: "error", code: field("C"), message: field("M") };
}
