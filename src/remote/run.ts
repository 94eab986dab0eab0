import { CreateTagsCommand, DeleteTagsCommand, paginateDescribeTags } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws/clients.ts";
import { isLaunchedHere } from "../aws/launched.ts";
import { instancesOf } from "../aws/listings.ts";
import type { Note } from "../engine/task.ts";
import { agentOnline } from "./agent.ts";
import { followOutput } from "./output.ts";
import { type Invocation, invocationOf, recentSuccesses, type ScriptToSend, sendScript } from "./run-command.ts";

/**
 * The last run of something on a machine. The receipt is a tag of the machine: what was done, in which command. So the
 * effect is found without running anything, goes with the machine, and a run that was interrupted is joined again
 * instead of being started a second time.
 */
export interface Run extends Pick<Invocation, "status" | "output"> {
  readonly name: string;
  readonly instanceId: string;
  readonly commandId: string;
  /** What was done, in one word: a hash, a version. */
  readonly what: string;
}

/** Run Command forgets commands after this many days (SSM, "Understanding command statuses"). */
const HISTORY_DAYS = 30;

/** The last run of this name on a machine, as its receipt and Run Command tell it; undefined: there was none. */
export async function lastRun(aws: Aws, instanceId: string, name: string): Promise<Run | undefined> {
  const receipt = await readReceipt(aws, instanceId, name);
  return receipt && runOf(aws, instanceId, name, receipt);
}

/** The run of this name that this very command line has started; undefined: it has started none. */
export async function ownRun(aws: Aws, instanceId: string, name: string): Promise<Run | undefined> {
  const receipt = ownReceipt(aws, instanceId, name);
  return receipt && runOf(aws, instanceId, name, receipt);
}

async function runOf(aws: Aws, instanceId: string, name: string, receipt: Receipt): Promise<Run> {
  const { what, commandId, sent } = receipt;
  const found = await lookUp(aws, instanceId, commandId);
  const forgotten = Date.now() - sent > (HISTORY_DAYS - 1) * 86_400_000;
  const { status, output } = found ?? { status: forgotten ? "Success" : "Pending", output: "" };
  return { name, instanceId, commandId, what, status, output };
}

/** How a command is doing: one listing answers for all that went well before this run, a question of its own for the rest. */
async function lookUp({ ssm, shared }: Aws, instanceId: string, commandId: string): Promise<Invocation | undefined> {
  const listed = shared.untouched
    ? await shared.read(`commands on ${instanceId}`, () => recentSuccesses(ssm, instanceId))
    : undefined;
  return listed?.get(commandId) ?? invocationOf(ssm, commandId, instanceId);
}

/**
 * Sends a script and leaves the receipt that says `what` it does; tells how far it has come meanwhile.
 *
 * @throws {NotYet} the machine takes no commands yet
 */
export async function startRun(aws: Aws, script: ScriptToSend, what: string): Promise<Run> {
  await agentOnline(aws, script.instanceId);
  const receipt = { what, ...(await sendScript(aws.ssm, script)) };
  const [run] = await Promise.all([
    runOf(aws, script.instanceId, script.name, receipt),
    leaveReceipt(aws, script.instanceId, script.name, receipt),
  ]);
  return run;
}

async function leaveReceipt({ ec2, shared }: Aws, instanceId: string, name: string, receipt: Receipt): Promise<void> {
  const { what, commandId, sent } = receipt;
  const Tags = [{ Key: receiptKey(name), Value: `${what} ${commandId} ${sent}` }];
  await ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags }));
  shared.facts.set(ownReceiptKey(instanceId, name), receipt);
}

/** Takes the receipts of these names away, so that what they stand for is done again. */
export async function forgetRuns(
  { ec2, shared }: Pick<Aws, "ec2" | "shared">,
  instanceId: string,
  names: readonly string[],
): Promise<void> {
  const Tags = names.map((name) => ({ Key: receiptKey(name) }));
  await ec2.send(new DeleteTagsCommand({ Resources: [instanceId], Tags }));
  for (const name of names) shared.facts.delete(ownReceiptKey(instanceId, name));
}

/** Whether a run is not over yet. */
export function isUnderWay({ status }: Run): boolean {
  return ["Pending", "Delayed", "InProgress", "Cancelling"].includes(status);
}

/** Why a run is not over yet, in words for the terminal; undefined: it is. */
export function pendingOf(run: Run): string | undefined {
  if (!isUnderWay(run)) return undefined;
  return run.status === "Pending" || run.status === "Delayed"
    ? "waiting for the machine to start it"
    : "running on the machine";
}

/** Why a run failed, with so many lines of its last words; undefined: it did not. */
export function failureOf({ status, commandId, output }: Run, lines = LAST_LINES): string | undefined {
  if (!["Failed", "TimedOut", "Cancelled"].includes(status)) return undefined;
  return `the script ended as ${status} (command ${commandId}); its last words were:\n${lastLines(output, lines)}`;
}

/** Shows what a run has printed since the last look; see `Kind.follow`. */
export function followRun(aws: Aws, run: Run, note: Note, place: unknown): Promise<unknown> {
  return run.status === "InProgress" ? followOutput(aws.ssm, run, note, place) : Promise.resolve(place);
}

const LAST_LINES = 6;

/** The end of what a run printed. */
export function lastLines(output: string, count = LAST_LINES): string {
  return output.trim().split("\n").slice(-count).join("\n") || "(nothing)";
}

interface Receipt {
  readonly what: string;
  readonly commandId: string;
  /** Milliseconds since the epoch, by AWS's clock. */
  readonly sent: number;
}

function receiptKey(name: string): string {
  return `bia-infra:did:${name}`;
}

/** What a receipt that this very run has left is known by: it holds the lock, so nobody writes another. */
function ownReceiptKey(instanceId: string, name: string): string {
  return `receipt of ${name} on ${instanceId}`;
}

function ownReceipt({ shared }: Pick<Aws, "shared">, instanceId: string, name: string): Receipt | undefined {
  return shared.facts.get(ownReceiptKey(instanceId, name)) as Receipt | undefined;
}

async function readReceipt(aws: Aws, instanceId: string, name: string): Promise<Receipt | undefined> {
  const own = ownReceipt(aws, instanceId, name);
  // On a machine that this run has launched there are its own receipts and no others.
  if (own || isLaunchedHere(aws.shared, instanceId)) return own;
  const value = (await receiptsOf(aws, instanceId)).get(receiptKey(name));
  const [what, commandId, sent] = value?.split(" ") ?? [];
  return what && commandId ? { what, commandId, sent: Number(sent) } : undefined;
}

/** All receipts on a machine: one call for everything that is done there, and none while the run has changed nothing. */
async function receiptsOf({ ec2, shared }: Aws, instanceId: string): Promise<ReadonlyMap<string, string>> {
  if (shared.untouched) {
    const [machine] = await instancesOf({ ec2, shared }, [instanceId]);
    return new Map((machine?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
  }
  const Filters = [
    { Name: "resource-id", Values: [instanceId] },
    { Name: "key", Values: [receiptKey("*")] },
  ];
  return shared.read(`receipts on ${instanceId}`, async () => {
    const receipts = new Map<string, string>();
    for await (const { Tags = [] } of paginateDescribeTags({ client: ec2 }, { Filters })) {
      for (const { Key = "", Value = "" } of Tags) receipts.set(Key, Value);
    }
    return receipts;
  });
}
