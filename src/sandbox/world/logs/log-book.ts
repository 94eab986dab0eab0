import { createHash } from "node:crypto";
import type { Shelf } from "./shelf.ts";

/** Bytes after which a stream's next events begin a new file. */
const SEGMENT = 256 * 1024;

/** An event as somebody sends it. */
export interface SentEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** An event as it is kept. */
export interface LogEvent extends SentEvent {
  /** 56 digits, as AWS's. Sorted by them, events are in the order of their time, and those of a stream in that of their coming. */
  readonly id: string;
  readonly ingestionTime: number;
  /** Id of its stream. */
  readonly stream: string;
}

/** What the events of a stream tell of it; times are absent while there are none. */
export interface StreamSummary {
  readonly storedBytes: number;
  readonly firstEventTimestamp?: number;
  readonly lastEventTimestamp?: number;
  readonly lastIngestionTime?: number;
}

/** Which events to read. */
export interface Reading {
  /** Ids. */
  readonly streams: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** The first moment that is too late. */
  readonly to: number;
  /** True: the newest first. */
  readonly backwards?: boolean;
  /** Id of an event: what comes before it in the order of reading, and itself, are left out. */
  readonly beyond?: string | undefined;
}

/** A file of events of one stream, named after the number of its first event. */
interface Segment {
  readonly name: string;
  readonly stream: string;
  readonly firstNumber: number;
  count: number;
  bytes: number;
  first: number;
  last: number;
  ingested: number;
}

/**
 * The events of a log group. They stand in files to which lines are only ever added; in memory is what each file holds
 * from when to when. When there are too many bytes, the oldest file goes.
 */
export class LogBook {
  readonly #shelf: Shelf;
  readonly #most: number;
  #segments: Segment[] = [];

  private constructor(shelf: Shelf, most: number) {
    this.#shelf = shelf;
    this.#most = most;
  }

  /** @param most bytes that are kept */
  static async open(shelf: Shelf, most: number): Promise<LogBook> {
    const book = new LogBook(shelf, most);
    for (const name of await shelf.list()) {
      const [stream = "", number] = name.split("/");
      const segment = emptySegment(stream, Number(number));
      for (const line of wholeLines(await shelf.read(name))) note(segment, line, Buffer.byteLength(line) + 1);
      if (segment.count > 0) book.#segments.push(segment);
    }
    return book;
  }

