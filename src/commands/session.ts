import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Call } from "../aws/calls.ts";
import { type AwsClients, awsClients, type Heard } from "../aws/clients.ts";
import { classify, explain } from "../aws/errors.ts";
import { instancesIn } from "../aws/listings.ts";
import { describeHolder, type Holder, LockHeld, StackLock } from "../aws/lock.ts";
import { fromTagList, ownershipTags, STACK_TAG, TASK_TAG } from "../aws/tags.ts";
import { wallClock } from "../engine/clock.ts";
import { type ErrorReader, RunStopped } from "../engine/errors.ts";
import type { RunEvent } from "../engine/event.ts";
import { graphOf } from "../engine/graph.ts";
import { EXIT } from "../engine/outcome.ts";
import type { Run } from "../engine/run.ts";
import { type Selection, select } from "../engine/selection.ts";
import type { AnyTask, Stack, Stage } from "../engine/task.ts";
import type { AnswersHeard } from "../runs/kept.ts";
import { stackOf } from "../stacks/index.ts";
import { resolveTarget, type Target } from "../target.ts";
import { checkForTarget, load, type Variables } from "../variables/index.ts";
import { VERSION } from "../version.ts";
import { Places } from "./places.ts";

/** Options that every command on a stack has. */
export interface StackOptions {
  /** Path of the variables file. */
  readonly config?: string;
  /** Name of the stack; absent: the one that the file names, else the course's. */
  readonly stack?: string;
  readonly target?: string;
  /** Names of stages; absent: all of them. */
  readonly stage?: readonly string[];
  readonly json?: boolean;
  /** AWS calls under way at once. Default 48. */
  readonly concurrency?: number;
}

/** More than the stack's graph ever has at once: what one looks for in vain waits for nobody. AWS's throttling is the SDK's to bear. */
const DEFAULT_CONCURRENCY = 48;

/** An event without its time, which `emit` adds. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
export type Emit = (event: Without<RunEvent, "at">) => void;

/** Everything that a command on a stack works with, from its variables to its lock. */
export interface Session {
  readonly command: string;
  readonly target: Target;
  readonly account: string;
  readonly stack: Stack;
  readonly selection: Selection;
  readonly clients: AwsClients;
  readonly lock: StackLock;
  readonly errors: ErrorReader;
  readonly emit: Emit;
  /** Keeps what is for those who look at the run later, and for no view. */
  readonly keep: (event: AnswersHeard) => void;
  /** Leaves the terminal to a question, while no task is under way. */
  readonly freeTerminal: () => void;
  /** For which region the stack's global things were made. */
  readonly places: Places;
  /** Whether a machine that was made for one of the chosen stages is there; false, too, where nobody may look. */
  readonly hasMachine: Promise<boolean>;
  /** True once the person has pressed Ctrl-C. */
  readonly interrupted: boolean;
  /** Why the lock is not this run's any more, which ended the run; undefined: it is, or was never taken. */
  readonly lost: RunStopped | undefined;
  /** The engine's view of this session; `quiet` tells nobody what happens to the tasks. */
  run(options?: { readonly quiet?: boolean }): Run<unknown>;
}

/** Where a session comes from and speaks to. */
export interface Setting {
  readonly command: string;
  readonly options: StackOptions;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Is told of each call of AWS when it has ended. */
  readonly called?: (call: Call) => void;
  /** Is told what each was answered. */
  readonly heard?: Heard;
  /** Default: nothing of the run is kept. */
  readonly keep?: Session["keep"];
  /** Default: nothing has to be done for it. */
  readonly freeTerminal?: () => void;
  /**
   * A stage that the command adds to the stack and is about: the tasks of the stack itself are then only what it needs, and
   * not shown. Absent: the command is about the stack's own stages.
   */
  readonly ownStage?: (stack: Stack, target: Target, variables: Variables) => Stage;
}

