import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Feed } from "../../src/console/feed.ts";
import { type ConsoleServer, serveConsole } from "../../src/console/server.ts";
import type { TaskInfo, TaskOutcome } from "../../src/engine/event.ts";
import { layOut } from "../../src/graph/layout.ts";
import { openConsole, seriousOn } from "../support/console.ts";

const STAGES = ["1", "2", "3"].map((name) => ({ name, title: `STAGE ${name}` }));
const TASKS = 120;
/** Pixels on the screen below which letters are no letters. */
const LEGIBLE = 9;

/** A stack of many tasks: each waits for two of its stage, and the first of a stage for one of the stage before. */
const tasks = Array.from({ length: TASKS }, (_, index): TaskInfo => {
  const stage = Math.floor(index / 40);
  const place = index % 40;
  const earlier = place === 0 ? [index - 7] : [index - 5, index - 4].filter((other) => other >= stage * 40);
  const kind = index % 2 === 0 ? "ec2.security-group" : "iam.role";
  const after = earlier.filter((other) => other >= 0).map((other) => `task-${other}`);
  return { id: `task-${index}`, title: `${kind.split(".")[1]} number-${index}`, kind, stage: `${stage + 1}`, after };
});

const look = tasks.map(({ after: _, ...task }, index): TaskOutcome => {
  const verdict = index === 77 ? "update" : index > 100 ? "absent" : "unchanged";
  return { ...task, verdict, ms: 0, ...(index < 101 && { detail: `thing-${index}` }) };
});

const details = Object.fromEntries(
  tasks.map(({ id }, index) => {
    const there = { ids: { groupId: `sg-0${1000 + index}` }, plan: { verdict: "unchanged" } };
    const absent = { ids: {}, plan: { verdict: "create" }, command: "bia-infra create --all" };
    const values = [{ field: "name", text: id }];
    return [id, { ...(index > 100 ? absent : there), values }];
  }),
);
Object.assign(details, {
  "task-77": {
    ids: { groupId: "sg-01077" },
    values: [
      { field: "port", text: "3001" },
      { field: "vpcId", text: "vpc-1", of: "task-73" },
      { field: "role", of: "task-72" },
    ],
    plan: {
      verdict: "update",
      changes: [
        { field: "ingress tcp 3001 0.0.0.0/0", to: "allowed" },
        { field: "port", from: "80", to: "3001" },
      ],
    },
    command: "bia-infra create --stage 2",
  },
});

