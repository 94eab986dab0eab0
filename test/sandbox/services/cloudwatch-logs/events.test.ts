import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
  paginateGetLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { GROUP, logsClient, makeStreams, put } from "./clients.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const get = (logs: CloudWatchLogsClient, input: Partial<GetLogEventsCommandInput>) =>
  logs.send(new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: "one", ...input }));

async function filtered(
  logs: CloudWatchLogsClient,
  input: FilterLogEventsCommandInput = {},
): Promise<FilteredLogEvent[]> {
  const all: FilteredLogEvent[] = [];
  const pages = paginateFilterLogEvents({ client: logs }, { logGroupName: GROUP, ...input });
  for await (const { events = [] } of pages) all.push(...events);
  return all;
}

const texts = (events: readonly { message?: string | undefined }[] | undefined) =>
  (events ?? []).map(({ message }) => message);

/** A group with a stream `one` that has these messages, a millisecond apart. */
async function withMessages(...messages: string[]) {
  const { logs, world } = await logsClient();
  const start = world.now().getTime() - HOUR;
  await makeStreams(logs, "one");
  await put(
    logs,
    "one",
    messages.map((message, index) => ({ timestamp: start + index, message })),
  );
  return { logs, world, start };
}

describe("PutLogEvents", () => {
  it.each([
    [
      "nothing",
      () => [],
      /'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    ],
    ["an empty message", (now: number) => [{ timestamp: now, message: "" }], /'logEvents\.1\.member\.message'/],
    [
      "more than 10,000 events",
      (now: number) => Array.from({ length: 10_001 }, () => ({ timestamp: now, message: "x" })),
      /length less than or equal to 10000/,
    ],
    [
      "an event that is too large",
      (now: number) => [{ timestamp: now, message: "x".repeat(1_048_576) }],
      /^InvalidParameterException: Log event too large: 1048602 bytes exceeds limit of 1048576$/,
    ],
    [
      "more than a megabyte, 26 bytes for each event included",
      (now: number) => [1, 2].map(() => ({ timestamp: now, message: "x".repeat(524_288 - 25) })),
      /^InvalidParameterException: Upload too large: 1048578 bytes exceeds limit of 1048576$/,
    ],
    [
      "events that are not in the order of their time",
      (now: number) => [now, now - 1].map((timestamp) => ({ timestamp, message: "x" })),
      /^InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order\.$/,
    ],
    [
      "events of more than a day",
      (now: number) => [now - DAY - 1, now].map((timestamp) => ({ timestamp, message: "x" })),
      /^InvalidParameterException: .*cannot span more than 24 hours\.$/,
    ],
  ])("refuses %s", async (_what, events, words) => {
    const { logs, world } = await logsClient();
    await makeStreams(logs, "one");
    expect(await refusal(put(logs, "one", events(world.now().getTime())))).toMatch(words);
  });

  it("needs a group and a stream", async () => {
    const { logs } = await logsClient();
    const event = [{ timestamp: 1, message: "x" }];
    expect(await refusal(put(logs, "one", event))).toBe(
      "ResourceNotFoundException: The specified log group does not exist.",
    );
    await makeStreams(logs);
    expect(await refusal(put(logs, "one", event))).toBe(
      "ResourceNotFoundException: The specified log stream does not exist.",
    );
  });

  it("keeps what is neither too old nor too new, and tells which the others were", async () => {
    const { logs, world } = await logsClient();
    const now = world.now().getTime();
    await makeStreams(logs, "one");
    const times = [now - 15 * DAY, now - 14 * DAY - 1, now, now + 2 * HOUR, now + 2 * HOUR + 1];
    const events = times.map((timestamp, index) => ({ timestamp, message: `${index}` }));
    const { rejectedLogEventsInfo } = await put(logs, "one", events);
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 });
    expect(texts((await get(logs, {})).events)).toEqual(["2", "3"]);
  });

  it("does not keep what the group's retention would not", async () => {
    const { logs, world } = await logsClient();
    const now = world.now().getTime();
    await makeStreams(logs, "one");
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 1 }));
    const { rejectedLogEventsInfo } = await put(logs, "one", [
      { timestamp: now - DAY - 1, message: "expired" },
      { timestamp: now - DAY, message: "kept" },
    ]);
    expect(rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 });
    expect(texts(await filtered(logs))).toEqual(["kept"]);
    await world.clock.advance(1);
    expect(texts(await filtered(logs))).toEqual([]);
  });
});

