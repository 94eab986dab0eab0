import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockName } from "../../src/aws/lock.ts";
import { remainsOf } from "../../src/commands/remains.ts";
import type { Stack } from "../../src/engine/task.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { AT_ONCE, type CallsMade, callsOf, openCreated, undisturbedCreate } from "../support/created.ts";
import { madeOnce } from "../support/made-once.ts";
import { type NumberedCall, numberedCalls } from "../support/numbered-calls.ts";
import { createOn, destroyOn, type RunResult } from "../support/runs.ts";

const COMMANDS = ["create", "destroy"] as const;
export type Command = (typeof COMMANDS)[number];

/** A changing call of a command on the whole stack. */
export interface Case extends NumberedCall {
  readonly command: Command;
}

/** How it goes when nothing goes wrong. */
export interface Undisturbed {
  /** Undefined: the bia stack. */
  readonly stack: Stack | undefined;
  /** Path of the variables file that says the same to commands. Undefined: the default one's. */
  readonly config: string | undefined;
  /** What there is before a create, and again after a destroy. */
  readonly before: unknown;
  /** What there is after a create. */
  readonly created: unknown;
  /** Every changing call, in the order in which they were made. */
  readonly cases: readonly Case[];
  readonly calls: Readonly<Record<Command, CallsMade>>;
}

/**
 * What a create and a destroy of the whole stack do, of which all cases are made.
 *
 * @param stack default: the bia stack
 * @param config path of its variables file
 */
export async function undisturbed(stack?: Stack, config?: string): Promise<Undisturbed> {
  const { before, created, calls: create } = await undisturbedCreate(stack);
  const destroyed = await madeOnce(`destroyed-${stack?.name ?? "bia"}`, (folder) => destroyOnce(folder, stack));
  const destroy: CallsMade = JSON.parse(await readFile(join(destroyed, CALLS), "utf8"));
  const written = ["lock", stack ? "endpoint" : "password"];
  const cases = [...certain("create", create.changing, written), ...certain("destroy", destroy.changing, ["lock"])];
  return { stack, config, before, created, cases, calls: { create, destroy } };
}

const CALLS = "calls.json";

async function destroyOnce(folder: string, stack: Stack | undefined): Promise<void> {
  const doomed = await openCreated({}, stack);
  await writeFile(join(folder, CALLS), JSON.stringify(await callsOf(doomed, () => act("destroy", doomed, stack))));
  await doomed.close();
}

/**
 * The calls that a run makes however slow it is: every script has a receipt, its output may be looked at any number of
 * times, and a lock that is held for long is renewed.
 *
 * @param written the parameters that it puts, in words
 */
function certain(command: Command, calls: readonly string[], { length: parameters }: readonly string[]): Case[] {
  const scripts = calls.filter((call) => call === "ec2:CreateTags").length;
  const most: Readonly<Record<string, number>> = { "ssm:SendCommand": scripts, "ssm:PutParameter": parameters };
  return numberedCalls(calls)
    .filter(({ operation, nth }) => nth <= (most[operation] ?? Number.POSITIVE_INFINITY))
    .map((call) => ({ command, ...call }));
}

/** One case in so many is in the sample. */
const SAMPLE = 7;

/** All of these cases, or of `npm test` a sample that is the same each time, beginning with another one for each `kind` of fault. */
export function chosen<One>(cases: readonly One[], kind: number): readonly One[] {
  return process.env.BIA_FAULTS === "all" ? cases : cases.filter((_, index) => index % SAMPLE === kind % SAMPLE);
}

/** Cases that are tried on one stack, one after the other. */
export interface OneStack {
  readonly command: Command;
  readonly cases: readonly Case[];
  /** Which calls these are. */
  readonly calls: string;
}

/**
 * Each case on a stack of its own; of the sample, all that are of one command on one, but for those which may be of the lock: a
 * run that finds everything done by those before it takes none.
 */
export function stacksFor(cases: readonly Case[], kind: number): OneStack[] {
  const taken = chosen(cases, kind);
  const isAlone = ({ operation }: Case) => process.env.BIA_FAULTS === "all" || /^ssm:\w+Parameter$/.test(operation);
  const others = taken.filter((one) => !isAlone(one));
  const together = COMMANDS.map((of) => others.filter(({ command }) => command === of));
  return [...together, ...taken.filter(isAlone).map((one) => [one])].flatMap((on) => {
    const [first] = on;
    const calls = on.map(({ operation, nth }) => `${operation} ${nth}`).join(", ");
    return first ? [{ command: first.command, cases: on, calls }] : [];
  });
}

/** A sandbox on which this command can be run. */
export function sandboxFor(command: Command, stack?: Stack): Promise<RunningSandbox> {
  return command === "create" ? startSandbox(AT_ONCE) : openCreated({}, stack);
}

/** Runs a command on the whole stack; a destroy looks for what remains afterwards, as the command does, and answers that. */
export function act(command: Command, sandbox: RunningSandbox, stack?: Stack): Promise<RunResult> {
  const of = stack ? { stack } : {};
  return command === "create" ? createOn(sandbox, of) : destroyOn(sandbox, { ...of, after: remainsOf });
}

/** Takes away the lock that a run left behind; without a call, which a fault could strike. */
export function unlock({ world }: RunningSandbox, stack?: Stack): void {
  world.region("us-east-1").ssm.parameters.delete(lockName(stack?.name ?? "bia"));
}
