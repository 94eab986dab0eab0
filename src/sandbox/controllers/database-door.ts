import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Forward, lead, receive } from "./forward.ts";

/** Codes that a client's first packet can have: what they ask for (PostgreSQL's documentation, 55.7 Message Formats). */
const STARTUP_3 = 3;
const SSL_REQUEST = 80_877_103;
const REQUESTS = [SSL_REQUEST, 80_877_102 /* CancelRequest */, 80_877_104 /* GSSENCRequest */];

/** As in PostgreSQL (MAX_STARTUP_PACKET_LENGTH). */
const LONGEST_STARTUP = 10_000;

/** What is behind the door. */
export interface Behind {
  /** Port of 127.0.0.1 of the server, started if need be. */
  start(): Promise<number>;
  /** In PEM, for last words to clients that want TLS. */
  certificate(): Promise<{ readonly key: string; readonly certificate: string }>;
}

/**
 * Listens for a PostgreSQL server that may not run yet. Only who begins as a client of PostgreSQL does is let in: the
 * server then asks for the password. Where there is no server to be had, the client is told why.
 *
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export function openDoor(address: string, port: number, behind: Behind): Promise<Forward> {
  return receive(address, port, (caller, admit) => {
    readHead(caller, (request) => {
      admit();
      behind.start().then(
        (to) => lead(caller, to),
        (error) => refuse(caller, request, error, behind).catch(() => caller.destroy()),
      );
    });
  });
}

/** Calls back with the code of the first packet, which stays to be read, if it is one of PostgreSQL's. */
function readHead(caller: Socket, isClient: (request: number) => void): void {
  let head = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    if (head.length < 8) return;
    caller.off("data", read).pause();
    const [length, request] = [head.readUInt32BE(0), head.readUInt32BE(4)];
    const isKnown = REQUESTS.includes(request) || request >>> 16 === STARTUP_3;
    if (length < 8 || length > LONGEST_STARTUP || !isKnown) return void caller.destroy();
    caller.unshift(head);
    isClient(request);
  };
  caller.on("data", read).once("end", () => {
    if (head.length < 8) caller.destroy();
  });
}

/** Over TLS to those who ask for it: clients do not show what comes instead of an answer to that. */
async function refuse(caller: Socket, request: number, error: unknown, { certificate }: Behind): Promise<void> {
  if (request !== SSL_REQUEST) return void caller.end(refusal(error));
  const { key, certificate: cert } = await certificate();
  caller.once("data", () => {
    caller.write("S");
    const secure = new TLSSocket(caller, { isServer: true, key, cert });
    secure.on("error", () => caller.destroy());
    secure.once("data", () => secure.end(refusal(error)));
  });
  caller.resume();
}

/** PostgreSQL's own form of an error, which every client shows (its documentation, 55.7 Message Formats: ErrorResponse). */
function refusal(error: unknown): Buffer {
  const { message, next = "" } = error as Error & { next?: string };
  const fields = `SFATAL\0VFATAL\0C57P03\0M${`bia-infra sandbox: ${message} ${next}`.trim()}\0\0`;
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(Buffer.byteLength(fields) + 4, 1);
  return Buffer.concat([head, Buffer.from(fields)]);
}
