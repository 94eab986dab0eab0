import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Pack, tooLarge } from "./pack.ts";

/**
 * Bytes of an archive that travel in one command, 40,000 characters of base64. A document with its parameters filled in
 * may have 64 KB (SSM, SendCommand: MaxDocumentSizeExceeded), of which the script around them takes some.
 */
export const PART_BYTES = 30_000;
/** Commands that a transfer may take: each is sent after the other, and the machine's agent runs five at a time. */
const MOST_PARTS = 200;
/** Bytes of a tar that fits whatever is in it: what cannot be compressed grows by less than a thousandth. */
const FITS_ANYWAY = MOST_PARTS * PART_BYTES * 0.999;

/** A pack cut into pieces, each of which fits into one command. */
export interface Parts {
  /** Base64, in order; at least one. */
  readonly parts: readonly string[];
  /** Of the compressed archive that they are the parts of. */
  readonly bytes: number;
  /** SHA-256 of that archive, in hex. */
  readonly hash: string;
}

type Packed = Pick<Pack, "tar"> & Partial<Pick<Pack, "folder" | "largest">>;

/**
 * Compresses only what may be too large: every look at the app's source comes by here.
 *
 * @throws {Explained} it would take too many commands
 */
export function checkSize(packed: Packed): void {
  if (packed.tar.length > FITS_ANYWAY) split(packed);
}

/** @throws {Explained} it would take too many commands */
export function split({ tar, folder = "it", largest = [] }: Packed): Parts {
  const archive = gzipSync(tar, { level: 9 });
  const count = Math.max(1, Math.ceil(archive.length / PART_BYTES));
  if (count > MOST_PARTS) {
    const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    const most = size(MOST_PARTS * PART_BYTES);
    throw tooLarge(folder, `${size(archive.length)} packed, of at most ${most}`, largest);
  }
  const parts = Array.from({ length: count }, (_, index) =>
    archive.subarray(index * PART_BYTES, (index + 1) * PART_BYTES).toString("base64"),
  );
  return { parts, bytes: archive.length, hash: createHash("sha256").update(archive).digest("hex") };
}
