import { describe, expect, it } from "vitest";
import { disturbed } from "./one-call.ts";
import { stacksFor, undisturbed } from "./undisturbed.ts";

/**
 * Every changing call of create and of destroy, with its answer lost: whatever happened, the next run ends where an
 * undisturbed one ends. `npm run test:faults` goes through all of them, `npm test` through a sample.
 */

const normal = await undisturbed();

describe("the cases", () => {
  it("are all changing calls, the lock's among them", () => {
    const of = (command: string) => normal.cases.filter((one) => one.command === command).map((one) => one.operation);
    expect(of("create")[0]).toBe("ssm:PutParameter");
    expect(of("create").at(-1)).toBe("ssm:DeleteParameter");
    expect(of("create")).toEqual(expect.arrayContaining(["ec2:RunInstances", "ssm:SendCommand", "ecs:CreateService"]));
    expect(of("destroy")).toEqual(expect.arrayContaining(["ec2:TerminateInstances", "rds:DeleteDBInstance"]));
    expect(normal.cases.length).toBeGreaterThanOrEqual(90);
  });
});

describe("the answer of one call is lost", { timeout: 300_000 }, () => {
  it.each(stacksFor(normal.cases, 0))("$command, $calls", (one) => disturbed(one, "drop", normal));
});
