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
  const entries = await listFiles(folder);
  // Its default export, because a bundle of a CommonJS module has no other.
  const { default: tarStream } = await import("tar-stream");
  const tar = tarStream.pack();
  const whole = collect(tar);
  for (const { name, link, executable } of entries) {
    if (link !== undefined) tar.entry({ name, type: "symlink", linkname: link, mtime: NO_DATE });
    else tar.entry({ name, mode: executable ? 0o755 : 0o644, mtime: NO_DATE }, await readFile(path.join(folder, name)));
  }
  tar.finalize();
  const bytes = await whole;
  return { hash: createHash("sha256").update(bytes).digest("hex"), files: entries.map(({ name }) => name), tar: bytes };
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

interface Entry {
  readonly name: string;
  readonly executable: boolean;
  /** Of a symbolic link. */
  readonly link?: string;
}

async function listFiles(folder: string): Promise<Entry[]> {
  const ignored = await ignoredIn(folder);
  const entries: Entry[] = [];
  let bytes = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      const full = path.join(folder, name);
      if (entry.isDirectory()) {
        if (!ignored.below(name)) await walk(name);
      } else if (ignored.file(name)) continue;
      else if (entry.isSymbolicLink()) {
        const link = (await readlink(full)).replaceAll(path.sep, "/");
        entries.push({ name, executable: false, link });
      } else if (entry.isFile()) {
        const { mode, size } = await stat(full);
        entries.push({ name, executable: (mode & 0o100) !== 0 });
        bytes += size;
        if (bytes > MOST_BYTES) throw tooMuch(folder);
      }
    }
  };
  await walk("").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new Explained(
      `the app's source is not there: ${folder} is no folder`,
      "Correct app.source in the variables: a folder, as a path from their file, or { git, ref }.",
    );
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
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

function tooMuch(folder: string): Explained {
  return new Explained(
    `the app's source is too large to travel: ${folder} holds more than ${MOST_BYTES / 2 ** 20} MB`,
    "Leave out in its .dockerignore what images are not made from, or let app.source name a git repository.",
  );
}
