import { beforeEach, describe, expect, it, vi } from "vitest";
import { chooseView } from "../../src/terminal/choose-view.ts";
import { FakePipe, FakeTerminal, play, playUntil, show, startAtNoon } from "./fake-terminal.ts";
import * as recorded from "./recorded.ts";

beforeEach(startAtNoon);

/** A terminal that shows `events` up to `ms` after their start. */
async function during(events: ReturnType<typeof recorded.create>, ms: number, columns = 120, rows = 24) {
  const terminal = new FakeTerminal(columns, rows);
  const view = await chooseView({ stdout: terminal, stderr: terminal, env: {} });
  playUntil(view, events, ms);
  return { terminal, view };
}

/** Everything on a terminal after all of `events`. */
async function endOf(events: ReturnType<typeof recorded.create>, columns = 120) {
  const terminal = new FakeTerminal(columns, 60);
  await show(events, { stdout: terminal, stderr: terminal });
  return terminal.text();
}

const screenOf = async (terminal: FakeTerminal) => (await terminal.screen()).join("\n").trimEnd();

describe("while a run goes on, the terminal shows", () => {
  it("each task under its stage: what was done, what is waited for, what comes next", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000);
    expect(await screenOf(terminal)).toBe(`\
bia-infra 0.1.0 · sandbox (local, free) · us-east-1 · account 123456789012 · stack bia
the sandbox was started

AULA 1: the work machine
  ✔ default VPC                       unchanged         vpc-0123
  ✔ security group bia-dev            created    0.4 s  tcp 3001 from anywhere
  ✔ role role-acesso-ssm              created    0.5 s  3 policies
  ✔ instance profile role-acesso-ssm  created    8.5 s
  ⠋ instance bia-dev                  waiting      6 s  pending, usually 30 s
  · bia-dev set up                    after instance bia-dev

4 of 6 · 15 s · longest path: instance bia-dev, bia-dev set up`);
    view.close();
  });

  it("the same at 80 columns, with the header on two lines", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000, 80);
    expect(await screenOf(terminal)).toBe(`\
bia-infra 0.1.0 · sandbox (local, free) · us-east-1 · account 123456789012
stack bia
the sandbox was started

AULA 1: the work machine
  ✔ default VPC                       unchanged         vpc-0123
  ✔ security group bia-dev            created    0.4 s  tcp 3001 from anywhere
  ✔ role role-acesso-ssm              created    0.5 s  3 policies
  ✔ instance profile role-acesso-ssm  created    8.5 s
  ⠋ instance bia-dev                  waiting      6 s  pending, usually 30 s
  · bia-dev set up                    after instance bia-dev

4 of 6 · 15 s · longest path: instance bia-dev, bia-dev set up`);
    view.close();
  });

  it("titles and times only, where there are 40 columns", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000, 40);
    expect(await screenOf(terminal)).toBe(`\
bia-infra 0.1.0 · sandbox (local, free)
us-east-1 · account 123456789012
stack bia
the sandbox was started

AULA 1: the work machine
  ✔ default VPC               unchanged
  ✔ security group bia-dev    0.4 s
  ✔ role role-acesso-ssm      0.5 s
  ✔ instance profile role-a…  8.5 s
  ⠋ instance bia-dev          6 s
  · bia-dev set up

4 of 6 · 15 s · longest path: instance…`);
    view.close();
  });

  it("the last line of output of a task that has some, without its control sequences", async () => {
    const { terminal, view } = await during(recorded.create(), 36_000);
    expect(await screenOf(terminal)).toContain(
      "⠋ bia-dev set up                    working     14 s  docker version 25.0.8\n",
    );
    view.close();
  });

  it("below a task that waits how each thing is that it waits for, and what it has said last, where there is room", async () => {
    const run = new recorded.Recording("deploy-version").started("ready").wait(1_000);
    run.waiting("ready", "revision 2: 0 of 2 running, 1 starting; revision 1: 1 running; targets: 1 healthy", 120);
    for (const line of ["one", "two", "three", "four", "five", "six"]) run.note("ready", line);
    const shown = async (rows: number) => {
      startAtNoon();
      const { terminal, view } = await during(run.events, 2_000, 120, rows);
      const screen = await screenOf(terminal);
      view.close();
      return screen.slice(screen.indexOf("  ⠋ bia-dev set up"), screen.indexOf("\n\n0 of 6"));
    };
    expect(await shown(24)).toBe(`\
  ⠋ bia-dev set up                    waiting  2 s  usually 2 min
      revision 2: 0 of 2 running, 1 starting
      revision 1: 1 running
      targets: 1 healthy
      | two
      | three
      | four
      | five
      | six`);
    expect(await shown(14)).toBe("  ⠋ bia-dev set up                    waiting  2 s  six, usually 2 min");
  });

  it("seconds that pass and a sign that turns, although nothing happens", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000);
    vi.advanceTimersByTime(2_300);
    expect(await screenOf(terminal)).toContain("⠸ instance bia-dev                  waiting      8 s");
    view.close();
  });

  it("one line only while a plan looks around", async () => {
    const { terminal, view } = await during(recorded.plan(), 400);
    expect(await screenOf(terminal)).toBe(`\
bia-infra 0.1.0 · aws · us-east-1 · account 123456789012 · stack bia

⠼ looking at what is there · 0 of 6`);
    view.close();
  });

  it("nothing below the header before the first task, so that a question can stand there", async () => {
    const { terminal, view } = await during(new recorded.Recording("create").events, 5_000);
    expect(await screenOf(terminal)).toBe(
      "bia-infra 0.1.0 · sandbox (local, free) · us-east-1 · account 123456789012 · stack bia",
    );
    expect(terminal.cursorIsShown).toBe(true);
    view.close();
  });

  it("messages above the tree", async () => {
    const { terminal, view } = await during(recorded.interruption(), 6_000);
    const lines = (await screenOf(terminal)).split("\n");
    expect(lines[1]).toBe("! stopping: calls under way may end, nothing new is started (Ctrl-C again leaves at once)");
    expect(lines[3]).toBe("AULA 1: the work machine");
    view.close();
  });
});

