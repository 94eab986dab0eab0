import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { ScopeFile } from "./scope.ts";

/** Functions of `node:fs` that write, with the positions of the paths that they write to. */
const WRITING: Readonly<Record<string, readonly number[]>> = {
  appendFile: [0],
  chmod: [0],
  chown: [0],
  copyFile: [1],
  cp: [1],
  lchown: [0],
  link: [1],
  lutimes: [0],
  mkdir: [0],
  mkdtemp: [0],
  open: [0],
  rename: [0, 1],
  rm: [0],
  rmdir: [0],
  symlink: [1],
  truncate: [0],
  unlink: [0],
  utimes: [0],
  writeFile: [0],
};

type Call = (...args: unknown[]) => unknown;

/** Refuses a Node process of a container to write into what is mounted for reading alone. */
export function installReadOnly(folders: ScopeFile["writing"]): void {
  if (folders.length === 0) return;
  const refusal = (name: string, args: readonly unknown[]) => {
    if (name === "open" && !opensForWriting(args[1])) return undefined;
    const path = WRITING[name]
      ?.map((at) => pathOf(args[at]))
      .find((one) => one !== undefined && isReadOnly(one, folders));
    return path === undefined ? undefined : readOnlyError(name, path);
  };
  const [sync, promises] = [fs as unknown as Record<string, Call>, fs.promises as unknown as Record<string, Call>];
  for (const name of Object.keys(WRITING)) {
    change(sync, `${name}Sync`, (real) => (...args) => {
      const error = refusal(name, args);
      if (error) throw error;
      return real(...args);
    });
    change(sync, name, (real) => (...args) => {
      const error = refusal(name, args);
      const done = args.at(-1);
      if (!error || typeof done !== "function") return real(...args);
      return process.nextTick(done as Call, error);
    });
    change(promises, name, (real) => (...args) => {
      const error = refusal(name, args);
      return error ? Promise.reject(error) : real(...args);
    });
  }
  syncBuiltinESMExports();
}

function change(module: Record<string, Call>, name: string, by: (real: Call) => Call): void {
  const real = module[name];
  if (real) module[name] = by(real);
}

function opensForWriting(flags: unknown): boolean {
  if (typeof flags === "number")
    return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0;
  return typeof flags === "string" && /[wa+]/.test(flags);
}

/** Undefined: it is the descriptor of a file that is open already. */
function pathOf(value: unknown): string | undefined {
  if (typeof value === "string") return resolve(value);
  if (Buffer.isBuffer(value)) return resolve(value.toString());
  return value instanceof URL ? fileURLToPath(value) : undefined;
}

/** The innermost folder decides. */
function isReadOnly(path: string, folders: ScopeFile["writing"]): boolean {
  const around = folders.filter(({ folder }) => path === folder || path.startsWith(folder + sep));
  const [innermost] = around.sort((a, b) => b.folder.length - a.folder.length);
  return innermost?.readOnly ?? false;
}

function readOnlyError(syscall: string, path: string): NodeJS.ErrnoException {
  const error = new Error(`EROFS: read-only file system, ${syscall} '${path}'`);
  return Object.assign(error, { errno: -30, code: "EROFS", syscall, path });
}
