import { wallClock } from "../engine/clock.ts";
import { Explained, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { withNeeds } from "../engine/selection.ts";
import { status } from "../engine/status.ts";
import type { Ref, Stack, WorkMachine } from "../engine/task.ts";
import { type CommandToExecute, type Executed, execute } from "../remote/execute.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session } from "./session.ts";

/** Options of the commands that work on a machine. */
export interface MachineOptions {
  /** Path of the variables file. */
  readonly config?: string;
  /** Which stack; absent: the one that the file names. */
  readonly stack?: string;
  readonly target?: string;
}

/** A machine that is up, and the ways to it. */
export interface MachineAtHand {
  readonly session: Session;
  readonly machine: WorkMachine;
  readonly instanceId: string;
  /** Runs bash on it as root and waits for the end. Throws when the person presses Ctrl-C. */
  execute(command: Omit<CommandToExecute, "instanceId">): Promise<Executed>;
  /** Waits so many milliseconds. Throws when the person presses Ctrl-C. */
  pause(ms: number): Promise<void>;
}

/**
 * Finds a work machine and lets `act` work on it. Says on stderr what went wrong. Answers the exit code.
 *
 * @param name as the person calls it; undefined: the stack's only one
 */
export function onWorkMachine(
  command: string,
  name: string | undefined,
  options: MachineOptions,
  surroundings: Surroundings,
  act: (machine: MachineAtHand) => Promise<number>,
): Promise<number> {
  const { signal } = surroundings;
  return inSession(command, options, surroundings, async (session) => {
    const machine = machineNamed(session.stack, name);
    const instanceId = await runningInstance(session, machine);
    const { clients } = session;
    return act({
      session,
      machine,
      instanceId,
      execute: (one) => execute(clients, { ...one, instanceId }, signal),
      pause: (ms) => wallClock().sleep(ms, signal),
    });
  });
}

/** @throws {RunStopped} the stack has none of this name, which is wrong usage */
export function machineNamed(stack: Stack, name: string | undefined): WorkMachine {
  const machines = stack.stages.flatMap(({ workMachine }) => workMachine ?? []);
  const found = name === undefined ? machines[0] : machines.find((one) => one.name === name);
  if (found) return found;
  const known = machines.map((one) => one.name).join(", ");
  const why = `stack ${stack.name} has no machine ${name ?? "to work on"}`;
  throw new RunStopped(why, `There is: ${known || "none"}.`, EXIT.usage);
}

/** The id of a machine, which must be running. @throws {Explained} it does not */
export async function runningInstance(session: Session, { name, instanceId }: WorkMachine): Promise<string> {
  const found = await status(session.run({ quiet: true }), withNeeds(session.stack, [instanceId.task]));
  const outcome = found.get(instanceId.task);
  if (outcome?.is === "failed") throw outcome.error;
  const actual = outcome?.is === "done" ? outcome.result.actual : undefined;
  if (actual === undefined)
    throw new Explained(`${name} is not there`, `Make it with ${createCommand(session, instanceId)}.`);
  const { state } = actual as { state?: string };
  if (state === undefined || state === "running") return instanceId.read(actual);
  throw new Explained(`${name} is ${state}`, `${createCommand(session, instanceId)} starts it again.`);
}

function createCommand({ stack }: Session, { task }: Ref<string>): string {
  const stage = stack.stages.find(({ tasks }) => tasks.includes(task))?.name ?? "";
  return `\`bia-infra create --stage ${stage}\``;
}