describe("when a run has ended, the terminal keeps", () => {
  it("the tree, what exists now and where, what it costs and what one would do next", async () => {
    expect(await endOf(recorded.create())).toBe(`\
bia-infra 0.1.0 · sandbox (local, free) · us-east-1 · account 123456789012 · stack bia
the sandbox was started

AULA 1: the work machine
  ✔ default VPC                       unchanged         vpc-0123
  ✔ security group bia-dev            created    0.4 s  tcp 3001 from anywhere
  ✔ role role-acesso-ssm              created    0.5 s  3 policies
  ✔ instance profile role-acesso-ssm  created    8.5 s
  ✔ instance bia-dev                  created     13 s  i-0a1b2c3d4e5f60718, 127.0.0.1
  ✔ bia-dev set up                    created     20 s  docker 25.0.8, compose v2.23.3

✔ ready · 5 created, 1 unchanged · 42 s

  work machine  i-0a1b2c3d4e5f60718
  address       127.0.0.1

  free here; on AWS it would be about $0.0174 per hour, $12.70 per month
  longest path: role role-acesso-ssm, instance profile role-acesso-ssm, instance bia-dev, bia-dev set up (42 s)

Next:
  bia-infra status
  bia-infra destroy --all`);
  });

  it("that there was nothing to do", async () => {
    expect(await endOf(recorded.createAgain())).toContain(
      "\n✔ everything is as it should be · 6 unchanged · 0.8 s · 0 changing calls\n",
    );
  });

  it("the plan, with each field that would change", async () => {
    expect(await endOf(recorded.plan())).toBe(`\
bia-infra 0.1.0 · aws · us-east-1 · account 123456789012 · stack bia

AULA 1: the work machine
  = unchanged  default VPC  vpc-0123
  ~ update     security group bia-dev
               ingress tcp 3001 0.0.0.0/0: none -> allowed
               tags Name: x -> sgCurso117
  ! not ours   role role-acesso-ssm
  + create     instance profile role-acesso-ssm
  ~ update     instance bia-dev
               needs replacement: imageId from ami-1 to ami-2
  ? blocked    bia-dev set up  known after instance bia-dev

1 to create, 2 to update, 1 unchanged, 1 not ours, 1 blocked

! used as it is, not made by bia-infra: role role-acesso-ssm
  --adopt takes it over, so that it is kept in shape and removed with the rest

  about $0.0174 per hour, $12.70 per month

Next:
  bia-infra create --stage 1 --target aws`);
  });

  it("that a plan has no changes", async () => {
    expect((await endOf(recorded.planOfNothing())).split("\n").at(-1)).toBe("no changes: 6 unchanged");
  });

  it("the status, in words that fit what is", async () => {
    const text = await endOf(recorded.status());
    expect(text).toContain("\n  = ready      role role-acesso-ssm  3 policies\n");
    expect(text).toContain(
      "\n  ~ differs    security group bia-dev\n               ingress tcp 22 0.0.0.0/0: allowed -> none\n",
    );
    expect(text).toContain("\n  . not there  instance bia-dev\n");
    expect(text.split("\n").at(-1)).toBe("1 differs, 3 ready, 1 not there, 1 blocked");
  });

  it("what a destroy removed and what it left alone", async () => {
    const text = await endOf(recorded.destroy());
    expect(text).toContain("\n✔ removed · 3 removed, 2 not there, 1 not ours · 36 s\n");
    expect(text).toContain("\n! left alone, not made by bia-infra: role role-acesso-ssm\n");
    expect(text).not.toContain("--adopt");
  });

  it("a failure: what, why in AWS's own words, and as the last line what to do", async () => {
    expect((await endOf(recorded.failure())).split("\n\n").slice(-2).join("\n\n")).toBe(`\
1 created, 1 unchanged, 1 failed, 3 skipped · 0.7 s

✖ role role-acesso-ssm could not be created
  | asking IAM
  AccessDenied: User: arn:aws:iam::123456789012:user/ana is not authorized to perform: iam:CreateRole
  request id 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE
  → Ask for iam:CreateRole, then run \`bia-infra create --stage 1\` again.`);
  });

  it("how to go on after an interruption", async () => {
    expect((await endOf(recorded.interruption())).split("\n").at(-1)).toBe(
      "  → Run `bia-infra create --stage 1` again: it goes on from where it stopped.",
    );
  });

  it("why a run never began", async () => {
    expect(await endOf(recorded.refusal())).toBe(`\
✖ create could not be carried out
  config/bia.ts cannot be used:

    region
      is 5`);
  });
});

