import { createHash, randomBytes, randomInt } from "node:crypto";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A new id as EC2 forms them: `i-0` and 16 more hexadecimal digits. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** An id that is always the same for the same name: those of images and snapshots, which AWS makes and not the account. */
export function stableId(prefix: string, name: string): string {
  return `${prefix}-0${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}

/** A new unique id as IAM forms them: `AROA` (role), `AIPA` (instance profile) ... and 17 letters and digits. */
export function newUniqueId(prefix: string): string {
  return prefix + Array.from({ length: 17 }, () => BASE32[randomInt(BASE32.length)]).join("");
}

/** A unique id of IAM that is always the same for the same name. */
export function stableUniqueId(prefix: string, name: string): string {
  const digest = createHash("sha256").update(name).digest();
  return prefix + Array.from(digest.subarray(0, 17), (byte) => BASE32[byte % BASE32.length]).join("");
}
