import { Explained, explainError, RunStopped } from "../engine/errors.ts";
import { EXIT, exitCodeOf, outputsOf, type Told } from "../engine/outcome.ts";
import { status } from "../engine/status.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { table } from "../terminal/format.ts";
import { VariablesError } from "../variables/index.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { type Called, withCommands } from "./self.ts";
import { openSession, type Session, type StackOptions } from "./session.ts";

/**
 * `bia-infra outputs`: urls, addresses, ids and name servers of what is up. Data on stdout: a table for a person, lines of
 * name, tab and value for a pipe, or an object with `json`. Changes nothing. Answers the exit code.
 */
export async function outputsCommand(options: StackOptions, { signal }: Surroundings): Promise<number> {
  let session: Session | undefined;
  try {
    const emit: Parameters<typeof openSession>[0]["emit"] = (event) =>
      event.type === "message" && tell(event.text, options);
    session = await openSession({ command: "outputs", options, signal, emit });
    const outcomes = await status(session.run({ quiet: true }), session.selection.tasks);
    return print(session, outcomes, options);
  } catch (error) {
    if (error instanceof VariablesError) tell(error.message, options);
    else if (error instanceof Explained) tell(`${error.message}\n${error.next}`, options);
    else throw error;
    return error instanceof RunStopped ? error.exitCode : EXIT.usage;
  } finally {
    session?.clients.close();
  }
}

function print(session: Session, outcomes: ReadonlyMap<AnyTask, Outcome<Told>>, options: StackOptions): number {
  const { stack, selection, errors, interrupted } = session;
  for (const [task, outcome] of outcomes) {
    if (outcome.is === "failed")
      tell(`${task.title} could not be looked at: ${explainError(errors, outcome.error).why}`, options);
  }
  const outputs = outputsOf({ ...stack, stages: selection.stages }, outcomes);
  const rows = Object.entries(outputs);
  if (options.json) process.stdout.write(`${JSON.stringify(outputs, null, 2)}\n`);
  else if (process.stdout.isTTY) for (const line of table(rows)) process.stdout.write(`${line}\n`);
  else for (const row of rows) process.stdout.write(`${row.join("\t")}\n`);
  const code = exitCodeOf(outcomes, errors, interrupted);
  if (rows.length > 0 || code !== EXIT.done) return code;
  tell(`Nothing of stack ${stack.name} is up. \`bia-infra create --all\` makes it.`, options);
  return EXIT.failed;
}

function tell(text: string, called: Called): void {
  process.stderr.write(`${withCommands(text, called)}\n`);
}
