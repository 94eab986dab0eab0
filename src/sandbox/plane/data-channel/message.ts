import { createHash, randomUUID } from "node:crypto";

/** What a message of a data channel carries (session-manager-plugin, src/message/clientmessage.go, PayloadType). */
export const PAYLOAD = {
  output: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  flag: 10,
} as const;

/** A message of Session Manager's data channels. */
export interface Message {
  /** E.g. `output_stream_data`. */
  readonly type: string;
  readonly sequence: number;
  readonly payloadType: number;
  readonly payload: Buffer;
  readonly id: string;
}

/** Where the header's parts begin, in bytes; numbers are big-endian (the same file). */
const AT = {
  type: 4,
  schema: 36,
  created: 40,
  sequence: 48,
  flags: 56,
  id: 64,
  digest: 80,
  payloadType: 112,
  length: 116,
};
const HEADER = 120;

/** A message as it is sent, with an id of its own. */
export function encoded({ type, sequence, payloadType, payload }: Omit<Message, "id">): Buffer {
  const bytes = Buffer.alloc(HEADER + payload.length);
  bytes.writeUInt32BE(AT.length, 0);
  bytes.write(type.padEnd(AT.schema - AT.type), AT.type);
  bytes.writeUInt32BE(1, AT.schema);
  bytes.writeBigUInt64BE(BigInt(Date.now()), AT.created);
  bytes.writeBigInt64BE(BigInt(sequence), AT.sequence);
  const id = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
  // The second half comes first.
  id.copy(bytes, AT.id, 8);
  id.copy(bytes, AT.id + 8, 0, 8);
  createHash("sha256").update(payload).digest().copy(bytes, AT.digest);
  bytes.writeUInt32BE(payloadType, AT.payloadType);
  bytes.writeUInt32BE(payload.length, AT.length);
  payload.copy(bytes, HEADER);
  return bytes;
}

/** Undefined: it is no message. The digest is not looked at: there are clients that write another into it, and AWS takes them. */
export function decoded(bytes: Buffer): Message | undefined {
  if (bytes.length < HEADER) return undefined;
  const payload = bytes.subarray(bytes.readUInt32BE(0) + 4);
  const id = Buffer.concat([bytes.subarray(AT.id + 8, AT.digest), bytes.subarray(AT.id, AT.id + 8)]).toString("hex");
  return {
    type: bytes.toString("utf8", AT.type, AT.schema).replaceAll("\0", "").trim(),
    sequence: Number(bytes.readBigInt64BE(AT.sequence)),
    payloadType: bytes.readUInt32BE(AT.payloadType),
    payload,
    id: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
  };
}
