import type { FsStat } from "just-bash";
import type { UserFileSystem } from "../file-system.ts";

/** The machine's disk as isomorphic-git wants it: what it uses of `node:fs/promises`. */
export function gitFileSystem(fs: UserFileSystem) {
  type Encoding = { encoding?: string } | string | undefined;
  return {
    promises: {
      async readFile(path: string, options: Encoding) {
        const bytes = await fs.readFileBuffer(path);
        const encoding = typeof options === "string" ? options : options?.encoding;
        return encoding === undefined ? bytes : Buffer.from(bytes).toString("utf8");
      },
      async writeFile(path: string, content: string | Uint8Array, options?: { mode?: number }) {
        await fs.writeFile(path, content);
        if (typeof options === "object" && options.mode !== undefined) await fs.chmod(path, options.mode & ~fs.umask);
      },
      mkdir: (path: string) => fs.mkdir(path),
      rmdir: (path: string) => fs.rm(path),
      unlink: (path: string) => fs.rm(path),
      rm: (path: string, options?: { recursive?: boolean; force?: boolean }) => fs.rm(path, options),
      readdir: (path: string) => fs.readdir(path),
      readlink: (path: string) => fs.readlink(path),
      symlink: (target: string, path: string) => fs.symlink(target, path),
      stat: async (path: string) => statsOf(await fs.stat(path), fs.node(path)),
      lstat: async (path: string) => statsOf(await fs.lstat(path), fs.node(path, "lstat", false)),
    },
  };
}

function statsOf(stat: FsStat, { uid, gid, kind }: { uid: number; gid: number; kind: string }) {
  const type = { file: 0o100000, directory: 0o40000, link: 0o120000 }[kind] ?? 0;
  return {
    type: kind,
    mode: type | stat.mode,
    size: stat.size,
    ino: stat.ino ?? 0,
    dev: 1,
    uid,
    gid,
    mtimeMs: stat.mtime.getTime(),
    ctimeMs: stat.mtime.getTime(),
    isFile: () => stat.isFile,
    isDirectory: () => stat.isDirectory,
    isSymbolicLink: () => stat.isSymbolicLink,
  };
}