  /**
   * Adds events to a stream. One call at a time.
   *
   * @throws Error of node:fs, e.g. ENOSPC: none of them is kept then
   */
  async append(stream: string, events: readonly SentEvent[], ingestionTime: number): Promise<void> {
    if (events.length === 0) return;
    const segment = this.#segmentFor(stream);
    const lines = events.map(({ timestamp, message }) => JSON.stringify([timestamp, ingestionTime, message]));
    await this.#shelf.append(segment.name, lines.map((line) => `${line}\n`).join(""), segment.bytes);
    if (segment.count === 0) this.#segments.push(segment);
    for (const line of lines) note(segment, line, Buffer.byteLength(line) + 1);
    while (this.storedBytes > this.#most && this.#segments.length > 1) await this.#remove(this.#oldest());
  }

  /** Events in the order of their time. What is added meanwhile may be missing. */
  async *read({ streams, backwards = false, beyond, ...range }: Reading): AsyncGenerator<LogEvent> {
    const from = beyond !== undefined && !backwards ? Math.max(range.from, timeOf(beyond)) : range.from;
    const to = beyond !== undefined && backwards ? Math.min(range.to, timeOf(beyond) + 1) : range.to;
    const isBeyond = (id: string) => beyond === undefined || (backwards ? id < beyond : id > beyond);
    const segments = this.#segments
      .filter(({ stream, first, last }) => streams.has(stream) && last >= from && first < to)
      .sort((one, other) => (backwards ? other.last - one.last : one.first - other.first));
    let pending: LogEvent[] = [];
    for (const [index, segment] of segments.entries()) {
      const loaded = (await this.#load(segment)).filter(
        ({ id, timestamp }) => timestamp >= from && timestamp < to && isBeyond(id),
      );
      pending = [...pending, ...loaded].sort((one, other) => (one.id < other.id !== backwards ? -1 : 1));
      const next = segments[index + 1];
      // No later file has anything that belongs before these.
      const isDue = ({ timestamp }: LogEvent) => !next || (backwards ? timestamp > next.last : timestamp < next.first);
      const due = pending.findIndex((event) => !isDue(event));
      yield* due < 0 ? pending.splice(0) : pending.splice(0, due);
    }
  }

  summary(stream: string): StreamSummary {
    const segments = this.#segments.filter((segment) => segment.stream === stream);
    if (segments.length === 0) return { storedBytes: 0 };
    return {
      storedBytes: sum(segments),
      firstEventTimestamp: Math.min(...segments.map(({ first }) => first)),
      lastEventTimestamp: Math.max(...segments.map(({ last }) => last)),
      lastIngestionTime: Math.max(...segments.map(({ ingested }) => ingested)),
    };
  }

  get storedBytes(): number {
    return sum(this.#segments);
  }

  /** Removes what a stream has. */
  async drop(stream: string): Promise<void> {
    for (const segment of this.#segments.filter((one) => one.stream === stream)) await this.#remove(segment);
  }

  /** Removes files without an event of this time or later. */
  async expire(time: number): Promise<void> {
    for (const segment of this.#segments.filter(({ last }) => last < time)) await this.#remove(segment);
  }

  #segmentFor(stream: string): Segment {
    const newest = this.#segments.findLast((segment) => segment.stream === stream);
    if (newest && newest.bytes < SEGMENT) return newest;
    return emptySegment(stream, newest ? newest.firstNumber + newest.count : 0);
  }

  #oldest(): Segment {
    return this.#segments.reduce((oldest, segment) => (segment.last < oldest.last ? segment : oldest));
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments = this.#segments.filter((one) => one !== segment);
    await this.#shelf.remove(segment.name);
  }

  async #load({ name, stream, firstNumber }: Segment): Promise<LogEvent[]> {
    const id = numberOf(stream);
    return wholeLines(await this.#shelf.read(name)).map((line, index) => {
      const [timestamp, ingestionTime, message] = JSON.parse(line) as [number, number, string];
      return { id: idOf(timestamp, id, firstNumber + index), stream, timestamp, ingestionTime, message };
    });
  }
}

function emptySegment(stream: string, firstNumber: number): Segment {
  const name = `${stream}/${firstNumber}`;
  return { name, stream, firstNumber, count: 0, bytes: 0, first: Infinity, last: -Infinity, ingested: -Infinity };
}

function note(segment: Segment, line: string, bytes: number): void {
  const [timestamp, ingestionTime] = JSON.parse(line) as [number, number];
  segment.count++;
  segment.bytes += bytes;
  segment.first = Math.min(segment.first, timestamp);
  segment.last = Math.max(segment.last, timestamp);
  segment.ingested = Math.max(segment.ingested, ingestionTime);
}

/** Without a last line that is still being written, or whose writer ended in the middle of it. */
function wholeLines(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(0, -1);
}

function sum(segments: readonly Segment[]): number {
  return segments.reduce((total, { bytes }) => total + bytes, 0);
}

/** Some number of 13 digits. */
function numberOf(stream: string): string {
  const digest = createHash("sha256").update(stream).digest();
  return String(digest.readUIntBE(0, 6) % 1e13).padStart(13, "0");
}

function idOf(timestamp: number, stream: string, number: number): string {
  return firstIdOf(timestamp).slice(0, 13) + stream + String(number).padStart(30, "0");
}

function timeOf(id: string): number {
  return Number(id.slice(0, 13));
}

/** No event of this time has an id that comes before this one. */
export function firstIdOf(timestamp: number): string {
  return String(timestamp).padStart(13, "0").padEnd(56, "0");
}