/**
 * Reads the variables, finds the target, asks it who we are, and says so. Nothing is changed.
 *
 * @throws VariablesError, Explained, RunStopped: nothing was called, or nobody was let in
 */
export async function openSession(setting: Setting): Promise<Session> {
  const { variables, path } = await load(setting.options.config, undefined, setting.options.stack);
  const target = await resolveTarget({ flag: setting.options.target, env: process.env, variables });
  checkForTarget(variables, target.name, path);
  for (const text of noticesOf(target)) setting.emit({ type: "message", level: "info", text });
  const stack = stackOf(variables, { region: target.region, target: target.name });
  const { ownStage } = setting;
  if (!ownStage) return sessionOn(target, stack, setting);
  const stage = ownStage(stack, target, variables);
  const options = { ...setting.options, stage: [stage.name] };
  return sessionOn(target, { ...stack, stages: [...stack.stages, stage] }, { ...setting, options });
}

/** A session on a target that is known already. */
export async function sessionOn(target: Target, stack: Stack, setting: Setting): Promise<Session> {
  const { command, options, signal, emit, keep = () => {}, freeTerminal = () => {} } = setting;
  const selection = select(stack, options.stage ?? "all");
  const clients = awsClients(target, setting.called, setting.heard);
  const errors = readerFor(target);
  // At the same time as the question who we are. The listing serves the tasks, too.
  const hasMachine = changes(command) ? isMachineThere(clients, stack.name, selection) : Promise.resolve(false);
  const account = await identify(clients, errors);
  emit({
    type: "run",
    command,
    version: VERSION,
    ...where(target, account, stack),
    ...described(setting, stack, selection),
  });
  const stopping = "Stopping: calls under way may end, nothing new is started. Press Ctrl-C again to leave at once.";
  signal.addEventListener("abort", () => emit({ type: "message", level: "warning", text: stopping }), { once: true });
  const lost = new AbortController();
  const stop = AbortSignal.any([signal, lost.signal]);
  const lock = new StackLock(
    clients.ssm,
    stack.name,
    randomUUID(),
    command,
    (why) => lost.abort(lockLost(stack.name, why)),
    {
      watching: (holder, seconds) => emit({ type: "message", level: "info", text: watched(holder, seconds) }),
      signal: stop,
    },
  );
  // Every task that waits listens to it; Node takes more than ten for a leak and says so on stderr.
  setMaxListeners(0, stop);
  const clock = wallClock(target.speed);
  const accountWide = stack.stages.flatMap((stage) => stage.accountWide ?? []);
  const here = { stack: stack.name, region: target.region, accountWide };
  const places = new Places(here, (region) => awsClients({ ...target, region }));
  const ownership = ownershipIn(stack.name, target.region);
  const lease = leaseOf(lock, () => clients.shared.restart());
  let isFresh = true;
  return {
    command,
    target,
    account,
    stack,
    selection,
    clients,
    lock,
    errors,
    emit,
    keep,
    freeTerminal,
    places,
    hasMachine,
    get interrupted() {
      return signal.aborted;
    },
    get lost() {
      return lost.signal.reason;
    },
    run({ quiet = false } = {}) {
      if (!isFresh) clients.shared.restart();
      isFresh = false;
      return {
        aws: (task) =>
          clients.scopedTo({ region: target.region, account, ownership: ownership(task), ...scopeOf(stack, task) }),
        clock,
        isUsual: target.isUsual,
        signal: stop,
        concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
        errors,
        lease,
        ownership,
        owns: (tags) => tags[STACK_TAG] === stack.name,
        elsewhere: (tags) => places.elsewhere(tags),
        locate: (tags) => places.locate(tags),
        forget: () => clients.shared.forget(),
        emit: quiet ? () => {} : emit,
      };
    },
  };
}

/** The tags that make a task's thing ours: those of services without regions say which region they serve. */
function ownershipIn(stack: string, region: string) {
  return ({ id, kind }: AnyTask) => ownershipTags(stack, id, kind.global ? region : undefined);
}

