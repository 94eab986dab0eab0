import { beforeEach, describe, expect, it, vi } from "vitest";
import { chooseView } from "../../src/terminal/choose-view.ts";
import { FakePipe, playUntil, show, startAtNoon } from "./fake-terminal.ts";
import * as recorded from "./recorded.ts";

beforeEach(startAtNoon);

async function written(events: ReturnType<typeof recorded.create>) {
  const { stdout, stderr } = await show(events, { stdout: new FakePipe(), stderr: new FakePipe() });
  return { stdout: stdout.written, stderr: stderr.written };
}

describe("where nobody looks at a terminal", () => {
  it("progress is a line for each change, with the output of a task under its name", async () => {
    expect((await written(recorded.create())).stderr).toBe(`\
bia-infra 0.1.0 · sandbox (local, free) · us-east-1 · account 123456789012 · stack bia
the sandbox was started
role role-acesso-ssm: created in 0.5 s, 3 policies
security group bia-dev: created in 0.4 s, tcp 3001 from anywhere
instance profile role-acesso-ssm: waiting, not yet seen by EC2, usually 8 s
instance profile role-acesso-ssm: created in 8.5 s
instance bia-dev: waiting, pending, usually 30 s
instance bia-dev: created in 13 s, i-0a1b2c3d4e5f60718, 127.0.0.1
bia-dev set up | Installing docker
bia-dev set up | docker version 25.0.8
bia-dev set up: created in 20 s, docker 25.0.8, compose v2.23.3
`);
  });

  it("the result is on stdout", async () => {
    expect((await written(recorded.create())).stdout).toMatch(
      /^✔ ready · 5 created, 1 unchanged · 42 s\n\n {2}work machine {2}i-/,
    );
  });

  it("a run on a faster clock is told by both clocks, and its longest path by the one that tasks waited by", async () => {
    const events = recorded.create().map((event) => (event.type === "report" ? { ...event, speed: 10 } : event));
    const { stdout } = await written(events);
    expect(stdout).toMatch(/^✔ ready · 5 created, 1 unchanged · 42 s · 7 min 0\d s of the sandbox's clock\n/);
    expect(stdout).toMatch(/longest path: .*\(\d+ s of the sandbox's clock\)/);
  });

  it("what does not change is not worth a line", async () => {
    const { stdout, stderr } = await written(recorded.createAgain());
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toMatch(/^✔ everything is as it should be · 6 unchanged/);
  });

  it("a plan's list is data, and the header is not", async () => {
    const { stdout, stderr } = await written(recorded.plan());
    expect(stderr).toBe("bia-infra 0.1.0 · aws · us-east-1 · account 123456789012 · stack bia\n");
    expect(stdout).toMatch(/^AULA 1: the work machine\n {2}= unchanged {2}default VPC/);
  });

  it("a failure ends with what to do, and leaves stdout empty", async () => {
    const { stdout, stderr } = await written(recorded.failure());
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n").at(-1)).toContain("Ask for iam:CreateRole");
    expect(stderr).toContain("instance bia-dev: skipped, role role-acesso-ssm failed\n");
  });

  it("what became of a task is told once where the end of the run says it in the same words", async () => {
    const why = "2 of its tasks ended badly\n| Error: no DB_HOST";
    const run = new recorded.Recording("deploy-version").started("ready").note("ready", "has started 2 tasks");
    const error = {
      what: "version v3 does not serve",
      why: `${why}\nrevision 2 (v2) serves again`,
      next: "Correct it.",
    };
    const { stderr } = await written(
      run
        .failed("ready", { what: "service bia failed", why, next: "" })
        .skipped("of another stage", "an earlier task failed")
        .report({ exitCode: 6, error }),
    );
    const [, end = ""] = stderr.split("\n\n");
    expect(end).toBe(`✖ ${error.what}\n  ${error.why.replaceAll("\n", "\n  ")}\n  → Correct it.\n`);
    expect(stderr).not.toContain("of another stage");
  });

  it("a warning says that it is one", async () => {
    expect((await written(recorded.interruption())).stderr).toContain("\nwarning: stopping: ");
  });

  it("nothing is coloured and nothing is drawn", async () => {
    const { stdout, stderr } = await written(recorded.create());
    expect(stdout + stderr).not.toContain("\x1b");
  });
});

describe("silence", () => {
  async function stderrAt(ms: number) {
    const stderr = new FakePipe();
    const view = await chooseView({ stdout: new FakePipe(), stderr, env: {} });
    const run = new recorded.Recording("destroy")
      .started("instance")
      .wait(500)
      .waiting("instance", "shutting-down", 40);
    playUntil(view, run.events, ms);
    return { stderr, view };
  }

  it("is broken every 30 s with what is being waited for", async () => {
    const { stderr, view } = await stderrAt(65_000);
    expect(stderr.written.split("\n").slice(2)).toEqual([
      "still working: instance bia-dev (30 s, shutting-down, usually 40 s)",
      "still working: instance bia-dev (1 min 00 s, shutting-down, usually 40 s)",
      "",
    ]);
    view.close();
  });

  it("is not broken earlier, nor after the end", async () => {
    const { stderr, view } = await stderrAt(29_000);
    expect(stderr.written).not.toContain("still working");
    view.close();
    vi.advanceTimersByTime(120_000);
    expect(stderr.written).not.toContain("still working");
    expect(vi.getTimerCount()).toBe(0);
  });
});
