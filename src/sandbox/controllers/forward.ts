import { connect, createServer, type Socket } from "node:net";
import { type Listening, LOCALHOST, listen } from "../plane/listen.ts";

/** A port that leads to another one of this computer. */
export type Forward = Omit<Listening, "admit">;

/** Two connections of this process for each caller: an app under load needs fewer, and there is a limit on open files. */
const MOST_CALLERS = 500;

/**
 * Leads TCP connections from an address and port to a port of 127.0.0.1. Who may use what is there is for the server
 * behind to judge.
 *
 * @param port 0: any free one
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function forward(address: string, port: number, to: number): Promise<Forward> {
  return receive(address, port, (caller, admit) => {
    admit();
    lead(caller, to);
  });
}

/**
 * Listens at an address and port, and lets `judge` decide on each caller. It is a stranger, and cut off after some
 * seconds, until `admit` is called.
 *
 * @throws as `forward`
 */
export async function receive(
  address: string,
  port: number,
  judge: (caller: Socket, admit: () => void) => void,
): Promise<Forward> {
  const server = createServer({ allowHalfOpen: true }, (caller) => judge(caller, () => listening.admit(caller)));
  const listening = await listen(server, { address, port, most: MOST_CALLERS });
  return listening;
}

/** Connects a caller with a port of 127.0.0.1; whoever is at the other end finds its connection reset when one is. */
export function lead(caller: Socket, to: number): void {
  if (caller.destroyed) return;
  const target = connect({ port: to, host: LOCALHOST, allowHalfOpen: true });
  target.on("error", () => {});
  for (const [one, other] of [
    [caller, target],
    [target, caller],
  ] as const) {
    one.pipe(other);
    one.once("close", () => {
      const isComplete = one.readableEnded && one.writableFinished;
      if (!isComplete) other.destroy();
    });
  }
}
