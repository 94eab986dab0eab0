import { explainError } from "../engine/errors.ts";
import { EXIT, exitCodeOf, type Told } from "../engine/outcome.ts";
import { status } from "../engine/status.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { table } from "../terminal/format.ts";
import { inSession, tell } from "./in-session.ts";
import { outputsHere } from "./outputs-here.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** What a stack tells of itself, by name. */
export type Outputs = Readonly<Record<string, string>>;

/**
 * `bia-infra outputs`: urls, addresses, ids and name servers of what is up. Data on stdout: a table for a person, lines of
 * name, tab and value for a pipe, or an object with `json`. Changes nothing. Answers the exit code.
 */
export function outputsCommand(options: StackOptions, surroundings: Surroundings): Promise<number> {
  return withOutputs("outputs", options, surroundings, (outputs) => {
    const rows = Object.entries(outputs);
    if (options.json) process.stdout.write(`${JSON.stringify(outputs, null, 2)}\n`);
    else if (process.stdout.isTTY) for (const line of table(rows)) process.stdout.write(`${line}\n`);
    else for (const row of rows) process.stdout.write(`${row.join("\t")}\n`);
    return EXIT.done;
  });
}

/**
 * Looks at a stack and lets `act` use its outputs, of which there may be none. Says on stderr what could not be looked at,
 * and if nothing is up.
 *
 * @returns the exit code: that of `act` if the look succeeded and found something
 */
export function withOutputs(
  command: string,
  options: StackOptions,
  surroundings: Surroundings,
  act: (outputs: Outputs, session: Session) => number | Promise<number>,
): Promise<number> {
  return inSession(command, options, surroundings, async (session) => {
    const { stack, selection, target, errors, interrupted } = session;
    const outcomes = await status(session.run({ quiet: true }), selection.tasks);
    tellFailures(session, outcomes, options);
    const outputs = await outputsHere(target, { ...stack, stages: selection.stages }, outcomes);
    const code = await act(outputs, session);
    const looked = exitCodeOf(outcomes, errors, interrupted);
    if (looked !== EXIT.done) return looked;
    if (Object.keys(outputs).length > 0) return code;
    tell(`Nothing of stack ${stack.name} is up. \`bia-infra create --all\` makes it.`, options);
    return EXIT.failed;
  });
}

function tellFailures({ errors }: Session, outcomes: ReadonlyMap<AnyTask, Outcome<Told>>, options: StackOptions): void {
  for (const [task, outcome] of outcomes) {
    if (outcome.is === "failed")
      tell(`${task.title} could not be looked at: ${explainError(errors, outcome.error).why}`, options);
  }
}
