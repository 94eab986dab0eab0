import { DatabaseError } from "../database-error.ts";

/** PostgreSQL could not be started. */
export class PostgresError extends DatabaseError {
  override readonly name = "PostgresError";
}

/** Finds the words that say why a server ended, or could not start, in what it wrote. */
export function reasonIn(lines: readonly string[]): string | undefined {
  const isWorst = (line: string) => /\b(PANIC|FATAL):/.test(line);
  const at = lines.findLastIndex(isWorst);
  const worst = lines[at] ?? lines.findLast((line) => /error:/i.test(line));
  const reason = worst?.replace(/^.*?\b(PANIC|FATAL|ERROR|error): +/, "");
  const detail = at < 0 ? undefined : /\bDETAIL: +(.*)/.exec(lines[at + 1] ?? "")?.[1];
  return detail === undefined ? reason : `${reason}: ${detail}`;
}

/** The error of a server that could not start, in its own words. */
export function startFailed(home: string, port: number | undefined, lines: readonly string[]): PostgresError {
  const reason = reasonIn(lines) ?? (lines.join(" ").trim() || "it ended without a word");
  const why = `PostgreSQL could not be started: ${reason}`;
  if (lines.some((line) => line.includes("No space left on device"))) {
    return new PostgresError(why, `The disk that holds ${home} is full. Make room and try again: nothing is lost.`);
  }
  if (lines.some((line) => line.includes("Address already in use") || line.includes("could not bind"))) {
    return new PostgresError(
      `PostgreSQL could not be started: port ${port} of 127.0.0.1 is taken.`,
      `End what listens on port ${port}, or choose another port.`,
    );
  }
  return new PostgresError(why, `Its files are in ${home}.`);
}
