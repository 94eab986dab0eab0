import { describe, expect, it } from "vitest";
import { bareEnvironment, startCli } from "../support/cli.ts";
import { homeOf } from "../support/sandbox.ts";
import { expectGoodEnd, haveAllStruck } from "./one-call.ts";
import { sandboxFor, stacksFor, undisturbed, unlock } from "./undisturbed.ts";

/** The process of the command line, killed right after every changing call of create and of destroy. */

const normal = await undisturbed();

describe("the process is killed right after one call", { timeout: 300_000 }, () => {
  it.each(stacksFor(normal.cases, 3))("$command, $calls", async ({ command, cases }) => {
    const sandbox = await sandboxFor(command);
    const { faults } = sandbox.world;
    try {
      faults.set(cases.map(({ operation, nth }) => ({ operation, nth, effect: "hang" })));
      const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
      while (!haveAllStruck(sandbox)) {
        const killed = startCli([command, "--all", "--yes", "--json"], env);
        const strikes = faults.strikes().map(({ struck }, index) => faults.struck(index, struck + 1));
        expect(await Promise.race([...strikes, killed.ended])).toBeUndefined();
        killed.child.kill("SIGKILL");
        await killed.ended;
        unlock(sandbox);
      }
      await expectGoodEnd(command, sandbox, normal);
    } finally {
      await sandbox.close();
    }
  });
});
