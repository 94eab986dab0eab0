import { describe, expect, it } from "vitest";
import { tellLeftovers } from "../../src/commands/leftovers.ts";
import { sessionOn } from "../../src/commands/session.ts";
import type { Message } from "../../src/engine/event.ts";
import { status } from "../../src/engine/status.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { ofBia } from "../support/of-bia.ts";
import { createOn, instanceIdOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

const here = { region: "us-east-1", target: "sandbox" } as const;

describe("what carries the stack's tag", () => {
  it("is told to be left over once the variables have another name for it, and only then", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "dev-instance" });
    const variables = ofBia((await load(undefined, `${import.meta.dirname}/../support`)).variables);
    const renamed = { ...variables.devMachine, name: "other" };
    const said = async (wanted: typeof variables) => {
      const messages: string[] = [];
      const target = { name: "aws", ...sandboxTarget(sandbox) } as const;
      const session = await sessionOn(target, stackOf(wanted, here), {
        command: "status",
        options: {},
        signal: new AbortController().signal,
        emit: (event) => event.type === "message" && messages.push((event as Message).text),
      });
      await tellLeftovers(session, status(session.run({ quiet: true }), session.selection.tasks));
      session.clients.close();
      return messages;
    };
    expect(await said(variables)).toEqual([]);
    const [text, ...more] = await said({ ...variables, devMachine: renamed });
    expect(more).toEqual([]);
    const machine = await instanceIdOn(sandbox);
    expect(text).toMatch(
      new RegExp(`^left over from earlier variables: .*instance ${machine} \\(made for dev-instance\\)`),
    );
    expect(text).toMatch(
      new RegExp(`volume vol-\\w+ \\(it is the disk of instance ${machine}, made for dev-instance\\)`),
    );
    expect(text).not.toMatch(/role|group/);
    // The machine is still in the group.
    const group = { ...variables.devMachine.securityGroup, name: "renamed" };
    expect(await said({ ...variables, devMachine: { ...variables.devMachine, securityGroup: group } })).toEqual([
      expect.stringMatching(/^left over from earlier variables: security group sg-\w+ \(made for dev-security-group\)/),
    ]);
  });
});

function sandboxTarget({ endpoint, keys }: Awaited<ReturnType<typeof sandboxForTest>>) {
  return { region: "us-east-1", endpoint, credentials: keys, speed: 1, isUsual: true };
}
