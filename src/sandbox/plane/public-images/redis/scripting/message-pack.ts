import { Failure } from "../protocol.ts";
import type { Plain } from "./values.ts";

/** A value in MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), texts as bytes. */
export function pack(plain: Plain): Buffer {
  if (plain === null) return Buffer.from([0xc0]);
  if (typeof plain === "boolean") return Buffer.from([plain ? 0xc3 : 0xc2]);
  if (typeof plain === "number") return packNumber(plain);
  if (plain instanceof Uint8Array) return Buffer.concat([head(plain.length, 0xa0, 31, 0xd9), plain]);
  if (plain instanceof Map) {
    return Buffer.concat([head(plain.size, 0x80, 15, 0xdd), ...[...plain].flat().map(pack)]);
  }
  const items = plain as readonly Plain[];
  return Buffer.concat([head(items.length, 0x90, 15, 0xdb), ...items.map(pack)]);
}

/** How long something is: in the first byte if it fits there (`short`), else in two or four more (those of maps and lists have none of one). */
function head(length: number, short: number, most: number, long: number): Buffer {
  if (length <= most) return Buffer.from([short | length]);
  if (length < 0x100 && long === 0xd9) return Buffer.from([long, length]);
  const bytes = Buffer.alloc(length < 0x10000 ? 3 : 5);
  bytes[0] = length < 0x10000 ? long + 1 : long + 2;
  if (length < 0x10000) bytes.writeUInt16BE(length, 1);
  else bytes.writeUInt32BE(length, 1);
  return bytes;
}

function packNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= -32 && value < 128) return Buffer.from([value & 0xff]);
  const bytes = Buffer.alloc(9);
  bytes[0] = Number.isSafeInteger(value) ? 0xd3 : 0xcb;
  if (Number.isSafeInteger(value)) bytes.writeBigInt64BE(BigInt(value), 1);
  else bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** The first value of these bytes. @throws Failure where they end too early, or are none */
export function unpack(bytes: Uint8Array): Plain {
  try {
    return new Reader(Buffer.from(bytes)).value();
  } catch (error) {
    if (error instanceof RangeError) throw new Failure("ERR Missing bytes in input.");
    throw error;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): Plain {
    const code = this.#number(1);
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 15);
    if (code < 0xa0) return this.#list(code & 15);
    if (code < 0xc0) return this.#text(code & 31);
    if (code >= 0xe0) return code - 0x100;
    if (code >= 0xc4 && code <= 0xc6) return this.#text(this.#number(1 << (code - 0xc4)));
    if (code >= 0xcc && code <= 0xcf) return this.#number(1 << (code - 0xcc));
    if (code >= 0xd0 && code <= 0xd3) return this.#signed(1 << (code - 0xd0));
    if (code >= 0xd9 && code <= 0xdb) return this.#text(this.#number(1 << (code - 0xd9)));
    const long: Partial<Record<number, () => Plain>> = {
      192: () => null,
      194: () => false,
      195: () => true,
      202: () => this.#take(4).readFloatBE(),
      203: () => this.#take(8).readDoubleBE(),
      220: () => this.#list(this.#number(2)),
      221: () => this.#list(this.#number(4)),
      222: () => this.#map(this.#number(2)),
      223: () => this.#map(this.#number(4)),
    };
    const read = long[code];
    if (!read) throw new Failure("ERR Bad data format in input.");
    return read();
  }

  #take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new RangeError("beyond the end");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #number(size: number): number {
    return size === 8 ? Number(this.#take(8).readBigUInt64BE()) : this.#take(size).readUIntBE(0, size);
  }

  #signed(size: number): number {
    return size === 8 ? Number(this.#take(8).readBigInt64BE()) : this.#take(size).readIntBE(0, size);
  }

  #text(size: number): Uint8Array {
    return this.#take(size);
  }

  #list(size: number): Plain {
    return Array.from({ length: size }, () => this.value());
  }

  #map(size: number): Plain {
    return new Map(Array.from({ length: size }, (): [Plain, Plain] => [this.value(), this.value()]));
  }
}
