import { describe, expect, it } from "vitest";
import { askedFor, SharedReads } from "../../src/aws/shared-reads.ts";
import { BILLED } from "../../src/aws/tagged/index.ts";
import { tellLeftovers } from "../../src/commands/leftovers.ts";
import { sessionOn } from "../../src/commands/session.ts";
import { status } from "../../src/engine/status.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { createOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** Answers by counting how often it was asked. */
function counter() {
  let asked = 0;
  return async () => {
    asked += 1;
    return asked;
  };
}

/** The last task of stage 1, and with it all that it needs. */
const STAGE_1 = { only: "dev-database" };

describe("shared reads", () => {
  it("ask once for all who come with the same key", async () => {
    const shared = new SharedReads();
    const load = counter();
    expect(await Promise.all([shared.read("roles", load), shared.read("roles", load)])).toEqual([1, 1]);
    expect(await shared.read("groups", load)).toBe(2);
  });

  it("ask again once something was forgotten", async () => {
    const shared = new SharedReads();
    const load = counter();
    await shared.read("roles", load);
    shared.forget();
    expect(await shared.read("roles", load)).toBe(2);
  });

  it("do not keep a refusal, nor let an old one take away a newer answer", async () => {
    const shared = new SharedReads();
    const refused = shared.read("roles", () => Promise.reject(new Error("AccessDenied")));
    shared.forget();
    const newer = shared.read("roles", counter());
    await expect(refused).rejects.toThrow("AccessDenied");
    expect(await newer).toBe(1);
    expect(await shared.read("roles", counter())).toBe(1);
    await expect(shared.read("groups", () => Promise.reject(new Error("AccessDenied")))).rejects.toThrow();
    expect(await shared.read("groups", counter())).toBe(1);
  });

  it("ask for those of several ids only that nobody has asked for", async () => {
    const shared = new SharedReads();
    const asked: (readonly string[])[] = [];
    const load = async (ids: readonly string[]) => {
      asked.push(ids);
      return new Map(ids.filter((id) => id !== "gone").map((id) => [id, `tags of ${id}`]));
    };
    const first = await shared.each("tags", ["a", "gone"], load);
    expect(first).toEqual(new Map([["a", "tags of a"]]));
    expect([...(await shared.each("tags", ["a", "b"], load)).keys()]).toEqual(["a", "b"]);
    await shared.each("tags", ["a", "b", "gone"], load);
    expect(asked).toEqual([["a", "gone"], ["b"]]);
  });

  it("are untouched until the run has forgotten something, and again when a run begins", () => {
    const shared = new SharedReads();
    expect(shared.untouched).toBe(true);
    shared.forget();
    expect(shared.untouched).toBe(false);
    shared.restart();
    expect(shared.untouched).toBe(true);
  });

  it("know by what names all tasks of a kind ask", () => {
    const siblings = [{ name: "bia-db" }, { name: "bia-alb" }, { name: { not: "known yet" } }, { other: "x" }];
    expect(askedFor({ siblings }, "name", "bia-dev")).toEqual(["bia-alb", "bia-db", "bia-dev"]);
  });
});

type Calls = readonly (readonly [operation: string, calls: number])[];

/** The calls of a status command on the whole stack. */
async function statusOn(sandbox: RunningSandbox): Promise<Calls> {
  const session = await sessionOf(sandbox);
  const looks = status(session.run({ quiet: true }), session.selection.tasks);
  await tellLeftovers(session, looks, BILLED);
  session.clients.close();
  return [...session.clients.calls.byOperation];
}

async function sessionOf({ endpoint, keys: credentials }: RunningSandbox) {
  const { variables } = await load(undefined, `${import.meta.dirname}/../support`);
  const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
  const target = { name: "aws", region: "us-east-1", endpoint, credentials, speed: 1, isUsual: true } as const;
  const { signal } = new AbortController();
  return sessionOn(target, stack, { command: "status", options: {}, signal, emit: () => {} });
}

/** How many calls there are beside those that read roles, one by one. */
function withoutRoles(calls: Calls): number {
  const others = calls.filter(([operation]) => !/^iam:.*Role/.test(operation));
  return others.reduce((sum, [, count]) => sum + count, 0);
}

describe("create on a finished stack", () => {
  it("changes nothing and reads each sort of thing once", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox);
    const again = await createOn(sandbox);
    expect(again).toMatchObject({ failed: false, calls: { changing: 0 } });
    const severalTimes = [
      // IAM answers for one at a time: its listings leave out tags and policies.
      "iam:GetInstanceProfile",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      // Once for each type: load balancers, target groups, listeners.
      "elbv2:DescribeTags",
      // Once for each log group: they are listed by the beginning of their names, without their tags.
      "logs:DescribeLogGroups",
      "logs:ListTagsForResource",
    ];
    const repeated = Object.entries(again.byOperation).filter(
      ([operation, calls]) => calls > 1 && !severalTimes.includes(operation),
    );
    expect(repeated).toEqual([]);
    expect(Object.keys(again.byOperation)).not.toContain("ec2:DescribeTags");
    expect(withoutRoles(Object.entries(again.byOperation))).toBeLessThanOrEqual(44);

    // A status looks for what is left over, too: its listings are those of the tasks, and one of EC2's tags comes on top.
    const looked = await statusOn(sandbox);
    const more = looked.filter(([operation, calls]) => again.byOperation[operation] !== calls);
    expect(more).toEqual([["ec2:DescribeTags", 1]]);
    expect(withoutRoles(looked)).toBeLessThanOrEqual(45);
  });

  it("are not those of all roles of the account: each of ours is read by its name", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, STAGE_1);
    const again = await createOn(sandbox, STAGE_1);
    const ofRoles = Object.entries(again.byOperation).filter(([operation]) => /^iam:.*(Role|Account)/.test(operation));
    expect(ofRoles.map(([operation]) => operation).sort()).toEqual(["iam:GetRole", "iam:ListAttachedRolePolicies"]);
  });
});
