import type { Call } from "../aws/calls.ts";
import { type ErrorReader, Explained, explainError, RunStopped } from "../engine/errors.ts";
import type { ErrorReport, ProbeReport, Report, RunEvent } from "../engine/event.ts";
import { criticalPathOf, EXIT, exitCodeOf, type Told, taskOutcomes } from "../engine/outcome.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { runsFolder } from "../runs/folder.ts";
import { RunKeeper } from "../runs/keep.ts";
import { NobodyToAsk } from "../terminal/ask.ts";
import { chooseView } from "../terminal/choose-view.ts";
import { VariablesError } from "../variables/index.ts";
import { outputsHere } from "./outputs-here.ts";
import { typed, withCommandsIn } from "./self.ts";
import { ServiceKept } from "./service-kept.ts";
import { type Emit, openSession, type Session, type Setting, type StackOptions } from "./session.ts";

/** What a command has done, for its report. */
export interface Done {
  readonly outcomes: ReadonlyMap<AnyTask, Outcome<Told>>;
  /** Which way the tasks were walked; absent: nothing was waited for, so no path is reported. */
  readonly walked?: "forward" | "reverse";
  /** Instead of the one that follows from the outcomes. */
  readonly exitCode?: number;
  /** Why nothing was done although nothing failed, e.g. the person said no. */
  readonly error?: ErrorReport;
  /** Urls, addresses and ids that are worth telling. Default: those of the stack. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly costPerHour?: number;
  /** What a destroy left behind. */
  readonly remains?: Pick<Report, "left" | "standing" | "unseen">;
  readonly probe?: ProbeReport | undefined;
  /** Commands that one would want next. */
  readonly next?: readonly string[];
}

