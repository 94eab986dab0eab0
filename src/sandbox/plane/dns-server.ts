import { createServer, type Socket } from "node:net";
import dnsPacket, { type Answer, type Packet, type Question } from "dns-packet";
import { type Listening, listen, listenUdp } from "./listen.ts";

/** A record as it is sent. */
export type DnsRecord = Answer;

/** What is said to a question. */
export interface DnsReply {
  readonly status: "NOERROR" | "NXDOMAIN" | "REFUSED";
  readonly answers: readonly DnsRecord[];
  /** Where to ask on, or whose word it is that there is nothing. */
  readonly authorities: readonly DnsRecord[];
  /** False: others know more about it. */
  readonly isAuthoritative: boolean;
}

/** Codes of answers. (RFC 1035, 4.1.1) */
const CODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

/** The most that is sent by UDP to those who say nothing of it, and to anybody. (RFC 1035, 4.2.1; RFC 9715) */
const USUAL_BYTES = 512;
const MOST_BYTES = 1232;

const OPCODE = 0x7800;
const RECURSION_DESIRED = 0x0100;
const TRUNCATED = 0x0200;
const AUTHORITATIVE = 0x0400;
const HEADER_BYTES = 12;
/** Ports tried until one is free for both UDP and TCP. */
const ATTEMPTS = 10;

/**
 * A name server, by UDP and TCP on one port of 127.0.0.1.
 *
 * @param resolve `type` is e.g. `AAAA`; what the wire format does not know is `UNKNOWN_65`
 * @param port 0: any that is free for both
 * @throws as `listen`
 */
export async function openDnsServer(
  resolve: (name: string, type: string) => DnsReply,
  port: number,
): Promise<Pick<Listening, "address" | "port" | "close">> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await listen(
      createServer((caller) => converse(caller, resolve)),
      { port },
    );
    try {
      const udp = await listenUdp((message) => answer(message, resolve, "udp"), { port: tcp.port });
      return {
        address: tcp.address,
        port: tcp.port,
        close: async () => void (await Promise.all([tcp.close(), udp.close()])),
      };
    } catch (error) {
      await tcp.close();
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

/** By TCP each message has its length before it; a caller may send several. (RFC 1035, 4.2.2) */
function converse(caller: Socket, resolve: (name: string, type: string) => DnsReply): void {
  let received = Buffer.alloc(0);
  caller.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const said = answer(received.subarray(2, end), resolve, "tcp");
      received = received.subarray(end);
      if (!said) return void caller.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(said.length);
      caller.write(Buffer.concat([length, said]));
      // Whoever makes no sense would go on for ever.
      if (makesNoSense(said)) return void caller.destroySoon();
    }
  });
}

function makesNoSense(said: Buffer): boolean {
  const code = said.readUInt16BE(2) & 0xf;
  return code === CODES.FORMERR || code === CODES.NOTIMP;
}

/** Undefined: it is nothing that can be answered. */
function answer(
  message: Buffer,
  resolve: (name: string, type: string) => DnsReply,
  by: "udp" | "tcp",
): Buffer | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  const isAnswer = flags >= 0x8000;
  if (isAnswer) return undefined;
  const base = { id: message.readUInt16BE(0), flags: flags & (OPCODE | RECURSION_DESIRED) };
  if ((flags & OPCODE) !== 0) return encoded(base, CODES.NOTIMP);
  const query = decoded(message);
  const [question, ...others] = query?.questions ?? [];
  if (!query || !question || others.length > 0) return encoded(base, CODES.FORMERR);
  const asked = { ...base, questions: [question], ...edns(query) };
  try {
    return fitted(asked, replyTo(question, resolve), by === "tcp" ? 0xffff : bytesFor(query));
  } catch (error) {
    console.error(error);
    return encoded(asked, CODES.SERVFAIL);
  }
}

function replyTo({ name, type, class: kind }: Question, resolve: (name: string, type: string) => DnsReply): DnsReply {
  const isTransfer = type === "AXFR" || type === "IXFR";
  if (kind !== "IN" || isTransfer) return { status: "REFUSED", answers: [], authorities: [], isAuthoritative: false };
  return resolve(name, type);
}

/** By UDP a long answer is cut off, and the client asks again by TCP. */
function fitted(asked: Packet, { status, answers, authorities, isAuthoritative }: DnsReply, most: number): Buffer {
  const flags = (asked.flags ?? 0) | (isAuthoritative ? AUTHORITATIVE : 0);
  const whole = encoded({ ...asked, flags, answers: [...answers], authorities: [...authorities] }, CODES[status]);
  return whole.length <= most ? whole : encoded({ ...asked, flags: flags | TRUNCATED }, CODES[status]);
}

function encoded(packet: Packet, code: number): Buffer {
  return dnsPacket.encode({ ...packet, type: "response", flags: (packet.flags ?? 0) | code });
}

function decoded(message: Buffer): Packet | undefined {
  try {
    return dnsPacket.decode(message);
  } catch {
    return undefined;
  }
}

/** Whoever says how much it takes is told the same. (RFC 6891) */
function edns({ additionals = [] }: Packet): Pick<Packet, "additionals"> {
  if (!additionals.some(({ type }) => type === "OPT")) return {};
  const opt = { type: "OPT", name: ".", udpPayloadSize: MOST_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0 };
  return { additionals: [{ ...opt, flag_do: false, options: [] } as unknown as Answer] };
}

function bytesFor({ additionals = [] }: Packet): number {
  const opt = additionals.find(({ type }) => type === "OPT") as { udpPayloadSize?: number } | undefined;
  return Math.min(MOST_BYTES, Math.max(USUAL_BYTES, opt?.udpPayloadSize ?? USUAL_BYTES));
}
