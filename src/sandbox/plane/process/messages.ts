import type { Socket } from "node:net";
import type { FromProcess } from "./inside/scope.ts";

/** Longer than any message. */
const LONGEST_LINE = 1_000;

/**
 * Calls the listener with each message that comes in. Anybody on this computer can connect: what is no message, and a line
 * that does not end, is cut off.
 */
export function readMessages(socket: Socket, listener: (message: FromProcess) => void): void {
  let rest = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = socket.destroyed ? undefined : messageIn(line);
      if (message) listener(message);
      else return void socket.destroy();
    }
    if (rest.length > LONGEST_LINE) socket.destroy();
  });
}

/** Undefined: it is none. */
function messageIn(line: string): FromProcess | undefined {
  if (line.length > LONGEST_LINE) return undefined;
  try {
    const { token, pid, rss, cpu, listens, on, at } = JSON.parse(line) as Record<string, unknown>;
    if (typeof token === "string" && isNumber(pid)) return { token, pid };
    if (isNumber(rss) && isNumber(cpu)) return { rss, cpu };
    if (!isNumber(listens) || !isNumber(on)) return undefined;
    return at === "all" || at === "loopback" || at === "address" ? { listens, on, at } : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
