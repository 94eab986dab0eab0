import { describe, expect, it } from "vitest";
import { typed, withCommands, withCommandsIn } from "../../src/commands/self.ts";

/** As whoever has it installed types it. */
const SELF = "bia-infra";

describe("the commands that are told", () => {
  it("work on the same variables file and target as the command that tells them", () => {
    const called = { config: "my vars.ts", target: "aws" };
    expect(typed("bia-infra create --all", called, SELF)).toBe(
      'bia-infra create --all --config "my vars.ts" --target aws',
    );
    expect(withCommands("Wait, or use `bia-infra unlock`.", { target: "aws" }, SELF)).toBe(
      "Wait, or use `bia-infra unlock --target aws`.",
    );
  });

  it("keep what belongs to another program at their end, and the environment at their beginning", () => {
    const called = { target: "aws" };
    expect(withCommands("`bia-infra ssh -- docker ps`", called, SELF)).toBe(
      "`bia-infra ssh --target aws -- docker ps`",
    );
    expect(withCommands("(`AWS_REGION=sa-east-1 bia-infra destroy --all`)", called, SELF)).toBe(
      "(`AWS_REGION=sa-east-1 bia-infra destroy --all --target aws`)",
    );
  });

  it("give the sandbox's own commands no target and no variables, which those do not take", () => {
    expect(withCommands("until `bia-infra sandbox stop`", { config: "a.ts", target: "sandbox" }, SELF)).toBe(
      "until `bia-infra sandbox stop`",
    );
  });

  it("begin with npx for whoever has no bia-infra on the path, wherever they stand in an event", () => {
    expect(withCommands("`bia-infra doctor` says it", {}, "npx bia-infra")).toBe("`npx bia-infra doctor` says it");
    expect(withCommands("then run: bia-infra validate --config a.json", { config: "a.json" }, "npx bia-infra")).toBe(
      "then run: npx bia-infra validate --config a.json",
    );
    expect(withCommandsIn({ error: { next: "`bia-infra plan`" }, at: 1 }, { target: "aws" }, SELF)).toEqual({
      error: { next: "`bia-infra plan --target aws`" },
      at: 1,
    });
  });

  it("leave alone what is no command", () => {
    for (const text of ["bia-infra 0.1.0", "not made by bia-infra", "tag `bia-infra:stack`"])
      expect(withCommands(text, { target: "aws" }, "npx bia-infra")).toBe(text);
  });
});