describe("the terminal is left as it was found", () => {
  it.each([recorded.create, recorded.plan, recorded.failure, recorded.interruption])("after %o", async (events) => {
    const terminal = new FakeTerminal(80, 24);
    await show(events(), { stdout: terminal, stderr: terminal });
    expect(terminal.written).toContain("\x1b[?25l");
    expect(terminal.cursorIsShown).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("when a run breaks off without a report; what was under way stays readable", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000);
    view.close();
    expect(terminal.cursorIsShown).toBe(true);
    expect(await screenOf(terminal)).toContain("⠋ instance bia-dev                  waiting      6 s");
  });

  it("when the process ends in the middle of a run", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000);
    const [restore] = process.listeners("exit").slice(-1);
    expect(terminal.cursorIsShown).toBe(false);
    restore?.(1);
    expect(terminal.cursorIsShown).toBe(true);
    view.close();
    expect(process.listeners("exit")).not.toContain(restore);
  });
});

describe("redrawing in place", () => {
  const occurrences = (text: string, part: string) => text.split(part).length - 1;

  it.each([120, 80, 40])("leaves one tree at %i columns, whatever was drawn in between", async (columns) => {
    const text = await endOf(recorded.create(), columns);
    expect(occurrences(text, "AULA 1")).toBe(1);
    expect(occurrences(text, "bia-infra 0.1.0")).toBe(1);
    expect(text).not.toContain("of 6");
  });

  it("never writes a line that is as wide as the terminal, because some would wrap it", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000, 40);
    for (const line of await terminal.screen()) expect(line.length).toBeLessThan(40);
    view.close();
  });

  it("survives a terminal that becomes narrower and wider again", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000, 120);
    for (const columns of [60, 45, 100]) {
      await terminal.screen();
      terminal.resize(columns, 24);
      vi.advanceTimersByTime(100);
    }
    const text = await terminal.text();
    expect(occurrences(text, "AULA 1")).toBe(1);
    expect(occurrences(text, "of 6")).toBe(1);
    view.close();
  });

  it("draws each frame as one piece, so that nothing flickers", async () => {
    const { terminal, view } = await during(recorded.create(), 15_000);
    terminal.written = "";
    vi.advanceTimersByTime(100);
    expect(terminal.written.startsWith("\x1b[?2026h")).toBe(true);
    expect(terminal.written.indexOf("\x1b[?2026l")).toBe(terminal.written.length - "\x1b[?2026l".length);
    expect(terminal.written).not.toContain("\x1b[2J");
    view.close();
  });
});

