import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileName } from "../../src/runs/folder.ts";
import { RunKeeper } from "../../src/runs/keep.ts";
import { browserForTest } from "../support/chromium.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { seriousOn } from "../support/console.ts";
import { create, NOON } from "../terminal/recorded.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "bia-runs-command-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const bia = (...args: string[]) => runCli(args, bareEnvironment({ XDG_STATE_HOME: home }), home);

const folder = () => path.join(home, "bia-infra", "runs");
const CALL = {
  type: "call",
  at: NOON + 500,
  ms: 80,
  service: "ec2",
  operation: "RunInstances",
  changing: true,
} as const;

/** A run as an earlier command left it, or one that goes on in this process where its report is left out. */
function kept(events: readonly Parameters<RunKeeper["keep"]>[0][] = [...create(), CALL]): void {
  const keeper = new RunKeeper(folder(), (why) => {
    throw new Error(why);
  });
  for (const event of events) keeper.keep(event);
  keeper.close();
}

describe("the runs of before", () => {
  it("are none at first, and that is said", async () => {
    expect(await bia("runs")).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("No run is kept") });
  });

  it("are listed, and shown as a time line", async () => {
    kept();
    expect((await bia("runs")).stdout).toMatch(/1 +create +bia +sandbox +us-east-1 .* ok\n$/);
    const { stdout, code } = await bia("runs", "show", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/ {2}instance bia-dev +■*─+ +13 s\n/);
    expect(JSON.parse((await bia("runs", "--json")).stdout)).toMatchObject([
      { number: 1, state: "ended", exitCode: 0 },
    ]);
  });

  it("are written as a page of one file, which nothing in a run can break out of", async () => {
    kept();
    const file = path.join(home, "run.html");
    expect(await bia("runs", "show", "1", "--html", file)).toMatchObject({ code: 0, stdout: "" });
    const page = await readFile(file, "utf8");
    expect(page).toContain("default-src 'none'");
    expect(page.match(/<\/script>/g)).toHaveLength(2);
  });

  it("are a page that a browser shows without a network, with the longest path, the waits and the calls", async ({
    skip,
  }) => {
    kept([...create().map((event) => (event.type === "report" ? { ...event, speed: 20 } : event)), CALL]);
    const file = path.join(home, "run.html");
    await bia("runs", "show", "1", "--html", file);
    const browser = await browserForTest(skip);
    const page = await browser.newPage({ locale: "pt-BR", viewport: { width: 400, height: 800 }, offline: true });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.getByText("caminho mais longo 42 s no relógio do sandbox").waitFor();
    await page.getByText("ec2:RunInstances 1").waitFor();
    expect(await page.locator(".lane .critical").count()).toBeGreaterThan(0);
    await page.getByRole("button", { name: "instance bia-dev" }).press("Enter");
    await page.locator(".lane[aria-expanded=true] + .detail", { hasText: "pending" }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
    expect(await seriousOn(page)).toEqual([]);
    expect(asked).toEqual([pathToFileURL(file).href]);
  });

  it("are written over a page of before, and over nothing else", async () => {
    kept();
    const file = path.join(home, "run.html");
    for (const _ of [1, 2]) expect(await bia("runs", "show", "1", "--html", file)).toMatchObject({ code: 0 });
    await writeFile(file, "somebody's work");
    for (const where of [file, path.join(home, "no", "run.html"), home]) {
      const { code, stderr } = await bia("runs", "show", "1", "--html", where);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(where) });
    }
    expect(await readFile(file, "utf8")).toBe("somebody's work");
  });

  it("are printed or written, not both", async () => {
    const { code, stderr } = await bia("runs", "show", "1", "--json", "--html", "run.html");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--json") });
  });

  it("say whether they go on or broke off, and are shown as far as they came", async () => {
    kept(create().slice(0, -1));
    expect((await bia("runs", "show", "1")).stdout).toContain("it goes on");
    const file = path.join(folder(), fileName(1, "create"));
    await writeFile(file, (await readFile(file, "utf8")).replace(`"pid":${process.pid}`, '"pid":99999999'));
    const { stdout } = await bia("runs", "show", "1");
    expect(stdout).toContain("it broke off");
    expect(stdout).toContain("instance bia-dev");
    expect((await bia("runs")).stdout).toMatch(/broken off\n$/);
  });

  it("that are damaged are not listed, and each says what is wrong with it", async () => {
    kept();
    const whole = await readFile(path.join(folder(), fileName(1, "create")), "utf8");
    const damaged = {
      2: "",
      3: whole.slice(100, 400),
      4: '{"type":"run","at":1}\n',
      5: whole.replaceAll('"type":"run"', '"type":"walk"'),
    };
    for (const [number, text] of Object.entries(damaged))
      await writeFile(path.join(folder(), fileName(Number(number), "create")), text);
    await writeFile(path.join(folder(), "notes.txt"), "of somebody");
    expect(JSON.parse((await bia("runs", "--json")).stdout)).toMatchObject([{ number: 1 }]);
    for (const number of Object.keys(damaged)) {
      const { code, stderr } = await bia("runs", "show", number);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`00000${number}-create.ndjson is no run`),
      });
    }
    const fields = whole.replaceAll('"verdict":', '"verdikt":').replaceAll('"reason":', '"raison":');
    await writeFile(path.join(folder(), fileName(6, "create")), fields);
    expect((await bia("runs", "show", "6")).stdout).toContain("instance bia-dev");
  });

  it("can be opened from what --json printed", async () => {
    const file = path.join(home, "create.ndjson");
    await writeFile(
      file,
      create()
        .map((event) => JSON.stringify(event))
        .join("\n"),
    );
    expect((await bia("runs", "show", file)).stdout).toContain("instance bia-dev");
  });

  it("that are none are refused", async () => {
    await writeFile(path.join(home, "other.json"), "{}");
    for (const which of ["7", "missing.ndjson", "other.json"]) {
      const { code, stderr } = await bia("runs", "show", which);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(which) });
    }
    expect(existsSync(path.join(home, "bia-infra"))).toBe(false);
  });
});
