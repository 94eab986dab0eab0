import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { Session } from "../../src/commands/session.ts";
import type { Ensured } from "../../src/engine/ensure.ts";
import { LookAhead } from "../../src/engine/look-ahead.ts";
import type { Told } from "../../src/engine/outcome.ts";
import type { AnyTask, Stack } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { everything } from "../support/everything.ts";
import { type NumberedCall, numberedCalls } from "../support/numbered-calls.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";
import { copiesOf } from "./copies.ts";

/** A change behind our back, and the field of the plan that must name it. */
export interface Drift {
  readonly field: RegExp;
  readonly make: (aws: AwsClients) => Promise<unknown>;
}

/** What every kind promises, shown with one task that is of it. */
export interface Contract {
  /** Id of the task. */
  readonly task: string;
  /** Where the task is from. Default: the bia stack. */
  readonly stack?: Stack;
  /** Every field that can be changed in place, by what is changed. */
  readonly drifts: Readonly<Record<string, Drift>>;
  /** Changes the sandbox before anything else happens, e.g. what must be there and is made by nobody. */
  readonly prepare?: (sandbox: RunningSandbox) => Promise<unknown>;
}

const COUNT_ONLY: FaultRule = { operation: "changing", effect: { latency: 0 } };
/** Codes of EC2 for what is not seen yet and for what is busy: kinds take those of all services for the same. */
const PATIENCE = ["InvalidResource.NotFound", "IncorrectState"] as const;
/** Of every call the first answer is lost, as long as calls follow each other: the SDK makes it again, and AWS has done it already. */
const EVERY_ANSWER_LOST_ONCE: FaultRule = {
  operation: "changing",
  nth: Array.from({ length: 100 }, (_, index) => 2 * index + 1),
  effect: "drop",
};
const REFUSED = { error: { code: "AccessDenied", status: 403 } } as const;

interface SeenAndMade {
  readonly made: object;
  readonly seen: unknown;
}

/** How the create of a task goes when nothing goes wrong. */
interface Undisturbed {
  /** Its changing calls, those of the lock aside. */
  readonly calls: readonly NumberedCall[];
  /** All that there is afterwards. */
  readonly whole: unknown;
}

