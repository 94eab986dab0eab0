import { awsClients } from "../aws/clients.ts";
import { explain } from "../aws/errors.ts";
import { describeHolder, lockName, readLock, removeLock } from "../aws/lock.ts";
import { EXIT } from "../engine/outcome.ts";
import { resolveTarget } from "../target.ts";
import { confirm } from "../terminal/ask.ts";
import { load, VariablesError } from "../variables/index.ts";
import { withCommands } from "./self.ts";

/** Options of `bia-infra unlock`. */
export interface UnlockOptions {
  readonly config?: string;
  readonly stack?: string;
  readonly target?: string;
  /** Do not ask. */
  readonly yes?: boolean;
}

/** Shows who holds the lock of the stack and removes it. Answers the exit code. */
export async function unlockCommand(options: UnlockOptions): Promise<number> {
  try {
    return await unlock(options);
  } catch (error) {
    if (!(error instanceof VariablesError)) throw error;
    console.error(withCommands(error.message));
    return EXIT.usage;
  }
}

async function unlock(options: UnlockOptions): Promise<number> {
  const { variables } = await load(options.config, undefined, options.stack);
  const target = await resolveTarget({ flag: options.target, env: process.env, variables });
  const clients = awsClients(target);
  const name = lockName(variables.stack);
  try {
    const found = await readLock(clients.ssm, name);
    if (!found) {
      console.log(`Stack ${variables.stack} is not locked.`);
      return EXIT.done;
    }
    console.error(`${describeHolder(found.holder)}.`);
    if (!options.yes && !(await confirm("Remove the lock? Two runs at once would get in each other's way.")))
      return EXIT.failed;
    await removeLock(clients.ssm, name);
    console.log(`The lock of stack ${variables.stack} is removed.`);
    return EXIT.done;
  } catch (error) {
    const { why, next } = explain(error, target.endpoint);
    console.error(`The lock could not be removed: ${why}\n${next}`);
    return EXIT.failed;
  } finally {
    clients.close();
  }
}
