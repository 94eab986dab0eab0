import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

/** Command lines of the processes below a process, at any depth. Needs `ps`, so not on Windows. */
export async function descendantsOf(pid: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat=,args="]);
  const rows = stdout
    .split("\n")
    .flatMap((line) => {
      const [, id, parent, state = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return id === undefined ? [] : [{ id: Number(id), parent: Number(parent), state, command }];
    })
    .filter(({ state }) => !state.startsWith("Z"));
  const below = (parent: number): string[] =>
    rows.filter((row) => row.parent === parent).flatMap(({ id, command }) => [command, ...below(id)]);
  return below(pid);
}

/** Addresses (`IP:PORT` in the kernel's hex) that a process listens on. Needs `/proc`, so on Linux only. */
export async function listenersOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
  const sockets = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")));
  const rows = tables.flatMap((table) => table.trim().split("\n").slice(1)).map((row) => row.trim().split(/\s+/));
  return rows.flatMap(([, address = "", , state, , , , , , inode = ""]) =>
    state === LISTENING && sockets.has(inode) ? [address] : [],
  );
}

/** TCP_LISTEN in `/proc/net/tcp`. */
const LISTENING = "0A";