/** Asserts the contract of kinds: planned, created, unchanged, repaired, resumed, removed, removed twice. */
export function describeContract({ task, stack, drifts, prepare }: Contract): void {
  const part = stack === undefined ? {} : { stack };
  const only = { ...part, only: task };

  /** What the create took the thing for, maybe without looking, and what a look says. */
  async function seenAndMade(session: Session, outcomes: Map<AnyTask, Outcome<Told>>): Promise<SeenAndMade> {
    const [one, outcome] = [...outcomes].find(([{ id }]) => id === task) ?? [];
    if (!one || outcome?.is !== "done") throw new Error(`${task} was not made`);
    const { actual: seen } = await new LookAhead(session.run(), [...outcomes.keys()], [one]).of(one);
    // A database moves on by itself.
    const { status: _, ...made } = (outcome.result as Ensured).actual as { readonly status?: string };
    return { made, seen };
  }

  async function newSandbox(): Promise<RunningSandbox> {
    const sandbox = await sandboxForTest({ delays: "none" });
    await prepare?.(sandbox);
    return sandbox;
  }

  const sandboxWithNeeds = copiesOf(async (sandbox) => {
    await prepare?.(sandbox);
    await createOn(sandbox, { ...part, needsOf: task });
  });

  const sandboxWithTask = copiesOf(async (sandbox) => {
    await prepare?.(sandbox);
    await createOn(sandbox, only);
  });

  let known: Promise<Undisturbed> | undefined;
  /** Found out once, by whichever test asks first. */
  function undisturbed(): Promise<Undisturbed> {
    known ??= makeUndisturbed();
    return known;
  }

  async function makeUndisturbed(): Promise<Undisturbed> {
    const sandbox = await sandboxWithNeeds();
    sandbox.world.faults.set([COUNT_ONLY]);
    await createOn(sandbox, only);
    // The first and the last are the lock's: one that stays until it expires is shown in test/faults.
    const calls = certain(numberedCalls(sandbox.world.faults.strikes()[0]?.calls ?? []).slice(1, -1));
    const whole = await everything(sandbox);
    // The other copies have the same machine, at the same address.
    await sandbox.close();
    return { calls, whole };
  }

  describe(`the task ${task}`, () => {
    it("is planned as a create while it is absent, without a changing call", async () => {
      const planned = await planOn(await newSandbox(), only);
      expect(verdicts(planned)[task]).toBe("create");
      expect(planned.calls.changing).toBe(0);
    });

    it("is created, then planned as unchanged, and changes nothing the second time", async () => {
      const sandbox = await newSandbox();
      const first = await createOn(sandbox, { ...only, after: seenAndMade });
      expect(first.tasks.find(({ id }) => id === task)).toMatchObject({ verdict: "create" });
      const { made, seen } = first.after as SeenAndMade;
      expect(seen, "what create answers is what find says").toMatchObject(made);
      expect(verdicts(await planOn(sandbox, only))[task]).toBe("unchanged");
      const second = await createOn(sandbox, only);
      expect(new Set(Object.values(verdicts(second)))).toEqual(new Set(["unchanged"]));
      expect(second.calls.changing).toBe(0);
    });

    it.each(Object.entries(drifts))(
      "has %s named by the plan and repaired by create, whatever answers are lost",
      async (_, { field, make }) => {
        const sandbox = await sandboxWithTask();
        const before = await everything(sandbox);
        const aws = clientsOf(sandbox);
        await make(aws);
        aws.close();
        const planned = (await planOn(sandbox, only)).tasks.find(({ id }) => id === task);
        expect(planned).toMatchObject({ verdict: "update" });
        expect(planned?.changes?.map((change) => change.field)).toContainEqual(expect.stringMatching(field));
        sandbox.world.faults.set([EVERY_ANSWER_LOST_ONCE]);
        expect((await createOn(sandbox, only)).tasks.find(({ id }) => id === task)).toMatchObject({
          verdict: "update",
        });
        sandbox.world.faults.set([]);
        expect(verdicts(await planOn(sandbox, only))[task]).toBe("unchanged");
        expect(await everything(sandbox)).toEqual(before);
      },
    );

    it("is removed, and removed twice, and leaves the account as it was", async () => {
      const sandbox = await newSandbox();
      const before = await everything(sandbox);
      await createOn(sandbox, only);
      const first = await destroyOn(sandbox, only);
      expect(first.failed).toBe(false);
      expect(await everything(sandbox)).toEqual(before);
      const second = await destroyOn(sandbox, only);
      expect(new Set(Object.values(verdicts(second)))).toEqual(new Set(["absent"]));
      expect(second.calls.changing).toBe(0);
    });

    it("is created by the next run wherever one was cut off before", async () => {
      const { calls, whole } = await undisturbed();
      expect(calls.length).toBeGreaterThan(0);
      for (const { operation, nth } of calls) {
        const sandbox = await sandboxWithNeeds();
        sandbox.world.faults.set([{ operation, nth, effect: REFUSED }]);
        await createOn(sandbox, only);
        sandbox.world.faults.set([]);
        const cut = `cut off at ${operation} ${nth}`;
        expect((await createOn(sandbox, only)).failed, cut).toBe(false);
        expect(await everything(sandbox), cut).toEqual(whole);
        await sandbox.close();
      }
    });

    it.each(PATIENCE)("is made once although AWS asks for patience anywhere in the middle: %s", async (code) => {
      const { calls, whole } = await undisturbed();
      for (const together of onceOfEachOperation(calls)) {
        const sandbox = await sandboxWithNeeds();
        const { faults } = sandbox.world;
        faults.set(together.map((call) => ({ ...call, effect: { error: { code } } })));
        const refused = together.map(({ operation, nth }) => `${operation} ${nth}`).join(", ");
        expect((await createOn(sandbox, only)).failed, refused).toBe(false);
        expect(faults.strikes().filter(({ struck, rule }) => struck === 0 && rule.operation !== LOOK)).toEqual([]);
        faults.set([]);
        expect(await everything(sandbox), refused).toEqual(whole);
        await sandbox.close();
      }
    });
  });
}

/** Runs a script on a machine, or looks at what one that runs there has written: as often as the computer is slow. */
const LOOK = "ssm:SendCommand";

/** All but the later looks at a script that still runs: each script has a receipt, which is a tag. */
function certain(calls: readonly NumberedCall[]): NumberedCall[] {
  const scripts = calls.filter(({ operation }) => operation === "ec2:CreateTags").length;
  return calls.filter(({ operation, nth }) => operation !== LOOK || nth <= scripts + 1);
}

/** The first calls of all operations, the second ones, and so on: refusing one of an operation moves none of the others. */
function onceOfEachOperation(calls: readonly NumberedCall[]): NumberedCall[][] {
  const nths = [...new Set(calls.map(({ nth }) => nth))];
  return nths.map((nth) => calls.filter((call) => call.nth === nth));
}