function scopeOf(stack: Stack, { kind }: AnyTask) {
  const sameKind = stack.stages.flatMap(({ tasks }) => tasks).filter((task) => task.kind === kind);
  return {
    stack: stack.name,
    siblings: sameKind.map(({ desired }) => desired as object),
  };
}

function noticesOf({ startedNow, notice }: Target): string[] {
  const started = startedNow ? ["The sandbox was started; it runs until `bia-infra sandbox stop`."] : [];
  return notice === undefined ? started : [...started, notice];
}

/** URL that requests go to when it is not AWS's own. The SDK reads AWS_ENDPOINT_URL by itself. */
function endpointOf(target: Target): string | undefined {
  return target.endpoint ?? (process.env.AWS_ENDPOINT_URL || undefined);
}

function readerFor(target: Target): ErrorReader {
  return { classify, explain: (error) => explain(error, endpointOf(target), target.region) };
}

async function identify(clients: AwsClients, errors: ErrorReader): Promise<string> {
  try {
    return await clients.account();
  } catch (error) {
    const { why, next } = errors.explain(error);
    throw new RunStopped(why, next, errors.classify(error) === "credentials" ? EXIT.credentials : EXIT.failed);
  }
}

function where(target: Target, account: string, stack: Stack) {
  const endpoint = endpointOf(target);
  const base = { target: target.name, account, region: target.region, stack: stack.name };
  return endpoint === undefined ? base : { ...base, endpoint };
}

function described({ command, ownStage }: Setting, stack: Stack, { tasks, findOnly }: Selection) {
  const own = tasks.filter((task) => !findOnly.has(task));
  // A destroy is about what leaves something behind, and about no other stage.
  const shown = command === "destroy" ? own.filter(({ kind }) => kind.remove) : ownStage ? own : tasks;
  const { stages, tasks: told } = graphOf(stack, shown);
  return { stages, tasks: told };
}

/** Commands that begin by asking whether they will change anything. */
function changes(command: string): boolean {
  return command === "create" || command === "destroy";
}

/** By the tags of the machines in the region. */
async function isMachineThere(clients: AwsClients, stack: string, { tasks, findOnly }: Selection): Promise<boolean> {
  const chosen = new Set(tasks.filter((task) => !findOnly.has(task)).map(({ id }) => id));
  try {
    const machines = (await instancesIn(clients)).map(({ Tags }) => fromTagList(Tags));
    return machines.some((tags) => tags[STACK_TAG] === stack && chosen.has(tags[TASK_TAG] ?? ""));
  } catch {
    // Told by the tasks that need it.
    return false;
  }
}

/** @param taken called once when the lock is ours: nothing has been changed yet, and what was read before may be untrue */
function leaseOf(lock: StackLock, taken: () => void): Run<unknown>["lease"] {
  let taking: Promise<void> | undefined;
  return {
    get held() {
      return lock.held;
    },
    async take() {
      try {
        taking ??= lock.take().then(taken);
        await taking;
      } catch (error) {
        if (!(error instanceof LockHeld)) throw error;
        throw new RunStopped(
          error.message,
          "Wait for that run to end. If it was killed, wait for the lock to expire or remove it with `bia-infra unlock`.",
          EXIT.locked,
        );
      }
    },
  };
}

function watched(holder: Holder, seconds: number): string {
  return `The lock of the stack seems to be left behind: ${describeHolder(holder)}. It is watched for ${seconds} s, then taken over unless it was renewed; \`bia-infra unlock\` is quicker.`;
}

function lockLost(stack: string, why: string): RunStopped {
  return new RunStopped(
    `the lock of stack ${stack} is lost: ${why}`,
    "What was under way may have ended half done. Once no other run works on the stack, run the same command again: it goes on from what is there.",
    EXIT.locked,
  );
}
