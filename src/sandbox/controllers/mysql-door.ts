import type { Behind } from "./database-door.ts";
import { type Forward, lead, receive } from "./forward.ts";

/** ER_UNKNOWN_ERROR of MySQL, whose text is any. */
const UNKNOWN_ERROR = 1105;

/**
 * Listens for a MySQL server that may not run yet. The server speaks first, so everybody is let in to it, and it lets go within
 * seconds of those who do not answer. Where there is no server to be had, the client is told why.
 *
 * @throws as `forward`
 */
export function openMysqlDoor(address: string, port: number, behind: Pick<Behind, "start">): Promise<Forward> {
  return receive(address, port, (caller, admit) => {
    admit();
    behind.start().then(
      (to) => lead(caller, to),
      (error) => caller.end(refusal(error)),
    );
  });
}

/** In place of a greeting: there the error has no SQL state (MySQL's documentation, ERR_Packet). */
function refusal(error: unknown): Buffer {
  const { message, next = "" } = error as Error & { next?: string };
  const words = Buffer.from(`bia-infra sandbox: ${message} ${next}`.trim());
  const head = Buffer.alloc(7);
  head.writeUIntLE(words.length + 3, 0, 3);
  head[4] = 0xff;
  head.writeUInt16LE(UNKNOWN_ERROR, 5);
  return Buffer.concat([head, words]);
}
