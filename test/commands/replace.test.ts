import { describe, expect, it } from "vitest";
import { removeReplaced, replacingOf, tasksNamed } from "../../src/commands/replace.ts";
import { sessionOn } from "../../src/commands/session.ts";
import { RunStopped } from "../../src/engine/errors.ts";
import { type Stack, task } from "../../src/engine/task.ts";
import { defaultVpc } from "../../src/kinds/ec2/default-vpc.ts";
import { securityGroup } from "../../src/kinds/ec2/security-group.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { everything } from "../support/everything.ts";
import { createOn, planOn, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** Two groups, of which one lets the other in, with this description of the one that is let in. */
function stackWith(description: string): Stack {
  const vpc = task("vpc", "default VPC", defaultVpc, { zones: [] });
  const vpcId = vpc.out((found) => found.vpcId);
  const inner = { description, vpcId, ingress: [], tags: {} };
  const guest = task("guest", "security group guest", securityGroup, { name: "guest-group", ...inner });
  const host = task("host", "security group host", securityGroup, {
    name: "host-group",
    ...inner,
    description: "host",
    ingress: [{ protocol: "tcp", fromPort: 5432, toPort: 5432, sourceGroup: guest.out(({ groupId }) => groupId) }],
  });
  const stage = { name: "1", title: "1", outputs: {}, costs: [] };
  const later = task("later", "later", securityGroup, { ...inner, name: "host-group", description: "later" });
  return {
    name: "bia",
    stages: [
      { ...stage, tasks: [vpc, guest, host] },
      { ...stage, name: "2", tasks: [later] },
    ],
  };
}

async function sessionOf(sandbox: RunningSandbox, stack: Stack) {
  const target = {
    name: "aws",
    region: "us-east-1",
    endpoint: sandbox.endpoint,
    credentials: sandbox.keys,
    isUsual: false,
    speed: 1,
  } as const;
  const { signal } = new AbortController();
  return sessionOn(target, stack, { command: "create", options: { stage: ["1"] }, signal, emit: () => {} });
}

describe("--replace", () => {
  it("knows a task by its id and by the name of its thing", () => {
    const stack = stackWith("a");
    expect([...tasksNamed(stack, ["guest", "security group host", "guest-group"])]).toEqual(["guest", "host"]);
  });

  it("refuses a name that nothing has, with one that is near, and a name that several have", () => {
    const refusal = (name: string) => {
      try {
        tasksNamed(stackWith("a"), [name]);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refusal("gest-group")).toMatchObject({ exitCode: 2, next: "Did you mean --replace guest-group?" });
    expect(refusal("host-group")).toMatchObject({
      exitCode: 2,
      next: "Say which one: --replace host or --replace later.",
    });
    expect(refusal("something else")).toBeInstanceOf(RunStopped);
  });

  it("makes a security group with another description anew, and lets groups that mention it stay", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const stack = stackWith("before");
    const only = "host";
    await createOn(sandbox, { stack, only });
    const wanted = stackWith("after");
    const refused = await createOn(sandbox, { stack: wanted, only });
    expect(refused.tasks.find(({ id }) => id === "guest")?.error?.why).toContain(
      "needs replacement: AWS cannot change description from before to after",
    );
    expect(refused.calls.changing).toBe(0);

    const session = await sessionOf(sandbox, wanted);
    const replacing = await replacingOf(session, ["guest-group"]);
    expect(replacing?.replacements.map(({ task: { id }, takes }) => [id, takes])).toEqual([["guest", []]]);
    if (replacing) await removeReplaced(session, replacing);
    await session.lock.release();
    session.clients.close();

    const made = await createOn(sandbox, { stack: wanted, only });
    expect(made.failed).toBe(false);
    expect(verdicts(made)).toMatchObject({ guest: "create", host: "update" });
    expect(verdicts(await planOn(sandbox, { stack: wanted, only }))).toMatchObject({
      guest: "unchanged",
      host: "unchanged",
    });
    expect(JSON.stringify(await everything(sandbox))).toContain("after");
  });

  it("has nothing to do where nothing has to be made anew", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const stack = stackWith("same");
    await createOn(sandbox, { stack, only: "host" });
    const session = await sessionOf(sandbox, stack);
    expect((await replacingOf(session, ["guest"]))?.replacements).toEqual([]);
    session.clients.close();
  });
});
