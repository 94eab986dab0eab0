import { createWriteStream, renameSync, statSync } from "node:fs";
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

/** Opens the log of a sandbox, readable by its user only. */
export function openLog(path: string): RequestLog {
  putAside(path);
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  const write = (text: string) => stream.write(`${new Date().toISOString()} ${text}\n`);
  return {
    request: (entry) => write(describe(entry)),
    note: write,
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

function putAside(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG) renameSync(path, `${path}.1`);
}

function describe({ service, operation, status, milliseconds, requestId, error, fate, defect }: LogEntry): string {
  const line = `${status} ${service} ${operation} ${milliseconds.toFixed(1)} ms ${requestId}`;
  const details = [error, fate === "drop" ? "response dropped" : fate === "hang" ? "response withheld" : undefined];
  const stack = defect instanceof Error ? `\n${defect.stack}` : "";
  return [line, ...details.filter((text) => text !== undefined)].join(" ") + stack;
}
