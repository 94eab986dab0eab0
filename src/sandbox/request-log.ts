import { open, rename, stat } from "node:fs/promises";
import type { LogEntry } from "./wire/endpoint.ts";

/** A log that is larger than this when a sandbox starts is put aside, replacing the one put aside before. */
const LARGEST_LOG = 5 * 1024 * 1024;

/** Writes what happens, a line each, and never what was sent. */
export interface RequestLog {
  request(entry: LogEntry): void;
  note(text: string): void;
  /** Ends the log once everything is written. */
  close(): Promise<void>;
}

/** Opens the log of a sandbox, readable by its user only. A line that the disk has no room for is left out. */
export async function openLog(path: string): Promise<RequestLog> {
  await putAside(path);
  const file = await open(path, "a", 0o600);
  let written: Promise<void> = Promise.resolve();
  const write = (text: string) => {
    const line = `${new Date().toISOString()} ${text}\n`;
    written = written.then(() => file.appendFile(line)).catch(() => {});
  };
  return {
    request: (entry) => write(describe(entry)),
    note: write,
    close: () => written.then(() => file.close()),
  };
}

async function putAside(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LARGEST_LOG) await rename(path, `${path}.1`);
}

function describe({ service, operation, status, milliseconds, requestId, by, error, fate, defect }: LogEntry): string {
  const line = `${status} ${service} ${operation} ${milliseconds.toFixed(1)} ms ${requestId}`;
  const details = [
    by && `by ${by}`,
    error,
    fate === "drop" ? "response dropped" : fate === "hang" ? "response withheld" : undefined,
  ];
  const stack = defect instanceof Error ? `\n${defect.stack}` : "";
  return [line, ...details.filter((text) => text !== undefined)].join(" ") + stack;
}
