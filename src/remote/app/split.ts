import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Explained } from "../../engine/errors.ts";
import type { Pack } from "./pack.ts";

/**
 * Bytes of an archive that travel in one command, 40,000 characters of base64. A document with its parameters filled in
 * may have 64 KB (SSM, SendCommand: MaxDocumentSizeExceeded), of which the script around them takes some.
 */
export const PART_BYTES = 30_000;
/** Commands that a transfer may take; SSM allows few SendCommand calls a second, and each runs on the machine. */
const MOST_PARTS = 40;

/** A pack cut into pieces, each of which fits into one command. */
export interface Parts {
  /** Base64, in order; at least one. */
  readonly parts: readonly string[];
  /** Of the compressed archive that they are the parts of. */
  readonly bytes: number;
  /** SHA-256 of that archive, in hex. */
  readonly hash: string;
}

/** @throws {Explained} it would take too many commands */
export function split({ tar }: Pick<Pack, "tar">): Parts {
  const archive = gzipSync(tar, { level: 9 });
  const count = Math.max(1, Math.ceil(archive.length / PART_BYTES));
  if (count > MOST_PARTS) {
    const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    throw new Explained(
      `the app's source is too large to travel: ${size(archive.length)} packed, of at most ${size(MOST_PARTS * PART_BYTES)}`,
      "Leave out in its .dockerignore what images are not made from, or let app.source name a git repository.",
    );
  }
  const parts = Array.from({ length: count }, (_, index) =>
    archive.subarray(index * PART_BYTES, (index + 1) * PART_BYTES).toString("base64"),
  );
  return { parts, bytes: archive.length, hash: createHash("sha256").update(archive).digest("hex") };
}
