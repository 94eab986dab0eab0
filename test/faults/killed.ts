import { expect } from "vitest";
import { bareEnvironment, startCli } from "../support/cli.ts";
import { homeOf } from "../support/sandbox.ts";
import { expectGoodEnd, haveAllStruck } from "./one-call.ts";
import { type OneStack, sandboxFor, type Undisturbed, unlock } from "./undisturbed.ts";

/** The command line as a process, killed right after each of these calls; the next run ends where an undisturbed one ends. */
export async function killedAfter({ command, cases }: OneStack, normal: Undisturbed): Promise<void> {
  const { stack, config } = normal;
  const sandbox = await sandboxFor(command, stack);
  const { faults } = sandbox.world;
  const args = [command, "--all", "--yes", "--json", ...(config ? ["--config", config] : [])];
  try {
    faults.set(cases.map(({ operation, nth }) => ({ operation, nth, effect: "hang" })));
    const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
    while (!haveAllStruck(sandbox)) {
      const killed = startCli(args, env);
      const strikes = faults.strikes().map(({ struck }, index) => faults.struck(index, struck + 1));
      expect(await Promise.race([...strikes, killed.ended])).toBeUndefined();
      killed.child.kill("SIGKILL");
      await killed.ended;
      unlock(sandbox, stack);
    }
    await expectGoodEnd(command, sandbox, normal);
  } finally {
    await sandbox.close();
  }
}
