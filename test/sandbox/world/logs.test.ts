import { appendFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { LogEvent, SentEvent } from "../../../src/sandbox/world/logs/log-book.ts";
import { World, type WorldOptions } from "../../../src/sandbox/world/world.ts";
import { temporaryFolder } from "../../support/folder.ts";

const REGION = "us-east-1";
const GROUP = "/ecs/app";

async function opened(options: WorldOptions = {}): Promise<World> {
  const world = await World.open({ delays: "none", ...options });
  onTestFinished(() => world.close());
  return world;
}

async function withGroup(options: WorldOptions = {}): Promise<World> {
  const world = await opened(options);
  world.logs.createGroup(REGION, GROUP);
  return world;
}

function groupOf(world: World) {
  const group = world.region(REGION).logs.groups.get(GROUP);
  if (!group) throw new Error("The group is gone.");
  return group;
}

async function read(world: World, { backwards = false, from = 0, to = Infinity } = {}): Promise<LogEvent[]> {
  const streams = world.region(REGION).logs.streams.all();
  const ids = new Set(streams.map(({ hidden }) => hidden.id));
  const events: LogEvent[] = [];
  for await (const event of world.logs.read(groupOf(world), { streams: ids, from, to, backwards })) events.push(event);
  return events;
}

const messages = (events: readonly SentEvent[]) => events.map(({ message }) => message);

function lines(count: number, at: number, text = "x".repeat(100)): SentEvent[] {
  return Array.from({ length: count }, (_, index) => ({ timestamp: at + index, message: `${index} ${text}` }));
}

/** Bytes of all files of events. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(join(folder, "logs"), { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(folder, "logs", name))));
  return sizes.filter((one) => one.isFile()).reduce((total, { size }) => total + size, 0);
}

describe("the events of a log group", () => {
  it("are read in the order of their time, whatever the streams and the order in which they came", async () => {
    const world = await withGroup();
    const at = world.now().getTime();
    await world.logs.append(REGION, GROUP, "one", [{ timestamp: at + 2, message: "third" }]);
    await world.logs.append(REGION, GROUP, "two", [{ timestamp: at + 1, message: "second" }]);
    await world.logs.append(REGION, GROUP, "one", [{ timestamp: at, message: "first" }]);
    expect(messages(await read(world))).toEqual(["first", "second", "third"]);
    expect(messages(await read(world, { backwards: true }))).toEqual(["third", "second", "first"]);
    expect(messages(await read(world, { from: at + 1, to: at + 2 }))).toEqual(["second"]);
  });

  it.each([false, true])("are each read once from as many files as they take (backwards: %s)", async (backwards) => {
    const world = await withGroup({ folder: await temporaryFolder("logs-") });
    const at = world.now().getTime();
    for (const stream of ["one", "two", "three"]) {
      for (let batch = 0; batch < 5; batch++) {
        await world.logs.append(REGION, GROUP, stream, lines(1000, at + batch * 700));
      }
    }
    const events = await read(world, { backwards });
    const ids = events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(15_000);
    expect(ids).toEqual(backwards ? [...ids].sort().reverse() : [...ids].sort());
  });

  it("make a stream, but no group", async () => {
    const world = await opened();
    const events = [{ timestamp: 1, message: "lost" }];
    await expect(world.logs.append(REGION, GROUP, "one", events)).rejects.toThrow(`There is no log group ${GROUP}.`);
    world.logs.createGroup(REGION, GROUP);
    await world.logs.append(REGION, GROUP, "one", events);
    expect(
      world
        .region(REGION)
        .logs.streams.all()
        .map(({ logStreamName }) => logStreamName),
    ).toEqual(["one"]);
  });

  it("are kept over the end of the process, and go on after it", async () => {
    const folder = await temporaryFolder("logs-");
    const former = await withGroup({ folder });
    const at = former.now().getTime();
    await former.logs.append(REGION, GROUP, "one", [{ timestamp: at, message: "before\nwith a second line" }]);
    await former.close();
    const world = await opened({ folder });
    await world.logs.append(REGION, GROUP, "one", [{ timestamp: at, message: "after" }]);
    const events = await read(world);
    expect(messages(events)).toEqual(["before\nwith a second line", "after"]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it("lose no more than the line that was being written when the process was killed", async () => {
    const folder = await temporaryFolder("logs-");
    const former = await withGroup({ folder });
    await former.logs.append(REGION, GROUP, "one", lines(2, 1000));
    await former.close();
    const [file = ""] = (await readdir(join(folder, "logs"), { recursive: true })).filter((name) =>
      /[\\/]0$/.test(name),
    );
    await appendFile(join(folder, "logs", file), '[1002,1002,"half a li');
    const world = await opened({ folder });
    expect(messages(await read(world))).toHaveLength(2);
    await world.logs.append(REGION, GROUP, "one", lines(1, 1003, "next"));
    expect(messages(await read(world)).at(-1)).toBe("0 next");
    expect(await readFile(join(folder, "logs", file), "utf8")).not.toContain("half");
  });

  it("are not in the saved state of the world", async () => {
    const folder = await temporaryFolder("logs-");
    const world = await withGroup({ folder });
    await world.logs.append(REGION, GROUP, "one", lines(10, 1000, "a line of the app"));
    await world.close();
    expect(await readFile(join(folder, "world.json"), "utf8")).not.toContain("a line of the app");
  });

  it("go with their stream", async () => {
    const folder = await temporaryFolder("logs-");
    const world = await withGroup({ folder });
    await world.logs.append(REGION, GROUP, "one", lines(5, 1000));
    await world.logs.append(REGION, GROUP, "two", lines(1, 1000));
    world.region(REGION).logs.streams.delete(`${GROUP}:one`);
    await expect.poll(() => bytesIn(folder)).toBeLessThan(200);
    expect(await read(world)).toHaveLength(1);
  });

  it("go with their group, and do not come back with one of the same name", async () => {
    const folder = await temporaryFolder("logs-");
    const world = await withGroup({ folder });
    await world.logs.append(REGION, GROUP, "one", lines(5, 1000));
    world.region(REGION).logs.streams.delete(`${GROUP}:one`);
    world.region(REGION).logs.groups.delete(GROUP);
    await expect.poll(() => readdir(join(folder, "logs"))).toEqual([]);
    world.logs.createGroup(REGION, GROUP);
    await world.logs.append(REGION, GROUP, "one", lines(1, 1000, "new"));
    expect(messages(await read(world))).toEqual(["0 new"]);
  });

  it("go when the world is opened, if their group went while nobody could remove them", async () => {
    const folder = await temporaryFolder("logs-");
    await mkdir(join(folder, "logs", "gone", "stream"), { recursive: true });
    await writeFile(join(folder, "logs", "gone", "stream", "0"), '[1,1,"left"]\n');
    await opened({ folder });
    expect(await readdir(join(folder, "logs"))).toEqual([]);
  });

  it("are read as long as the retention says, and their files go with the next ones", async () => {
    const folder = await temporaryFolder("logs-");
    const world = await withGroup({ folder, speed: "manual" });
    await world.logs.append(REGION, GROUP, "one", lines(5, world.now().getTime(), "old"));
    world.region(REGION).logs.groups.update(GROUP, (draft) => {
      draft.retentionInDays = 1;
    });
    expect(await read(world)).toHaveLength(5);
    await world.clock.advance(24 * 3600 * 1000 + 10);
    expect(await read(world)).toEqual([]);
    await world.logs.append(REGION, GROUP, "two", lines(1, world.now().getTime(), "new"));
    expect(messages(await read(world))).toEqual(["0 new"]);
    expect(await bytesIn(folder)).toBeLessThan(100);
  });

  it.each([
    ["in memory", false, 4],
    ["in files", true, 32],
  ])("are bounded: %s the oldest go first", async (_where, hasFolder, megabytes) => {
    const world = await withGroup(hasFolder ? { folder: await temporaryFolder("logs-") } : {});
    const at = world.now().getTime();
    const text = "x".repeat(100_000);
    for (let batch = 0; batch < megabytes + 2; batch++) {
      await world.logs.append(REGION, GROUP, "one", lines(10, at + batch * 100, text));
    }
    const stored = await world.logs.storedBytes(groupOf(world));
    expect(stored).toBeLessThanOrEqual(megabytes * 1024 * 1024);
    expect(stored).toBeGreaterThan(megabytes * 1024 * 1024 * 0.8);
    const kept = await read(world);
    expect(kept.at(-1)?.timestamp).toBe(at + (megabytes + 1) * 100 + 9);
    expect(kept[0]?.timestamp).toBeGreaterThan(at);
  });

  it("of many writers at once are all there", async () => {
    const world = await withGroup({ folder: await temporaryFolder("logs-") });
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.logs.append(REGION, GROUP, "one", lines(3, 1000 + index))),
    );
    expect(await read(world)).toHaveLength(150);
  });
});
