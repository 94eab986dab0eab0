import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { constants, freemem } from "node:os";
import path from "node:path";

/**
 * Runs a command whose temporary files are in memory, where there is room: `node memory-disk.js <command> ...`. The tests
 * make and delete many thousands of small files, which is most of what they wait for. Elsewhere, and where somebody has
 * chosen a TMPDIR, the command is just run.
 */

const DISK = "/dev/shm";
const NAME = /^bia-infra-tests-(\d+)-/;
/** More than a run ever has in it. */
const ROOM_BYTES = 4 * 2 ** 30;

const folder = isRoomy() ? makeFolder() : undefined;
const env = folder === undefined ? process.env : { ...process.env, TMPDIR: folder };
// On Windows a command of npm is a script, which only a shell can start.
const child = spawn(process.argv[2] ?? "", process.argv.slice(3), {
  stdio: "inherit",
  env,
  shell: process.platform === "win32",
});
// A terminal has told all of its processes itself; here the folder is still to be deleted.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill());
child.on("error", (error) => {
  throw error;
});
child.on("close", (code, signal) => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
});

function isRoomy() {
  if (process.platform !== "linux" || process.env.TMPDIR) return false;
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .findLast(([, place]) => place === DISK);
  const [, , type, options = ""] = mount ?? [];
  if (type !== "tmpfs" || /\b(ro|noexec)\b/.test(options)) return false;
  const { bavail, bsize } = statfsSync(DISK);
  return Math.min(bavail * bsize, freemem()) >= ROOM_BYTES;
}

/** Open to PostgreSQL's user, who is another one where root runs the tests. What killed runs left is deleted. */
function makeFolder() {
  for (const name of readdirSync(DISK)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(path.join(DISK, name), { recursive: true, force: true });
  }
  const made = mkdtempSync(path.join(DISK, `bia-infra-tests-${process.pid}-`));
  chmodSync(made, 0o755);
  return made;
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
