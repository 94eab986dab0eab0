import { afterAll, describe, expect, it } from "vitest";
import { bareEnvironment, startCli } from "../support/cli.ts";
import { homeOf } from "../support/sandbox.ts";
import { expectGoodEnd } from "./one-call.ts";
import { chosen, sandboxFor, undisturbed } from "./undisturbed.ts";

/** The process of the command line, killed right after every changing call of create and of destroy. */

const normal = await undisturbed();
afterAll(() => normal.discard());

describe("the process is killed right after one call", () => {
  it.each(chosen(normal.cases, 3))("$command, $operation $nth", async ({ command, operation, nth }) => {
    const sandbox = await sandboxFor(command, normal);
    try {
      sandbox.world.faults.set([{ operation, nth, effect: "hang" }]);
      const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
      const killed = startCli([command, "--all", "--yes", "--json"], env);
      const ended = await Promise.race([sandbox.world.faults.struck(), killed.ended]);
      expect(ended).toBeUndefined();
      killed.child.kill("SIGKILL");
      await killed.ended;
      await expectGoodEnd(command, sandbox, normal);
    } finally {
      await sandbox.close();
    }
  });
});
