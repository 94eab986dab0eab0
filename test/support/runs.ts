import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { type AwsClients, awsClients } from "../../src/aws/clients.ts";
import { isMachineMissing } from "../../src/commands/create.ts";
import { type Session, sessionOn } from "../../src/commands/session.ts";
import { create } from "../../src/engine/create.ts";
import { criticalPath } from "../../src/engine/critical-path.ts";
import { destroy, findDoomed } from "../../src/engine/destroy.ts";
import type { RunEvent, TaskOutcome } from "../../src/engine/event.ts";
import { type Told, taskOutcomes } from "../../src/engine/outcome.ts";
import { plan } from "../../src/engine/plan.ts";
import { type Selection, withNeeds } from "../../src/engine/selection.ts";
import { status } from "../../src/engine/status.ts";
import type { AnyTask, Stack } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";

/** What a run in this process came to. */
export interface RunResult {
  readonly tasks: readonly TaskOutcome[];
  readonly calls: { readonly reading: number; readonly changing: number };
  /** Calls by service and operation, e.g. `ec2:DescribeInstances`. */
  readonly byOperation: Readonly<Record<string, number>>;
  readonly events: readonly Omit<RunEvent, "at">[];
  /** Length of the critical path in milliseconds. */
  readonly path: number;
  /** The tasks on it, by id. */
  readonly onPath: readonly string[];
  readonly failed: boolean;
  /** What `after` of the options answered. */
  readonly after?: unknown;
}

/** Which part of the stack to work on and how. */
export interface RunOptions {
  /** Work only on this task and what it needs. */
  readonly only?: string;
  /** Work only on what this task needs, without the task itself. */
  readonly needsOf?: string;
  /** Default: the bia stack. */
  readonly stack?: Stack;
  /** Names of stages. Default: all. */
  readonly stage?: readonly string[];
  readonly adopt?: boolean;
  readonly concurrency?: number;
  /** Default us-east-1. */
  readonly region?: string;
  /** Milliseconds after which it is ended. Default 60,000, and 100,000 of the whole bia stack. */
  readonly longest?: number;
  /** Done in the same session afterwards, with what came of the tasks. */
  readonly after?: (session: Session, outcomes: Map<AnyTask, Outcome<Told>>) => Promise<unknown>;
}

/** An AWS that a run can work on: a sandbox, or another program that serves AWS's protocols. */
export interface ServedAws extends Pick<RunningSandbox, "endpoint" | "keys"> {
  /** How fast its time goes by; absent: as ours. */
  readonly world?: { readonly clock: { readonly speed: number }; readonly delays?: string };
}

/** Milliseconds after which a run that still waits is ended: what for is said long before the test's own time is over. */
const LONGEST_RUN_MS = { part: 60_000, whole: 100_000 };

/** Creates the stack on a sandbox, in this process. */
export function createOn(sandbox: ServedAws, options: RunOptions = {}): Promise<RunResult> {
  return inSession("create", sandbox, options, async (session, { tasks, findOnly }) => {
    const isNeeded = !isPart(options) && (await isMachineMissing(session));
    return create(session.run(), { tasks, findOnly, adopt: options.adopt ?? false, isNeeded });
  });
}

/** Plans the stack. */
export function planOn(sandbox: ServedAws, options: RunOptions = {}): Promise<RunResult> {
  return inSession("plan", sandbox, options, (session, selection) => plan(session.run(), selection));
}

/** Looks at the stack, as `status` does. */
export function statusOn(sandbox: ServedAws, options: RunOptions = {}): Promise<RunResult> {
  return inSession("status", sandbox, options, (session, { tasks }) => status(session.run(), tasks));
}

/** Destroys what is there of the stack. */
export function destroyOn(sandbox: ServedAws, options: RunOptions = {}): Promise<RunResult> {
  return inSession("destroy", sandbox, options, async (session, selection) => {
    if (await session.hasMachine) await session.run().lease.take();
    const doomed = await findDoomed(session.run({ quiet: true }), session.stack, selection);
    const wanted = new Set(selection.tasks);
    return destroy(session.run(), { ...doomed, tasks: doomed.tasks.filter((task) => wanted.has(task)) });
  });
}