describe("GetLogEvents", () => {
  it("answers with the newest, goes back from there, and says at the end what it was asked", async () => {
    const { logs } = await withMessages("1", "2", "3", "4", "5");
    const newest = await get(logs, { limit: 2 });
    expect(texts(newest.events)).toEqual(["4", "5"]);
    const before = await get(logs, { limit: 2, nextToken: newest.nextBackwardToken });
    expect(texts(before.events)).toEqual(["2", "3"]);
    const oldest = await get(logs, { limit: 2, nextToken: before.nextBackwardToken });
    expect(texts(oldest.events)).toEqual(["1"]);
    const end = await get(logs, { limit: 2, nextToken: oldest.nextBackwardToken });
    expect(end).toMatchObject({ events: [], nextBackwardToken: oldest.nextBackwardToken });
    const forward = await get(logs, { nextToken: end.nextForwardToken, startFromHead: true });
    expect(texts(forward.events)).toEqual(["2", "3", "4", "5"]);
  });

  it("goes on, by the token that it repeated at the end, with what came later", async () => {
    const { logs, world } = await withMessages("1", "2", "3");
    const pages: string[] = [];
    let token: string | undefined;
    for await (const page of paginateGetLogEvents(
      { client: logs, stopOnSameToken: true },
      { logGroupName: GROUP, logStreamName: "one", startFromHead: true, limit: 2 },
    )) {
      pages.push(texts(page.events).join());
      token = page.nextForwardToken;
    }
    expect(pages).toEqual(["1,2", "3", ""]);
    await put(logs, "one", [{ timestamp: world.now().getTime(), message: "4" }]);
    expect(texts((await get(logs, { nextToken: token, startFromHead: true })).events)).toEqual(["4"]);
  });

  it("has tokens for a stream without events, too", async () => {
    const { logs, world } = await logsClient();
    await makeStreams(logs, "one");
    const { nextForwardToken } = await get(logs, {});
    await put(logs, "one", [{ timestamp: world.now().getTime(), message: "first" }]);
    const next = await get(logs, { nextToken: nextForwardToken, startFromHead: true });
    expect(texts(next.events)).toEqual(["first"]);
  });

  it("includes the start of a time range and not its end", async () => {
    const { logs, start } = await withMessages("1", "2", "3");
    expect(texts((await get(logs, { startTime: start, endTime: start + 2 })).events)).toEqual(["1", "2"]);
  });

  it("fits a megabyte", async () => {
    const { logs, world } = await logsClient();
    await makeStreams(logs, "one");
    const now = world.now().getTime();
    for (const letter of ["a", "b"]) {
      await put(logs, "one", [{ timestamp: now, message: letter.repeat(700_000) }]);
    }
    const { events } = await get(logs, { startFromHead: true });
    expect(events?.map(({ message }) => message?.[0])).toEqual(["a"]);
  });

  it("refuses a token that is none", async () => {
    const { logs } = await withMessages("1");
    expect(await refusal(get(logs, { nextToken: "f/1" }))).toBe(
      "InvalidParameterException: The specified nextToken is invalid.",
    );
  });
});

describe("FilterLogEvents", () => {
  it("tells the events of all streams in the order of their time, each with an id of its own", async () => {
    const { logs, world } = await logsClient();
    const now = world.now().getTime();
    await makeStreams(logs, "one", "two", "other");
    await put(
      logs,
      "one",
      [now - 9, now - 7].map((timestamp) => ({ timestamp, message: `one ${timestamp - now}` })),
    );
    await put(
      logs,
      "two",
      [now - 8, now - 7].map((timestamp) => ({ timestamp, message: `two ${timestamp - now}` })),
    );
    await put(logs, "other", [{ timestamp: now - 8, message: "other" }]);
    const events = await filtered(logs, { logStreamNames: ["one", "two"], limit: 1 });
    expect(texts(events).slice(0, 2)).toEqual(["one -9", "two -8"]);
    expect(texts(events).sort()).toEqual(["one -7", "one -9", "two -7", "two -8"]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(4);
    expect(events[0]).toMatchObject({ logStreamName: "one", timestamp: now - 9, ingestionTime: now });
    expect(texts(await filtered(logs, { logStreamNamePrefix: "o", startTime: now - 8, endTime: now - 8 }))).toEqual([
      "other",
    ]);
    expect(texts(await filtered(logs, { startFromHead: false, limit: 2, logStreamNamePrefix: "one" }))).toEqual([
      "one -7",
      "one -9",
    ]);
  });

  it("may answer with nothing and a token, as AWS does", async () => {
    const { logs, world } = await logsClient();
    const now = world.now().getTime();
    await makeStreams(logs, "one");
    const dull = Array.from({ length: 5_000 }, () => ({ timestamp: now - 1, message: "dull" }));
    await put(logs, "one", [...dull, { timestamp: now, message: "needle" }]);
    const first = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP, filterPattern: "needle" }));
    expect(first).toMatchObject({ events: [], searchedLogStreams: [], nextToken: expect.any(String) });
    expect(texts(await filtered(logs, { filterPattern: "needle" }))).toEqual(["needle"]);
  });

  it.each([
    ["", ["GET /api 200", "ERROR in db", "error in web", "WARN disk is full"]],
    ["ERROR", ["ERROR in db"]],
    ['"in db"', ["ERROR in db"]],
    ["in -web", ["ERROR in db"]],
    ['-in -"200"', ["WARN disk is full"]],
    ["?ERROR ?WARN", ["ERROR in db", "WARN disk is full"]],
    ['"/api"', ["GET /api 200"]],
  ])("matches the pattern %s", async (filterPattern, expected) => {
    const { logs } = await withMessages("GET /api 200", "ERROR in db", "error in web", "WARN disk is full");
    expect(texts(await filtered(logs, { filterPattern }))).toEqual(expected);
  });

  it.each([
    ["me@home", /^InvalidParameterException: Invalid filter pattern: Invalid character\(s\) in term 'me@home'$/],
    ['"open', /^InvalidParameterException: Invalid filter pattern/],
    ['{ $.level = "error" }', /^SandboxNotEmulated: .*JSON/],
    ["[ip, user]", /^SandboxNotEmulated: /],
    ["%ERR.*%", /^SandboxNotEmulated: .*regular expressions/],
    ["ERROR ?WARN", /^SandboxNotEmulated: /],
  ])("refuses the pattern %s", async (filterPattern, words) => {
    const { logs } = await withMessages("x");
    expect(await refusal(filtered(logs, { filterPattern }))).toMatch(words);
  });

  it("refuses streams that are not there, and two ways of naming them", async () => {
    const { logs } = await withMessages("x");
    expect(await refusal(filtered(logs, { logStreamNames: ["gone"] }))).toBe(
      "ResourceNotFoundException: The specified log stream does not exist.",
    );
    expect(await refusal(filtered(logs, { logStreamNames: ["one"], logStreamNamePrefix: "o" }))).toMatch(
      /^InvalidParameterException: /,
    );
  });
});
