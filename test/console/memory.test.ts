import { setImmediate } from "node:timers/promises";
import type { CDPSession } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServiceLives } from "../../src/aws/service-lives.ts";
import { Feed } from "../../src/console/feed.ts";
import { type ConsoleServer, serveConsole } from "../../src/console/server.ts";
import { heard, openConsole } from "../support/console.ts";
import { create } from "../terminal/recorded.ts";

/** Tasks that ECS still tells of: one has come and one is forgotten with every look. */
const TASKS = 60;
const LOOKS = { before: 300, after: 2_000 };
/** Milliseconds from one look to the next: the page remembers for an hour who answered requests. */
const STEP = 5_000;

let feed: Feed;
let server: ConsoleServer;

beforeEach(async () => {
  feed = new Feed();
  server = await serveConsole(feed, { run: async () => undefined, traffic: async () => "[]", log: async () => {} }, 0);
  const where = { stack: "bia", target: "sandbox", region: "us-east-1", account: "000000000000" };
  const commands = { createAll: "bia-infra create --all", runs: "bia-infra runs" };
  const layout = { width: 10, height: 10, stages: [], tasks: [], edges: [] };
  feed.tell("stack", { ...where, stages: [], tasks: [], commands, layout });
});
afterEach(() => server.close());

/** How a service is whose tasks end again and again, at the so-and-so-manieth look. */
function lives(look: number): ServiceLives {
  const deployment = {
    id: "d",
    status: "PRIMARY",
    revision: "app:1",
    desired: 2,
    running: 2,
    pending: 0,
    failed: look,
  };
  const tasks = Array.from({ length: TASKS }, (_, index) => {
    const [id, createdAt] = [`${look + index}`.padStart(32, "0"), STEP * (look + index)];
    const stoppedAt = index < TASKS - 2 ? createdAt + 900 : undefined;
    const status = stoppedAt === undefined ? "RUNNING" : "STOPPED";
    return {
      id,
      revision: "app:1",
      deployment: "d",
      status,
      createdAt,
      startedAt: createdAt + 300,
      ...(stoppedAt && { stoppedAt }),
    };
  });
  const events = tasks
    .map(({ id, createdAt }) => ({ at: createdAt, text: `(service app) has started 1 tasks: ${id}` }))
    .reverse();
  return {
    service: "app",
    targetGroups: ["group"],
    versions: {},
    deployments: [{ ...deployment, createdAt: 0 }],
    tasks,
    events,
  };
}

/** What a page holds once nothing can be freed any more. */
async function held(session: CDPSession): Promise<{ nodes: number; listeners: number; bytes: number }> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { nodes: of("Nodes"), listeners: of("JSEventListeners"), bytes: of("JSHeapUsedSize") };
}

describe("a console that is open for long", () => {
  it("has as much on its page after thousands of looks as after some hundred", async ({ skip }) => {
    const page = await openConsole(skip, server.url, "deploy");
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    let looks = 0;
    const tell = async (count: number) => {
      for (const last = looks + count; looks < last; ) {
        looks += 1;
        const now = STEP * (looks + TASKS);
        feed.tell("service", { at: now, now, found: lives(looks) });
        const answered = {
          at: now - STEP,
          ms: STEP,
          targetGroupArn: "group",
          target: "i-1:80",
          count: looks,
          failed: 0,
        };
        feed.tell("traffic", { at: now, now, found: [answered] });
        feed.tell("runs", []);
        feed.tell("run", { number: looks, events: create() });
        // What comes faster than it is read is left out, and shall not be.
        if (looks % 10 === 0) await page.locator(`[data-task="${`${looks + TASKS - 1}`.padStart(32, "0")}"]`).waitFor();
      }
    };
    await tell(LOOKS.before);
    const before = await held(session);
    await tell(LOOKS.after);
    const after = await held(session);
    expect(after.nodes).toBeLessThanOrEqual(before.nodes * 1.2);
    expect(after.listeners).toBeLessThanOrEqual(before.listeners + 10);
    expect(after.bytes).toBeLessThanOrEqual(before.bytes + 1_500_000);
  });

  it("forgets whoever has left, and then has nothing looked up", async () => {
    for (let time = 0; time < 50; time += 1) await heard(server.url, ["stack"]);
    const patience = new AbortController();
    await vi.waitFor(async () => {
      const nobody = Symbol("nobody");
      const somebody = feed.somebody("stack", patience.signal).catch(() => nobody);
      expect(await Promise.race([somebody, setImmediate(nobody)])).toBe(nobody);
    });
    const returned = feed.somebody("stack", patience.signal);
    await heard(server.url, ["stack"]);
    await expect(returned).resolves.toBeUndefined();
  });
});
