import { DatabaseError } from "../database-error.ts";

/** MySQL could not be started. */
export class MysqlError extends DatabaseError {
  override readonly name = "MysqlError";
}

/** Finds the words that say why a server ended, or could not start, in what it wrote. */
export function reasonIn(lines: readonly string[]): string | undefined {
  // The last one says that it aborts, the first one why.
  const first = lines.find((line) => /\[ERROR\]|^(ERROR|FATAL):/.test(line));
  return first?.replace(/^.*?(\[ERROR\]|ERROR:|FATAL:)\s+/, "");
}

/** The error of a server that could not start, in its own words. */
export function startFailed(home: string, lines: readonly string[]): MysqlError {
  const why = `MySQL could not be started: ${reasonIn(lines) ?? (lines.join(" ").trim() || "it ended without a word")}`;
  if (lines.some((line) => /No space left on device|Disk is full/i.test(line))) {
    return new MysqlError(why, `The disk that holds ${home} is full. Make room and try again: nothing is lost.`);
  }
  return new MysqlError(why, `Its files are in ${home}.`);
}