describe("the console's picture of a stack of 120 tasks", () => {
  let server: ConsoleServer;

  beforeAll(async () => {
    const feed = new Feed();
    server = await serveConsole(
      feed,
      { run: async () => undefined, traffic: async () => "[]", log: async () => {} },
      0,
    );
    const graph = { stack: "big", stages: STAGES, tasks };
    const where = { target: "sandbox", region: "us-east-1", account: "000000000000" };
    const commands = { createAll: "bia-infra create --all", runs: "bia-infra runs" };
    feed.tell("stack", { ...graph, ...where, commands, layout: await layOut(graph) });
    feed.tell("look", { at: Date.now(), now: Date.now(), tasks: look });
    feed.tell("details", details);
    feed.tell("runs", []);
  });
  afterAll(() => server.close());

  const open = async (skip: (reason: string) => never, options: object = {}) => {
    const page = await openConsole(skip, server.url, "stack", { reducedMotion: "reduce", ...options });
    await page.locator("[data-look]").first().waitFor();
    return page;
  };

  it("begins so large that it can be read, and shows all of it at the key 0", async ({ skip }) => {
    const page = await open(skip);
    expect(await shown(page)).not.toContain("task-119");
    await expect.poll(() => smallest(page)).toBeGreaterThan(LEGIBLE);
    await page.locator("[data-task=task-0]").press("0");
    await expect.poll(async () => (await shown(page)).length).toBe(TASKS);
    await page.getByRole("button", { name: "Zoom in" }).click();
    await expect.poll(async () => (await shown(page)).length).toBeLessThan(TASKS);
  });

  it("is zoomed by the wheel where the pointer is, and moved by dragging, which chooses nothing", async ({ skip }) => {
    const page = await open(skip);
    const task = page.locator("[data-task=task-2] rect");
    const before = await placeOf(page, "task-2");
    await task.hover();
    await page.mouse.wheel(0, -300);
    await expect.poll(async () => (await placeOf(page, "task-2")).width).toBeGreaterThan(1.3 * before.width);
    const larger = await placeOf(page, "task-2");
    expect(Math.abs(larger.x + larger.width / 2 - before.x - before.width / 2)).toBeLessThan(2);
    const [x, y] = [larger.x + 20, larger.y + 10];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 60, y - 40, { steps: 3 });
    await page.mouse.up();
    const moved = await placeOf(page, "task-2");
    expect([moved.x - larger.x, moved.y - larger.y].map(Math.round)).toEqual([-60, -40]);
    expect(await page.locator("aside").count()).toBe(0);
  });

  it("is one stop of the Tab key, in which arrows lead from task to task and keys zoom", async ({ skip }) => {
    const page = await open(skip);
    expect(await page.locator(".task[tabindex='0']").count()).toBe(1);
    await page.getByRole("button", { name: "Whole picture" }).focus();
    await page.keyboard.press("Tab");
    const first = await reached(page);
    const { width } = await placeOf(page, first);
    await page.keyboard.press("+");
    await expect.poll(async () => (await placeOf(page, first)).width).toBeGreaterThan(width);
    await page.keyboard.press("-");
    await expect.poll(async () => Math.round((await placeOf(page, first)).width)).toBe(Math.round(width));
    const way = [first];
    for (let step = 0; step < 5; step += 1) {
      await page.keyboard.press("ArrowRight");
      way.push(await reached(page));
      await expect.poll(() => shown(page)).toContain(way.at(-1));
    }
    expect(new Set(way).size).toBe(6);
    const before = await placeOf(page, way.at(-1) ?? "");
    await page.keyboard.press("Shift+ArrowDown");
    await expect.poll(async () => (await placeOf(page, way.at(-1) ?? "")).y).toBeLessThan(before.y);
    expect(await reached(page)).toBe(way.at(-1));
    // Whoever comes back to a task that is out of sight has it before them.
    for (let moves = 0; moves < 9; moves += 1) await page.keyboard.press("Shift+ArrowDown");
    expect(await shown(page)).not.toContain(way.at(-1));
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    await expect.poll(() => shown(page)).toContain(way.at(-1));
  });

  it("finds tasks by name, type and AWS's id, brings them into view, and goes from one to the next", async ({
    skip,
  }) => {
    const page = await open(skip);
    await page.keyboard.press("/");
    await page.keyboard.type("number-11");
    await expect
      .poll(() => found(page))
      .toEqual(["task-11", ...Array.from({ length: 10 }, (_, at) => `task-${110 + at}`)]);
    expect(await page.locator(".task.faded").count()).toBe(TASKS - 11);
    for (const id of ["task-11", "task-110", "task-111"]) {
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: `number-${id.slice(5)}`, exact: false, level: 2 }).waitFor();
      await expect.poll(() => shown(page)).toContain(id);
    }
    expect(await page.locator("output").textContent()).toBe("3 / 11");
    const field = page.getByRole("searchbox");
    await field.fill("SG-01077");
    await expect.poll(() => found(page)).toEqual(["task-77"]);
    await expect.poll(() => shown(page)).toContain("task-77");
    await field.fill("iam.role");
    await expect.poll(async () => (await found(page)).length).toBe(60);
    await page.keyboard.press("Escape");
    expect(await page.locator(".faded").count()).toBe(0);
    expect(await field.inputValue()).toBe("");
  });

  it("tells of a task what the plan would change, its values and whose they are, and what mentions it", async ({
    skip,
  }) => {
    const page = await open(skip);
    await page.locator("[data-task=task-77]").press("Enter");
    const detail = page.locator("aside");
    const changes = () => detail.locator("[data-change]").allInnerTexts();
    await expect.poll(changes).toEqual(["ingress tcp 3001 0.0.0.0/0\n– → allowed", "port\n80 → 3001"]);
    expect(await detail.locator(".command code").innerText()).toBe("bia-infra create --stage 2");
    expect(await detail.locator("[data-id]").innerText()).toBe("groupId sg-01077");
    expect(await detail.locator("[data-value]").allInnerTexts()).toEqual([
      "port\n3001",
      "vpcId\nvpc-1\nrole number-73",
      "role\nknown once it is there:\nsecurity-group number-72",
    ]);
    expect(
      await detail.locator("li [data-to]").evaluateAll((all) => all.map((one) => one.getAttribute("data-to"))),
    ).toEqual(["task-72", "task-73"]);
    // A task is not left under what is told of it.
    const [task, over] = [await placeOf(page, "task-77"), await detail.boundingBox()];
    expect(task.x + task.width).toBeLessThanOrEqual(over?.x ?? 0);
    await detail.locator("[data-value=vpcId] [data-to]").click();
    await page.getByRole("heading", { name: "role number-73" }).waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => detail.count()).toBe(0);
    expect(await reached(page)).toBe("task-73");
    await page.locator("[data-task=task-110]").press("Enter");
    await page.getByText("It is not there; create makes it.").waitFor();
    await page.getByText("bia-infra create --all", { exact: true }).waitFor();
  });

  it("has nothing serious for axe and does not run over a small screen, in the dark and in Portuguese", async ({
    skip,
  }) => {
    const viewport = { width: 400, height: 800 };
    const page = await open(skip, { locale: "pt-BR", colorScheme: "dark", viewport });
    await page.getByPlaceholder("Buscar").fill("role");
    await page.locator("[data-task=task-77]").press("Enter");
    await page.locator("[data-change=port]").waitFor();
    expect(await seriousOn(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
    expect(await page.locator("aside").evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);
  });
});

/** Where a task's box is on the screen. */
async function placeOf(page: Page, id: string) {
  const box = await page.locator(`[data-task="${id}"] rect`).boundingBox();
  if (!box) throw new Error(`${id} is not drawn`);
  return box;
}

/** The tasks that are on the screen as a whole. */
async function shown(page: Page): Promise<string[]> {
  const ids = await page.evaluate(`(() => {
    const canvas = document.querySelector(".canvas").getBoundingClientRect();
    return [...document.querySelectorAll("[data-task]")].filter((task) => {
      const { left, right, top, bottom } = task.querySelector("rect").getBoundingClientRect();
      return left >= canvas.left && right <= canvas.right && top >= canvas.top && bottom <= canvas.bottom;
    }).map((task) => task.dataset.task);
  })()`);
  return ids as string[];
}

function found(page: Page): Promise<(string | null)[]> {
  return page.$$eval(".task.found", (all) => all.map((one) => one.getAttribute("data-task")));
}

/** The task that the keyboard is at. */
async function reached(page: Page): Promise<string> {
  return String(await page.evaluate("document.activeElement.dataset.task"));
}

/** Pixels on the screen of the smallest letters of a title. */
async function smallest(page: Page): Promise<number> {
  const sizes = await page.evaluate(`[...document.querySelectorAll(".task text:not(.sign)")].map((text) =>
    Number.parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)`);
  return Math.min(...(sizes as number[]));
}