async function inSession(
  command: string,
  sandbox: ServedAws,
  options: RunOptions,
  act: (session: Session, selection: Selection) => Promise<Map<AnyTask, Outcome<Told>>>,
): Promise<RunResult> {
  const events: Omit<RunEvent, "at">[] = [];
  const target = {
    name: "aws",
    region: options.region ?? "us-east-1",
    endpoint: sandbox.endpoint,
    credentials: sandbox.keys,
    speed: sandbox.world?.clock.speed || 1,
    isUsual: sandbox.world?.delays === "real",
  } as const;
  const stack = options.stack ?? (await biaStack());
  const { longest = isPart(options) ? LONGEST_RUN_MS.part : LONGEST_RUN_MS.whole } = options;
  const signal = AbortSignal.timeout(longest);
  const ways = {
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...(options.stage && { stage: options.stage }),
  };
  const setting = { command, options: ways, signal, emit: (event: Omit<RunEvent, "at">) => void events.push(event) };
  const session = await sessionOn(target, stack, setting);
  try {
    const outcomes = await act(session, selectionOf(session, options));
    if (signal.aborted) throw new Error(`${command} still waits after ${longest / 1000} s: ${waits(events)}`);
    await session.lock.release();
    const after = await options.after?.(session, outcomes);
    const tasks = taskOutcomes(session.stack, outcomes, session.errors, false);
    const { reading, changing, byOperation } = session.clients.calls;
    const failed = tasks.some(({ verdict }) => verdict === "failed" || verdict === "skipped");
    const { ms: path, tasks: chain } = criticalPath(outcomes, command === "destroy" ? "reverse" : "forward");
    const onPath = chain.map(({ id }) => id);
    const calls = { reading, changing };
    return { tasks, calls, byOperation: Object.fromEntries(byOperation), events, path, onPath, failed, after };
  } finally {
    session.clients.close();
  }
}

function isPart({ stack, only, needsOf }: RunOptions): boolean {
  return (stack ?? only ?? needsOf) !== undefined;
}

/** What the tasks of a run that has not ended last said that they wait for. */
function waits(events: readonly Omit<RunEvent, "at">[]): string {
  const last = new Map<string, string>();
  for (const event of events as readonly RunEvent[]) {
    if (event.type === "waiting") last.set(event.task, event.reason);
    if (event.type === "done") last.delete(event.task);
  }
  return [...last].map(([task, reason]) => `${task}: ${reason}`).join("; ");
}

/** That of commands which run in this folder: the course's, with an app that is up within a second. */
async function biaStack(): Promise<Stack> {
  const { variables } = await load(undefined, import.meta.dirname);
  return stackOf(variables, { region: "us-east-1", target: "sandbox" });
}

function selectionOf({ stack, selection }: Session, { only, needsOf }: RunOptions): Selection {
  const id = only ?? needsOf;
  if (id === undefined) return selection;
  const task = selection.tasks.find((one) => one.id === id);
  if (!task) throw new Error(`no task ${id}`);
  const tasks = withNeeds(stack, [task]);
  return { ...selection, tasks: only === undefined ? tasks.filter((one) => one !== task) : tasks };
}

/** The verdict on each task. */
export function verdicts({ tasks }: RunResult): Record<string, string> {
  return Object.fromEntries(tasks.map(({ id, verdict }) => [id, verdict]));
}

/** The tasks that a run did not bring to their end; none, if it ended well. */
export function unfinished({ tasks }: RunResult): readonly TaskOutcome[] {
  return tasks.filter(({ verdict }) => verdict === "failed" || verdict === "skipped");
}

/** Clients of a sandbox for a test's own calls. */
export function clientsOf(sandbox: ServedAws): AwsClients {
  return awsClients({ endpoint: sandbox.endpoint, region: "us-east-1", credentials: sandbox.keys });
}

/** Id of the work machine that is there, or is on its way. */
export async function instanceIdOn(sandbox: RunningSandbox): Promise<string> {
  const clients = clientsOf(sandbox);
  const Filters = [
    { Name: "tag:Name", Values: ["bia-dev"] },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const { Reservations } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  clients.close();
  return Reservations?.[0]?.Instances?.[0]?.InstanceId ?? "";
}
