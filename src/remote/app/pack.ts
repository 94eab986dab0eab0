import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import path from "node:path";
import { Explained } from "../../engine/errors.ts";

/** A folder as it travels. */
export interface Pack {
  /** SHA-256 of the tar, in hex: the same files give the same hash, on every system and with every version of Node. */
  readonly hash: string;
  /** Paths of its files, with `/`, in order. */
  readonly files: readonly string[];
  /** Those that take most, as a person reads them, e.g. `photos/1.png (1.9 MB)`. */
  readonly largest: readonly string[];
  readonly folder: string;
  /** Files called `.env` and the like, which stay where they are. */
  readonly leftBehind: readonly string[];
  /** Not compressed. */
  readonly tar: Buffer;
}

/** Never travels: what is made anew on the machine, git's own data, and secrets (Run Command keeps what it was sent). */
const NEVER = [".git", "**/node_modules", "dist", ".postgres", "**/.env", "**/.env.*"];
/** Travels although `.dockerignore` leaves it out: images are not made from these but with them. */
const ALWAYS = [
  "Dockerfile",
  ".dockerignore",
  "compose.yml",
  "compose.yaml",
  "docker-compose.yml",
  "docker-compose.yaml",
];
/** Bytes of files above which a folder is surely not what was meant. */
const MOST_BYTES = 64 * 2 ** 20;
/** A date that tar takes without a warning and that says nothing, as in packages from npm. */
const NO_DATE = new Date("1985-10-26T08:15:00Z");

/**
 * Packs a folder: every file that docker could build from, without what `.dockerignore` leaves out. Owner, date and
 * everything of the permissions but `x` is left behind, so that the hash is about the content alone.
 *
 * @throws {Explained} there is no such folder, or it holds too much
 */
export async function pack(folder: string): Promise<Pack> {
  const { entries, leftBehind } = await listFiles(folder);
  // Its default export, because a bundle of a CommonJS module has no other.
  const { default: tarStream } = await import("tar-stream");
  const tar = tarStream.pack();
  const whole = collect(tar);
  const unreadable = (name: string) => (error: NodeJS.ErrnoException) => {
    throw cannotRead(path.join(folder, name), error);
  };
  for (const { name, link, executable } of entries) {
    if (link !== undefined) tar.entry({ name, type: "symlink", linkname: link, mtime: NO_DATE });
    else
      tar.entry(
        { name, mode: executable ? 0o755 : 0o644, mtime: NO_DATE },
        await readFile(path.join(folder, name)).catch(unreadable(name)),
      );
  }
  tar.finalize();
  const bytes = await whole;
  return {
    hash: createHash("sha256").update(bytes).digest("hex"),
    files: entries.map(({ name }) => name),
    largest: largestOf(entries),
    folder,
    leftBehind,
    tar: bytes,
  };
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

interface Entry {
  readonly name: string;
  readonly executable: boolean;
  /** Bytes. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly link?: string;
}

async function listFiles(folder: string): Promise<{ entries: Entry[]; leftBehind: string[] }> {
  const ignored = await ignoredIn(folder);
  const entries: Entry[] = [];
  const leftBehind: string[] = [];
  let bytes = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      const full = path.join(folder, name);
      if (entry.isDirectory()) {
        if (!ignored.below(name)) await walk(name);
      } else if (ignored.file(name)) {
        if (/^\.env(\.|$)/.test(entry.name)) leftBehind.push(name);
      } else if (entry.isSymbolicLink()) {
        const link = (await readlink(full)).replaceAll(path.sep, "/");
        if (leadsOut(name, link)) throw linkOut(folder, name, link);
        entries.push({ name, executable: false, size: 0, link });
      } else if (entry.isFile()) {
        const { mode, size } = await stat(full);
        entries.push({ name, executable: (mode & 0o100) !== 0, size });
        bytes += size;
        if (bytes > MOST_BYTES)
          throw tooLarge(folder, `more than ${MOST_BYTES / 2 ** 20} MB of files`, largestOf(entries));
      }
    }
  };
  await walk("").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES" || error.code === "EPERM") throw cannotRead(error.path ?? folder, error);
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new Explained(
      `the app's source is not there: ${folder} is no folder`,
      "Correct app.source in the variables: a folder, as a path from their file, or { git, ref }.",
    );
  });
  return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), leftBehind };
}

interface Ignored {
  file(name: string): boolean;
  /** True when nothing in the folder can be of use. */
  below(name: string): boolean;
}

async function ignoredIn(folder: string): Promise<Ignored> {
  const { default: module } = await import("@balena/dockerignore");
  // Its types describe an ES module, and it is a CommonJS one whose only export is the function.
  const dockerignore = module as unknown as typeof module.default;
  const written = await readFile(path.join(folder, ".dockerignore"), "utf8").catch(() => "");
  const lines = written.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const options = { ignorecase: false };
  const never = dockerignore(options).add([...NEVER]);
  const chosen = dockerignore(options).add([...lines, ...ALWAYS.map((name) => `!${name}`)]);
  const exceptions = lines.some((line) => line.trim().startsWith("!"));
  return {
    file: (name) => never.ignores(name) || chosen.ignores(name),
    below: (name) => never.ignores(name) || (!exceptions && chosen.ignores(name)),
  };
}

/** A link is of use on the machine only as long as it stays within what travels. */
function leadsOut(name: string, link: string): boolean {
  if (path.posix.isAbsolute(link) || path.win32.isAbsolute(link)) return true;
  return path.posix.normalize(path.posix.join(path.posix.dirname(name), link)).startsWith("..");
}

function linkOut(folder: string, name: string, link: string): Explained {
  return new Explained(
    `the app's source has a link that leads out of it: ${name} in ${folder} leads to ${link}`,
    "Put what it leads to into the folder, or name the link in its .dockerignore.",
  );
}

function cannotRead(file: string, { code, message }: NodeJS.ErrnoException): Explained {
  return new Explained(
    `the app's source cannot be read: ${file} (${code ?? message})`,
    "Allow your user to read it, or name it in the folder's .dockerignore.",
  );
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function largestOf(entries: readonly Entry[]): string[] {
  const bySize = [...entries].sort((one, other) => other.size - one.size);
  return bySize.slice(0, 5).map(({ name, size }) => `${name} (${megabytes(size)})`);
}

/** @param what how much it is, e.g. `7.2 MB packed, of at most 5.7 MB` */
export function tooLarge(folder: string, what: string, largest: readonly string[]): Explained {
  return new Explained(
    `the app's source is too large to travel: ${folder} is ${what}; the largest files are ${largest.join(", ")}`,
    "Name in its .dockerignore what images are not made from, or let app.source be a git repository, { git: URL }: its size does not matter.",
  );
}