describe("more tasks than rows", () => {
  function busy() {
    const run = recorded.longCreate(40).started("t0", "t1", "t2", "t3", "t4", "t39").wait(1_000);
    for (const id of ["t0", "t1", "t2"]) run.done(id, recorded.CREATED);
    return run.wait(1_000).failed("t3", { what: "t3 failed", why: "why", next: "next" }).events;
  }

  it("show what is running and what failed, and count the rest", async () => {
    const { terminal, view } = await during(busy(), 3_000, 80, 12);
    const screen = await screenOf(terminal);
    expect(screen).toContain("thing number 4  ");
    expect(screen).toContain("thing number 39");
    expect(screen).toContain("✖ thing number 3 ");
    expect(screen).toMatch(/\n {2}· 3 more done, \d+ more to come\n\n4 of 40/);
    view.close();
  });

  it("never push a frame out at the top of the screen", async () => {
    const { terminal, view } = await during(busy(), 9_000, 80, 8);
    expect((await terminal.text()).split("4 of 40").length - 1).toBe(1);
    view.close();
  });

  it.each([
    [40, 24],
    [80, 24],
  ])("put a stage that is done on one line, in %i columns and %i rows", async (columns, rows) => {
    const { terminal, view } = await during(recorded.bothStages().events, 5_000, columns, rows);
    const screen = await screenOf(terminal);
    expect(screen).toMatch(/^✔ .+ {2}10 done$/m);
    expect(screen).not.toContain("machine part");
    for (let index = 20; index < 25; index++) expect(screen).toContain(`app part ${index}`);
    expect(screen).toMatch(/· \d+ more done/);
    expect((await terminal.text()).split("30 of 45").length - 1).toBe(1);
    view.close();
  });

  it("show all of them where there is room, and how long a wait usually takes", async () => {
    const { terminal, view } = await during(recorded.bothStages().events, 5_000, 100, 54);
    const screen = await screenOf(terminal);
    expect(screen).toContain("machine part 0");
    expect(screen).toContain("app part 34");
    expect(screen).toMatch(/app part 20 +waiting +\d+ s +creating, usually 6 min/);
    view.close();
  });

  it("are all listed at the end", async () => {
    const run = recorded.longCreate(40);
    for (let index = 0; index < 40; index++) run.started(`t${index}`).done(`t${index}`, recorded.CREATED);
    const terminal = new FakeTerminal(80, 10);
    await show(run.wait(500).report(), { stdout: terminal, stderr: terminal });
    const text = await terminal.text();
    for (let index = 0; index < 40; index++) expect(text).toMatch(new RegExp(`✔ thing number ${index}\\b`));
    expect(text).toContain("40 created");
  });
});

describe("text from elsewhere", () => {
  const hostile = "\x1b[2J\x1b[H\x1b]0;owned\x07gone\r\x1b[31mred\x9b2K\x08";

  it("cannot move the cursor, clear the screen or colour what follows", async () => {
    const events = new recorded.Recording("create")
      .started("group", "role")
      .wait(100)
      .note("group", hostile)
      .wait(2_000);
    const { terminal, view } = await during(events.events, 2_000);
    expect(await screenOf(terminal)).toContain("⠋ security group bia-dev");
    expect(await screenOf(terminal)).toMatch(/^bia-infra 0\.1\.0/);
    for (const part of ["owned", "\x1b[2J", "\x1b[31m", "\x9b"]) expect(terminal.written).not.toContain(part);
    view.close();
  });

  it("may be in wide characters, and the columns stay in line", async () => {
    const tasks = [
      { ...recorded.TASKS[0], id: "a", title: "メディア 機械 🚀", kind: "x", stage: "1", after: [] },
      { ...recorded.TASKS[0], id: "b", title: "role ação", kind: "x", stage: "1", after: [] },
    ];
    const run = new recorded.Recording("create", { tasks }).started("a", "b").wait(200);
    const { terminal, view } = await during(
      run.done("a", recorded.CREATED, "機".repeat(60)).done("b", recorded.CREATED).events,
      300,
      60,
    );
    const [a, b] = (await terminal.screen()).slice(4);
    // Rows of the emulator: a wide character counts once in the string and twice on the screen.
    expect(a).toMatch(/^ {2}✔ メディア 機械 🚀 {2}created {2}0\.2 s {2}機+…$/);
    expect(b).toBe("  ✔ role ação         created  0.2 s");
    view.close();
  });
});

it("the result goes to stdout and everything else to stderr, so that either can be piped", async () => {
  const { stdout, stderr } = await show(recorded.create(), {
    stdout: new FakePipe(),
    stderr: new FakeTerminal(100, 40),
  });
  expect(stdout.written).toMatch(/^✔ ready · 5 created/);
  expect(stdout.written).not.toContain("\x1b");
  expect(await stderr.text()).not.toContain("Next:");
});

it("events after the report, such as a late message, do not bring the tree back", async () => {
  const terminal = new FakeTerminal(100, 40);
  const view = await chooseView({ stdout: terminal, stderr: terminal, env: {} });
  play(view, recorded.create());
  const before = await terminal.text();
  play(view, [{ type: "message", at: recorded.NOON + 60_000, level: "info", text: "bye" }]);
  vi.advanceTimersByTime(1_000);
  expect(await terminal.text()).toBe(`${before}\nbye`);
  view.close();
});
