import { createHash, randomUUID } from "node:crypto";

/** What a message carries (session-manager-plugin, src/message/clientmessage.go, PayloadType). */
export const PAYLOAD = {
  output: 1,
  size: 3,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  encryptionChallenge: 8,
  flag: 10,
} as const;

/** A message of Session Manager's data channels. */
export interface ChannelMessage {
  /** E.g. `input_stream_data`. */
  readonly type: string;
  /** Its number in its stream, from 0. */
  readonly sequence: number;
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** Bytes of the header, with the four that say how long the payload is; numbers are big-endian (the same file). */
const HEADER = 120;

/** A message as it is sent. */
export function toBytes({ type, sequence, payloadType, payload }: ChannelMessage): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(HEADER - 4, 0);
  header.write(type.padEnd(32), 4);
  header.writeUInt32BE(1, 36);
  header.writeBigUInt64BE(BigInt(Date.now()), 40);
  header.writeBigInt64BE(BigInt(sequence), 48);
  // What it is called by is anything that no other message is called.
  header.write(randomUUID().replaceAll("-", ""), 64, "hex");
  createHash("sha256").update(payload).digest().copy(header, 80);
  header.writeUInt32BE(payloadType, 112);
  header.writeUInt32BE(payload.length, 116);
  return Buffer.concat([header, payload]);
}

/** What was received, with the id that an acknowledgement names. Undefined: it is none of these messages. */
export function fromBytes(bytes: Buffer): (ChannelMessage & { readonly id: string }) | undefined {
  if (bytes.length < HEADER) return undefined;
  // The id's halves are sent in turned order.
  const digits = bytes.toString("hex", 72, 80) + bytes.toString("hex", 64, 72);
  return {
    type: bytes.toString("utf8", 4, 36).replaceAll("\0", "").trim(),
    sequence: Number(bytes.readBigInt64BE(48)),
    payloadType: bytes.readUInt32BE(112),
    payload: bytes.subarray(bytes.readUInt32BE(0) + 4),
    id: digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
  };
}
