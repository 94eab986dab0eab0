import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FolderLost } from "../journal.ts";
import type { LogGroup, LogStream } from "../records.ts";
import type { Region } from "../region.ts";
import { Unsaved } from "../unsaved.ts";
import { LogBook, type LogEvent, type Reading, type SentEvent, type StreamSummary } from "./log-book.ts";
import { FolderShelf, MemoryShelf } from "./shelf.ts";

const DAY = 86_400_000;
/** Bytes of events that are kept of one group. */
const MOST_ON_DISK = 32 * 1024 * 1024;
const MOST_IN_MEMORY = 4 * 1024 * 1024;

/** What the logs have to know of their world. */
export interface LogsOptions {
  readonly account: string;
  /** Absent: they are kept in memory. */
  readonly folder: string | undefined;
  /** Asked before each write; false: another process has the folder now. */
  readonly mayWrite: () => boolean;
  now(): Date;
  region(name: string): Region;
}

/** There is no such log group; whoever writes to it decides in which words that is told. */
export class NoLogGroup extends Error {
  constructor(group: string) {
    super(`There is no log group ${group}.`);
    this.name = "NoLogGroup";
  }
}

/** CloudWatch's logs. Groups and streams are records of the world; events are too many for that and stand in files. */
export class Logs {
  readonly #options: LogsOptions;
  /** By the id of the group. */
  readonly #books = new Map<string, Promise<LogBook>>();
  /** Writes to a group come one after the other. */
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** Makes a group; undefined: there is one of this name. */
  createGroup(region: string, name: string, tags: Record<string, string> = {}): LogGroup | undefined {
    const { groups } = this.#options.region(region).logs;
    if (groups.get(name)) return undefined;
    const logGroupArn = `arn:aws:logs:${region}:${this.#options.account}:log-group:${name}`;
    return groups.put({
      logGroupName: name,
      logGroupArn,
      arn: `${logGroupArn}:*`,
      creationTime: this.#now(),
      metricFilterCount: 0,
      logGroupClass: "STANDARD",
      hidden: { id: randomUUID(), tags },
    });
  }

  /**
   * Makes a stream; undefined: the group has one of this name.
   *
   * @throws NoLogGroup
   */
  createStream(region: string, group: string, name: string): LogStream | undefined {
    const { streams } = this.#options.region(region).logs;
    const { logGroupArn } = this.#group(region, group);
    if (streams.get(`${group}:${name}`)) return undefined;
    return streams.put({
      logStreamName: name,
      arn: `${logGroupArn}:log-stream:${name}`,
      creationTime: this.#now(),
      hidden: { id: randomUUID(), logGroupName: group },
    });
  }

  /**
   * Adds events to a stream, which is made if it is not there; a group is not. Resolves once they survive the end of
   * this process: whoever has many waits for that before it sends more.
   *
   * @param events their times are not judged
   * @throws NoLogGroup
   * @throws Unsaved, FolderLost: none of the events is kept
   */
  async append(region: string, group: string, stream: string, events: readonly SentEvent[]): Promise<void> {
    const record = this.#group(region, group);
    const { streams } = this.#options.region(region).logs;
    const to = streams.get(`${group}:${stream}`) ?? this.createStream(region, group, stream);
    if (to) await this.#write(record, (book) => book.append(to.hidden.id, events, this.#now()));
  }

  /** Events of a group that have not expired. */
  async *read(group: LogGroup, reading: Reading): AsyncGenerator<LogEvent> {
    const from = Math.max(reading.from, this.expiredBefore(group));
    yield* (await this.#book(group)).read({ ...reading, from });
  }

  async summary(group: LogGroup, stream: LogStream): Promise<StreamSummary> {
    return (await this.#book(group)).summary(stream.hidden.id);
  }

  async storedBytes(group: LogGroup): Promise<number> {
    return (await this.#book(group)).storedBytes;
  }

  /** Milliseconds since the epoch: earlier events are not kept any more. */
  expiredBefore({ retentionInDays }: LogGroup): number {
    return retentionInDays === undefined ? -Infinity : this.#now() - retentionInDays * DAY;
  }

  /** A group has changed or gone. */
  async groupChanged(before: LogGroup, after: LogGroup | undefined): Promise<void> {
    if (after?.hidden.id === before.hidden.id) return this.#write(after, async () => {});
    await this.#writing.get(before.hidden.id);
    this.#books.delete(before.hidden.id);
    this.#writing.delete(before.hidden.id);
    await this.#discard(before.hidden.id);
  }

  /** A stream has gone, alone or with its group. */
  async streamGone(group: LogGroup | undefined, stream: LogStream): Promise<void> {
    if (group) await this.#write(group, (book) => book.drop(stream.hidden.id));
  }

  /** Removes files of groups that are gone, which a process that ended too early has left. */
  async tidy(groups: readonly LogGroup[]): Promise<void> {
    const { folder, mayWrite } = this.#options;
    if (folder === undefined || !mayWrite()) return;
    const known = new Set(groups.map(({ hidden }) => hidden.id));
    const there = await readdir(folder).catch(() => []);
    for (const id of there) if (!known.has(id)) await this.#discard(id).catch(() => {});
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  #now(): number {
    return this.#options.now().getTime();
  }

  #group(region: string, name: string): LogGroup {
    const group = this.#options.region(region).logs.groups.get(name);
    if (!group) throw new NoLogGroup(name);
    return group;
  }

  #book({ hidden: { id } }: LogGroup): Promise<LogBook> {
    const { folder } = this.#options;
    const open = () =>
      folder === undefined
        ? LogBook.open(new MemoryShelf(), MOST_IN_MEMORY)
        : LogBook.open(new FolderShelf(join(folder, id)), MOST_ON_DISK);
    const book = this.#books.get(id) ?? open();
    this.#books.set(id, book);
    // What cannot be read now may be readable later.
    book.catch(() => this.#books.delete(id));
    return book;
  }

  /** Writes something, and removes what has expired. */
  async #write(group: LogGroup, write: (book: LogBook) => Promise<void>): Promise<void> {
    const { folder, mayWrite } = this.#options;
    const { id } = group.hidden;
    const writing = (this.#writing.get(id) ?? Promise.resolve()).then(async () => {
      if (folder !== undefined && !mayWrite()) throw new FolderLost();
      const book = await this.#book(group);
      await book.expire(this.expiredBefore(group));
      await write(book);
    });
    this.#writing.set(
      id,
      writing.catch(() => {}),
    );
    await writing.catch((error) => {
      throw isOfTheDisk(error) ? new Unsaved(folder, error) : error;
    });
  }

  async #discard(id: string): Promise<void> {
    const { folder } = this.#options;
    if (folder !== undefined) await rm(join(folder, id), { recursive: true, force: true });
  }
}

function isOfTheDisk(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string";
}
