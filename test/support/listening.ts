import { readdir, readFile, readlink } from "node:fs/promises";

/** A TCP port that a process listens on. */
export interface ListeningPort {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** First word of the process's command line. */
  readonly program: string;
}

/** Ports that a process and all below it listen on, as the kernel says. Needs `/proc`, so on Linux only. */
export async function listeningPortsBelow(pid: number): Promise<ListeningPort[]> {
  const sockets = await listeningSockets();
  const found = await Promise.all([pid, ...(await pidsBelow(pid))].map((one) => portsOf(one, sockets)));
  const ports = found.flat();
  // Processes that were forked share the sockets of their parent.
  return ports.filter((one, index) => ports.findIndex((other) => keyOf(other) === keyOf(one)) === index);
}

/** Processes below a process, at any depth. */
export async function pidsBelow(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "") : "";
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const below = (one: number): number[] =>
    [...parents].filter(([, parent]) => parent === one).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

const keyOf = ({ address, port }: ListeningPort) => `${address}:${port}`;

/** Address and port of every listening socket, by its inode. */
async function listeningSockets(): Promise<Map<string, { address: string; port: number }>> {
  const rows = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n").slice(1);
  const six = (await readFile("/proc/net/tcp6", "utf8").catch(() => "\n")).trim().split("\n").slice(1);
  return new Map(
    [...rows, ...six].flatMap((row) => {
      const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      return state === LISTENING ? [[inode, { address: addressOf(address), port: Number.parseInt(port, 16) }]] : [];
    }),
  );
}

/** TCP_LISTEN. */
const LISTENING = "0A";

/** `0100007F` is 127.0.0.1; of IPv6 it is only said whether it is an address that takes everybody. */
function addressOf(hex: string): string {
  if (hex.length > 8) return /^0+$/.test(hex) ? "::" : `[${hex}]`;
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}

async function portsOf(pid: number, sockets: Map<string, { address: string; port: number }>): Promise<ListeningPort[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
  const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return links.flatMap((link) => {
    const socket = sockets.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "");
    return socket ? [{ ...socket, pid, program }] : [];
  });
}
