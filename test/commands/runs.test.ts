import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunKeeper } from "../../src/runs/keep.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { create } from "../terminal/recorded.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "bia-runs-command-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const bia = (...args: string[]) => runCli(args, bareEnvironment({ XDG_STATE_HOME: home }), home);

/** A run as an earlier command left it. */
function kept(): void {
  const keeper = new RunKeeper(path.join(home, "bia-infra", "runs"), (why) => {
    throw new Error(why);
  });
  for (const event of create()) keeper.keep(event);
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
    expect(await bia("runs", "show", "1", "--html", path.join(home, "no", "run.html"))).toMatchObject({ code: 2 });
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