/** What the process around a command gives it. */
export interface Surroundings {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command on a stack: opens the session, lets `act` work, gives the lock back and says how it went, whatever
 * happened. Answers the exit code.
 *
 * @param ownStage a stage that the command adds to the stack and works on; absent: the options say which of the stack's
 * @param reported receives the report before it is shown
 */
export async function runOnStack(
  command: string,
  options: StackOptions,
  { signal }: Surroundings,
  act: (session: Session) => Promise<Done>,
  ownStage?: Setting["ownStage"],
  reported?: (report: Report) => Promise<void>,
): Promise<number> {
  const started = Date.now();
  const view = await chooseView({
    json: options.json ?? false,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
  });
  const handle = (event: RunEvent) => {
    view.handle(event);
    kept.keep(event);
  };
  const emit: Emit = (event) => handle({ ...withCommandsIn(event, options), at: Date.now() });
  const kept: RunKeeper = new RunKeeper(runsFolder(), (why) =>
    emit({ type: "message", level: "warning", text: `what this run does is not kept for \`bia-infra runs\`: ${why}` }),
  );
  let session: Session | undefined;
  let service: ServiceKept | undefined;
  let report: Report;
  try {
    const freeTerminal = () => view.close();
    const called = (call: Call) => kept.keep({ type: "call", ...call });
    session = await openSession({
      command,
      options,
      signal,
      emit,
      called,
      heard: (...call) => service?.heard(...call),
      keep: (event) => kept.keep(event),
      freeTerminal,
      ...(ownStage && { ownStage }),
    });
    if (ROLLS.has(command)) service = new ServiceKept(session, started);
    const done = await act(session);
    const next = (done.next ?? []).map((one) => typed(one, options));
    const outputs = done.outputs ?? (await outputsHere(session.target, session.stack, done.outcomes));
    report = reportOf(session, { ...done, next, outputs });
  } catch (error) {
    report = failureReport(command, session, error, Date.now() - started);
  }
  const lives = await service?.end(options);
  if (lives) kept.keep(lives);
  await session?.lock.release().catch((error) => emit({ type: "message", level: "warning", text: unreleased(error) }));
  const told = {
    ...withCommandsIn(report, options),
    calls: callsOf(session),
    ms: Date.now() - started,
    at: Date.now(),
  };
  await reported?.(told).catch((error: Error) => emit({ type: "message", level: "warning", text: error.message }));
  handle(told);
  view.close();
  kept.close();
  session?.clients.close();
  return report.exitCode;
}

/** Commands that put a service on a revision. */
const ROLLS: ReadonlySet<string> = new Set(["deploy-version", "rollback", "restart"]);

function reportOf(session: Session, done: Done & Pick<Report, "outputs">): Report {
  const { stack, errors, interrupted } = session;
  const stopped = session.lost ?? stoppedIn(done.outcomes);
  const exitCode = session.lost?.exitCode ?? done.exitCode ?? exitCodeOf(done.outcomes, errors, interrupted);
  const error = done.error ?? (stopped && describe(session.command, stopped, errors));
  return {
    ...headOf(session),
    exitCode,
    tasks: taskOutcomes(stack, done.outcomes, errors, interrupted),
    outputs: done.outputs,
    next: done.next ?? [],
    ...done.remains,
    ...(done.probe && { probe: done.probe }),
    ...(done.walked === undefined ? {} : criticalPathOf(done.outcomes, done.walked)),
    ...(done.costPerHour === undefined ? {} : { costPerHour: done.costPerHour }),
    ...(error === undefined ? interruption(exitCode, session.command) : { error }),
  };
}

/** What ended the run of tasks as a whole; a lock that is lost need not have failed any of them. */
function stoppedIn(outcomes: Done["outcomes"]): RunStopped | undefined {
  const errors = [...outcomes.values()].map((outcome) => (outcome.is === "failed" ? outcome.error : undefined));
  return errors.find((error) => error instanceof RunStopped);
}

function interruption(exitCode: number, command: string): { error?: ErrorReport } {
  if (exitCode !== EXIT.interrupted) return {};
  const next = `Run the same command again: it goes on from where it stopped.`;
  return { error: { what: `${command} was interrupted`, why: "you pressed Ctrl-C; calls under way have ended", next } };
}

/** The report of a run that ended before or outside of its tasks. */
function failureReport(command: string, session: Session | undefined, error: unknown, ms: number): Report {
  const nowhere = { type: "report" as const, at: 0, command, calls: { reading: 0, changing: 0 }, ms };
  return {
    ...(session ? headOf(session) : nowhere),
    exitCode: codeOf(error, session),
    tasks: [],
    outputs: {},
    next: [],
    error: describe(command, error, session?.errors),
  };
}

function headOf({ command, target, account, stack }: Session) {
  const { region, speed = 1 } = target;
  // Filled in when the report is sent, after the lock was given back.
  const calls = { reading: 0, changing: 0 };
  return {
    type: "report" as const,
    at: 0,
    command,
    target: target.name,
    account,
    region,
    stack: stack.name,
    calls,
    ms: 0,
    ...(speed === 1 ? {} : { speed }),
  };
}

function callsOf(session: Session | undefined): Report["calls"] {
  const { reading, changing } = session?.clients.calls ?? { reading: 0, changing: 0 };
  return { reading, changing };
}

function codeOf(error: unknown, session: Session | undefined): number {
  if (error instanceof RunStopped || error instanceof NobodyToAsk) return error.exitCode;
  if (session?.interrupted) return EXIT.interrupted;
  return session === undefined ? EXIT.usage : EXIT.failed;
}

function describe(command: string, error: unknown, errors: ErrorReader | undefined): ErrorReport {
  const what = `${command} could not be carried out`;
  if (error instanceof VariablesError || error instanceof NobodyToAsk) return { what, why: error.message, next: "" };
  if (errors) return { what, ...explainError(errors, error) };
  if (error instanceof Explained) return { what, why: error.message, next: error.next };
  return { what, why: error instanceof Error ? error.message : String(error), next: "" };
}

function unreleased(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `the lock could not be given back (${why}); it expires by itself within a minute, or remove it with \`bia-infra unlock\``;
}
