import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockName } from "../../src/aws/lock.ts";
import { remainsOf } from "../../src/commands/remains.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../src/sandbox/world/fault-rules.ts";
import { everything } from "../support/everything.ts";
import { type NumberedCall, numberedCalls } from "../support/numbered-calls.ts";
import { createOn, destroyOn, type RunResult, unfinished } from "../support/runs.ts";

const COMMANDS = ["create", "destroy"] as const;
export type Command = (typeof COMMANDS)[number];

/** A changing call of a command on the whole stack. */
export interface Case extends NumberedCall {
  readonly command: Command;
}

/** How it goes when nothing goes wrong. */
export interface Undisturbed {
  /** What there is before a create, and again after a destroy. */
  readonly before: unknown;
  /** What there is after a create. */
  readonly created: unknown;
  /** Every changing call, in the order in which they were made. */
  readonly cases: readonly Case[];
  /** A sandbox with the whole stack in it, a new one each time; without waiting for a create. */
  openCreated(): Promise<RunningSandbox>;
  /** Deletes the files of all this. */
  discard(): Promise<void>;
}

const COUNT_ONLY: FaultRule = { operation: "changing", effect: { latency: 0 } };

/** Creates and destroys the whole stack once, from which all cases are made. */
export async function undisturbed(): Promise<Undisturbed> {
  const root = await mkdtemp(join(tmpdir(), "bia-undisturbed-"));
  const folder = join(root, "created");
  const sandbox = await startSandbox({ delays: "none", folder });
  const before = await everythingOn(sandbox);
  sandbox.world.faults.set([COUNT_ONLY]);
  await expectDone(createOn(sandbox));
  const creating = callsOf(sandbox);
  const created = await everythingOn(sandbox);
  await sandbox.close();
  const openCreated = () => openCopy(folder, root);
  const doomed = await openCreated();
  doomed.world.faults.set([COUNT_ONLY]);
  await expectDone(destroyOn(doomed));
  const destroying = callsOf(doomed);
  await doomed.close();
  const cases = [...certain("create", creating), ...certain("destroy", destroying)];
  return { before, created, cases, openCreated, discard: () => rm(root, { recursive: true, force: true }) };
}

/** Everything on a sandbox, the same for each that has the same in it: ids that AWS chooses are left out. */
export async function everythingOn(sandbox: RunningSandbox): Promise<unknown> {
  const text = JSON.stringify(await everything(sandbox), (_, value) => (value === undefined ? null : value));
  const ids = [/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, /(?<=bia-alb-)\d+/g, /_[0-9a-f]{32}(?=\.)/g];
  return JSON.parse(ids.reduce((without, id) => without.replaceAll(id, "id"), text));
}

async function expectDone(run: Promise<RunResult>): Promise<void> {
  const failed = unfinished(await run);
  if (failed.length > 0) throw new Error(`an undisturbed run failed: ${JSON.stringify(failed)}`);
}

function callsOf({ world }: RunningSandbox): readonly string[] {
  return world.faults.strikes()[0]?.calls ?? [];
}

/**
 * The calls that a run makes however slow it is: every script has a receipt, its output may be looked at any number of
 * times, and a lock that is held for long is renewed.
 */
function certain(command: Command, calls: readonly string[]): Case[] {
  const scripts = calls.filter((call) => call === "ec2:CreateTags").length;
  const parameters = command === "create" ? ["lock", "password"].length : ["lock"].length;
  const most: Readonly<Record<string, number>> = { "ssm:SendCommand": scripts, "ssm:PutParameter": parameters };
  return numberedCalls(calls)
    .filter(({ operation, nth }) => nth <= (most[operation] ?? Number.POSITIVE_INFINITY))
    .map((call) => ({ command, ...call }));
}

/** Opens a copy of a saved world, whose files go with it. */
export async function openCopy(saved: string, parent: string): Promise<RunningSandbox> {
  const folder = await mkdtemp(join(parent, "copy-"));
  await cp(saved, folder, { recursive: true });
  const sandbox = await startSandbox({ delays: "none", folder });
  const close = async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...sandbox, close };
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

/** Each case on a stack of its own; of the sample, all that are of one command on one. */
export function stacksFor(cases: readonly Case[], kind: number): OneStack[] {
  const taken = chosen(cases, kind);
  const all = process.env.BIA_FAULTS === "all";
  const apart = all ? taken.map((one) => [one]) : COMMANDS.map((of) => taken.filter(({ command }) => command === of));
  return apart.flatMap((together) => {
    const [first] = together;
    const calls = together.map(({ operation, nth }) => `${operation} ${nth}`).join(", ");
    return first ? [{ command: first.command, cases: together, calls }] : [];
  });
}

/** A sandbox on which this command can be run. */
export function sandboxFor(command: Command, normal: Undisturbed): Promise<RunningSandbox> {
  return command === "create" ? startSandbox({ delays: "none" }) : normal.openCreated();
}

/** Runs a command on the whole stack; a destroy looks for what remains afterwards, as the command does, and answers that. */
export function act(command: Command, sandbox: RunningSandbox): Promise<RunResult> {
  return command === "create" ? createOn(sandbox) : destroyOn(sandbox, { after: remainsOf });
}

/** Takes away the lock that a run left behind; without a call, which a fault could strike. */
export function unlock({ world }: RunningSandbox): void {
  world.region("us-east-1").ssm.parameters.delete(lockName("bia"));
}
