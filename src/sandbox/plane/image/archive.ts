import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ContextEntry } from "../image.ts";
import { ImageError } from "./error.ts";

/** A file or folder of an archive. */
export interface ArchivedEntry {
  readonly entry: ContextEntry;
  readonly content?: Uint8Array;
}

/** What archives begin with: those that ADD unpacks (https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives). */
const GZIP = Buffer.from([0x1f, 0x8b]);
const OTHERS: readonly (readonly [name: string, magic: Buffer])[] = [
  ["bzip2", Buffer.from("BZh")],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a])],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/**
 * What is in a tar archive, which may be packed with gzip.
 *
 * @returns undefined: the file is none
 * @throws ImageError for one that is packed with anything else
 */
export async function unarchived(path: string, content: Uint8Array): Promise<ArchivedEntry[] | undefined> {
  const bytes = Buffer.from(content);
  const other = OTHERS.find(([, magic]) => bytes.subarray(0, magic.length).equals(magic));
  if (other) throw new ImageError(`ADD ${path}: archives packed with ${other[0]} are not emulated by the sandbox`);
  const isPacked = bytes.subarray(0, 2).equals(GZIP);
  if (!isPacked && bytes.subarray(257, 262).toString("latin1") !== "ustar") return undefined;
  const { extract } = (await import("tar-stream")).default;
  const entries = extract();
  const source = Readable.from([bytes]);
  const input = isPacked ? source.pipe(createGunzip()) : source;
  input.on("error", (error) => entries.destroy(error));
  input.pipe(entries);
  const found: ArchivedEntry[] = [];
  try {
    for await (const part of entries) {
      const { name, type, mode = 0o644, mtime, linkname } = part.header;
      const chunks: Buffer[] = [];
      for await (const chunk of part) chunks.push(chunk as Buffer);
      const common = {
        path: name.replace(/^(\.?\/)+|\/+$/g, ""),
        mode,
        modified: Math.floor((mtime?.getTime() ?? 0) / 1000),
      };
      if (common.path === "" || common.path.split("/").includes("..")) continue;
      if (type === "directory") found.push({ entry: { ...common, type } });
      else if (type === "symlink") found.push({ entry: { ...common, type, target: linkname ?? "" } });
      else if (type === "file") found.push({ entry: { ...common, type }, content: Buffer.concat(chunks) });
    }
  } catch {
    // A file that only begins as one is copied as it is, as docker does.
    return undefined;
  }
  return found;
}
