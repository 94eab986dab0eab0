import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { VariablesError } from "../variables/index.ts";
import { withCommands } from "./self.ts";

/** Runs a command that only reads the variables and calls no AWS; says on stderr what is wrong with them, or with what was typed. Answers the exit code. */
export async function offline(act: () => Promise<void>): Promise<number> {
  try {
    await act();
    return EXIT.done;
  } catch (error) {
    if (error instanceof Explained) process.stderr.write(`${error.message}\n${error.next}\n`);
    else if (error instanceof VariablesError) process.stderr.write(`${withCommands(error.message)}\n`);
    else throw error;
    return EXIT.usage;
  }
}
