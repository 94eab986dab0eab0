import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { bareEnvironment, reportOf, runCli, startCli } from "../support/cli.ts";
import { everything } from "../support/everything.ts";
import { type NumberedCall, numberedCalls } from "../support/numbered-calls.ts";
import { createOn, destroyOn, planOn, verdicts } from "../support/runs.ts";

/**
 * Every changing call of create and of destroy, with the process killed right after it, with its answer lost, and failed
 * once before it. Whatever happened, the next run must end where an undisturbed one ends. `npm run test:faults` goes
 * through all of them, `npm test` through a sample.
 */

/** The changing calls of an undisturbed create and destroy, and what each leaves behind. */
interface Undisturbed {
  readonly before: Record<string, unknown>;
  readonly created: Record<string, unknown>;
  readonly calls: { readonly create: readonly string[]; readonly destroy: readonly string[] };
}

const COUNT_ONLY: FaultRule = { operation: "changing", effect: { latency: 0 } };

async function newSandbox(): Promise<RunningSandbox> {
  return startSandbox({ delays: "none" });
}

/** A look at how it goes when nothing goes wrong, from which the cases below are made. */
async function undisturbed(): Promise<Undisturbed> {
  const sandbox = await newSandbox();
  try {
    const before = await everything(sandbox);
    sandbox.world.faults.set([COUNT_ONLY]);
    await createOn(sandbox);
    const create = sandbox.world.faults.strikes()[0]?.calls ?? [];
    const created = await everything(sandbox);
    sandbox.world.faults.set([COUNT_ONLY]);
    await destroyOn(sandbox);
    const destroy = sandbox.world.faults.strikes()[0]?.calls ?? [];
    return { before, created, calls: { create, destroy } };
  } finally {
    await sandbox.close();
  }
}

const normal = await undisturbed();
const cases = (["create", "destroy"] as const).flatMap((command) =>
  certain(normal.calls[command]).map((call, index) => ({ command, index, ...call })),
);

/** The calls that a run makes however slow it is: every script has a receipt, its output may be looked at any number of times. */
function certain(calls: readonly string[]): NumberedCall[] {
  const scripts = calls.filter((call) => call === "ec2:CreateTags").length;
  const most: Readonly<Record<string, number>> = { "ssm:SendCommand": scripts, "ssm:PutParameter": 1 };
  return numberedCalls(calls).filter(({ operation, nth }) => nth <= (most[operation] ?? Number.POSITIVE_INFINITY));
}

/** Of how many calls of a command the sample takes one. */
const SAMPLE = 7;

/** The cases to go through: all of them, or a sample that is the same each time; `first` tells which calls it takes. */
function chosen(first: number): typeof cases {
  if (process.env.BIA_FAULTS === "all") return cases;
  return cases.filter(({ index }) => index % SAMPLE === first);
}

describe("the cases", () => {
  it("are all changing calls, the lock's among them", () => {
    expect(normal.calls.create).toContain("ec2:RunInstances");
    expect(normal.calls.create).toContain("iam:AddRoleToInstanceProfile");
    expect(normal.calls.create).toContain("ssm:SendCommand");
    expect(normal.calls.create[0]).toBe("ssm:PutParameter");
    expect(normal.calls.create.at(-1)).toBe("ssm:DeleteParameter");
    expect(normal.calls.destroy).toContain("ec2:TerminateInstances");
    expect(cases.length).toBeGreaterThanOrEqual(20);
  });
});

describe("the answer of one call is lost", () => {
  it.each(chosen(1))("$command, $operation $nth", async ({ command, operation, nth }) => {
    await disturbed(command, [{ operation, nth, effect: "drop" }]);
  });
});

describe("one call fails before it does anything", () => {
  it.each(chosen(2))("$command, $operation $nth: with a fault that passes", async ({ command, operation, nth }) => {
    const error = { code: "InternalFailure", status: 500 };
    await disturbed(command, [{ operation, nth, effect: { error } }]);
  });

  it.each(chosen(3))("$command, $operation $nth: with a refusal", async ({ command, operation, nth }) => {
    const error = { code: "AccessDenied", status: 403 };
    await disturbed(command, [{ operation, nth, effect: { error } }]);
  });
});

