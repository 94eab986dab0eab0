import { describe, expect, it } from "vitest";
import { everythingOn } from "../support/everything.ts";
import { unfinished } from "../support/runs.ts";
import { act, type Command, chosen, sandboxFor, undisturbed } from "./undisturbed.ts";

/**
 * Each reading call of create and of destroy, showing for a while what there was three reads ago, while all others show what
 * there is: the run ends well by itself, and has made nothing twice.
 */

const normal = await undisturbed();

/** The reading calls of a command on the whole stack, each once. */
const readingCalls = (command: Command) =>
  [...new Set(normal.calls[command].reading)].map((operation) => ({ command, operation }));

const cases = [...readingCalls("create"), ...readingCalls("destroy")];

describe("one listing lags behind", () => {
  it("is tried with all of them, the look at what remains among them", () => {
    const of = (command: Command) => cases.filter((one) => one.command === command).map(({ operation }) => operation);
    expect(of("create")).toEqual(expect.arrayContaining(["route53:ListHostedZonesByName", "acm:ListCertificates"]));
    expect(of("destroy")).toEqual(expect.arrayContaining(["ecs:ListClusters", "ec2:DescribeTags", "iam:ListRoles"]));
  });

  it.each(chosen(cases, 5))("$command, $operation", async ({ command, operation }) => {
    const sandbox = await sandboxFor(command);
    try {
      // What AWS has made before is not what lags.
      await everythingOn(sandbox);
      sandbox.world.faults.set([{ operation, effect: { lag: 3 } }]);
      const run = await act(command, sandbox);
      sandbox.world.faults.set([]);
      expect(unfinished(run)).toEqual([]);
      expect(run.after).toEqual(command === "create" ? undefined : { left: [] });
      expect(await everythingOn(sandbox)).toEqual(command === "create" ? normal.created : normal.before);
    } finally {
      await sandbox.close();
    }
  });
});