/** Runs with the fault, then again without it, and compares the end with that of an undisturbed run. */
async function disturbed(command: "create" | "destroy", rules: FaultRule[]): Promise<void> {
  const sandbox = await newSandbox();
  try {
    if (command === "destroy") await createOn(sandbox);
    const act = command === "create" ? createOn : destroyOn;
    sandbox.world.faults.set(rules);
    // A lock that could not be given back ends the run with an error, as it should; the next one then takes it over.
    await act(sandbox).catch(() => {});
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
    sandbox.world.faults.set([]);
    await removeLock(sandbox);
    expect((await act(sandbox)).failed).toBe(false);
    await expectEnd(sandbox, command);
  } finally {
    await sandbox.close();
  }
}

async function expectEnd(sandbox: RunningSandbox, command: "create" | "destroy"): Promise<void> {
  expect(await everything(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
  const again = await (command === "create" ? createOn : destroyOn)(sandbox);
  expect(again.calls.changing).toBe(0);
}

async function removeLock(sandbox: RunningSandbox): Promise<void> {
  const unlocked = await runCli(["unlock", "--target", "aws", "--yes"], environment(sandbox));
  expect(unlocked, unlocked.stderr).toMatchObject({ code: 0 });
}

describe("the process is killed right after one call", () => {
  it.concurrent.each(chosen(4))("$command, $operation $nth", async ({ command, operation, nth }) => {
    const sandbox = await newSandbox();
    const env = environment(sandbox);
    const args = ["--all", "--yes", "--json", "--target", "aws"];
    try {
      if (command === "destroy") await createOn(sandbox);
      sandbox.world.faults.set([{ operation, nth, effect: "hang" }]);
      const killed = startCli([command, ...args], env);
      const ended = await Promise.race([sandbox.world.faults.struck(), killed.ended]);
      expect(ended).toBeUndefined();
      killed.child.kill("SIGKILL");
      await killed.ended;
      sandbox.world.faults.set([]);
      await removeLock(sandbox);
      const again = await runCli([command, ...args], env);
      expect(reportOf(again)).toMatchObject({ exitCode: 0 });
      await expectEnd(sandbox, command);
    } finally {
      await sandbox.close();
    }
  });
});

function environment(sandbox: RunningSandbox): NodeJS.ProcessEnv {
  return bareEnvironment({
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: sandbox.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.keys.secretAccessKey,
    AWS_REGION: "us-east-1",
  });
}

describe("a run in bad weather ends like any other", () => {
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    sandbox = await newSandbox();
  });

  afterAll(() => sandbox.close());

  const weathers: Record<string, FaultRule[]> = {
    "a fifth of all calls is throttled": [{ operation: "any", probability: 0.2, effect: "throttle" }],
    "reads lag behind by three": [{ operation: "reading", effect: { lag: 3 } }],
  };

  it.each(Object.entries(weathers))("%s", async (_, rules) => {
    sandbox.world.faults.set(rules);
    expect((await createOn(sandbox)).failed).toBe(false);
    sandbox.world.faults.set([]);
    expect(await everything(sandbox)).toEqual(normal.created);
    expect(new Set(Object.values(verdicts(await planOn(sandbox))))).toEqual(new Set(["unchanged"]));
    sandbox.world.faults.set(rules);
    expect((await destroyOn(sandbox)).failed).toBe(false);
    sandbox.world.faults.set([]);
    expect(await everything(sandbox)).toEqual(normal.before);
  });

  it("a new instance profile stays invisible to EC2 for a while, and nothing changes but the time", async () => {
    const slow = await startSandbox({ delays: "real", speed: 60 });
    try {
      const created = await createOn(slow);
      expect(created.failed).toBe(false);
      expect(created.events).toContainEqual(
        expect.objectContaining({ type: "waiting", task: "dev-instance", reason: expect.stringContaining("made") }),
      );
      expect(await everything(slow)).toEqual(normal.created);
    } finally {
      await slow.close();
    }
  });
});
