import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { serviceIn } from "../aws/live.ts";
import { serviceLives } from "../aws/service-lives.ts";
import { serviceMetrics, spanUpTo } from "../aws/service-metrics.ts";
import { serviceNetwork } from "../aws/service-network.ts";
import { Feed } from "../console/feed.ts";
import { type ConsoleServer, serveConsole } from "../console/server.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained, explainError } from "../engine/errors.ts";
import { graphOf } from "../engine/graph.ts";
import { EXIT, taskOutcomes } from "../engine/outcome.ts";
import { status } from "../engine/status.ts";
import type { RunningService } from "../engine/task.ts";
import { layOut } from "../graph/layout.ts";
import { runsFolder } from "../runs/folder.ts";
import { fileOf, listRuns, readRun } from "../runs/read.ts";
import { inSession, tell } from "./in-session.ts";
import { launch } from "./open.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { typed } from "./self.ts";
import { awsOf } from "./services.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra console`. */
export interface ConsoleOptions extends StackOptions {
  /** Absent: any free one. */
  readonly port?: number;
  /** False: only say where the page is. */
  readonly open?: boolean;
}

/** Milliseconds between two looks at the whole stack. One takes some forty calls, which on aws are the whole account's to share. */
const PAUSE = { sandbox: 3_000, aws: 30_000 } as const;

/** Milliseconds between two looks at the service, which take four calls. */
const SERVICE_PAUSE = { sandbox: 1_000, aws: 5_000 } as const;

/** Milliseconds in which changes of the runs are taken together. */
const RUNS_SETTLE = 250;

/** Milliseconds after which the list of runs is read again, where nobody says that a file has changed. */
const RUNS_PAUSE = 1_000;

/**
 * `bia-infra console`: a page on this computer that shows the stack and its runs, until Ctrl-C, which ends it with 0. It only
 * reads, and only while somebody has it open.
 */
export function consoleCommand(options: ConsoleOptions, surroundings: Surroundings): Promise<number> {
  const work = async (session: Session) => {
    const feed = new Feed();
    const server = await served(feed, options);
    try {
      tell(`The console is at ${server.url}\nCtrl-C ends it.`);
      if (options.open !== false) await launch(server.url, options);
      await Promise.all([
        tellStack(feed, session, options, surroundings),
        tellService(feed, session, surroundings),
        tellNetwork(feed, session, surroundings),
        tellRuns(feed, surroundings),
      ]);
      return EXIT.done;
    } finally {
      await server.close();
    }
  };
  return inSession("console", options, surroundings, work, EXIT.done);
}

async function served(feed: Feed, { port = 0 }: ConsoleOptions): Promise<ConsoleServer> {
  const run = async (number: number) => {
    const file = await fileOf(runsFolder(), number);
    return file && JSON.stringify(await readRun(file));
  };
  try {
    return await serveConsole(feed, { run }, port);
  } catch (error) {
    throw new Explained(`port ${port} cannot be used: ${(error as Error).message}`, "Choose another one with --port.");
  }
}

/** The graph once, then how everything is. */
async function tellStack(
  feed: Feed,
  session: Session,
  options: ConsoleOptions,
  { signal }: Surroundings,
): Promise<void> {
  const { stack, selection, target, account, errors } = session;
  const graph = graphOf(stack, selection.tasks);
  const where = { target: target.name, region: target.region, account };
  const commands = {
    createAll: typed("bia-infra create --all", options),
    createStage: Object.fromEntries(
      stack.stages.map(({ name }) => [name, typed(`bia-infra create --stage ${name}`, options)]),
    ),
    runs: typed("bia-infra runs"),
  };
  feed.tell("stack", { ...graph, ...where, commands, layout: await layOut(graph) });
  for (;;) {
    await feed.somebody(signal);
    const outcomes = await status(session.run({ quiet: true }), selection.tasks);
    signal.throwIfAborted();
    feed.tell("look", { at: Date.now(), tasks: taskOutcomes(stack, outcomes, errors, session.interrupted) });
    await wallClock().sleep(PAUSE[target.name], signal);
  }
}

/** The service and its tasks, again and again; of a stack without a service nothing. */
async function tellService(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const running = watchedIn(session);
  if (!running) return;
  for (;;) {
    await feed.somebody(signal);
    const looked = await lookedAt(session, () => serviceLives(session.clients, running));
    signal.throwIfAborted();
    feed.tell("service", { at: Date.now(), ...looked });
    await wallClock().sleep(SERVICE_PAUSE[session.target.name], signal);
  }
}

/** How requests get to the service, and how many did. */
async function tellNetwork(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const running = watchedIn(session);
  if (!running) return;
  const { now = Date.now } = session.target;
  for (;;) {
    await feed.somebody(signal);
    const aws = awsOf(session);
    aws.shared.restart();
    const looked = await lookedAt(session, () => serviceNetwork(aws, running));
    const requests = looked.found && (await lookedAt(session, () => requestsOf(session, running, now())));
    signal.throwIfAborted();
    feed.tell("network", { at: Date.now(), ...looked, requests: requests?.found });
    await wallClock().sleep(PAUSE[session.target.name], signal);
  }
}

function watchedIn({ stack }: Session): RunningService | undefined {
  return stack.stages.flatMap((stage) => stage.running ?? [])[0];
}

/** What a look has found; nothing: it is not there. `unseen`: why nobody could look, in AWS's words. */
async function lookedAt<Found>(
  { errors }: Session,
  look: () => Promise<Found | undefined>,
): Promise<{ readonly found?: Found; readonly unseen?: string }> {
  try {
    const found = await look();
    return found === undefined ? {} : { found };
  } catch (error) {
    return { unseen: explainError(errors, error).why };
  }
}

/** Requests of the last minute that CloudWatch has; undefined: of none. */
async function requestsOf({ clients }: Session, running: RunningService, now: number): Promise<number | undefined> {
  const service = await serviceIn(clients, running);
  if (!service) return undefined;
  const courses = await serviceMetrics(clients, { cluster: running.cluster, service }, spanUpTo(now, 5 * 60_000));
  return courses.find(({ name }) => name === "requests")?.points.at(-1)?.value;
}

/** The list of runs, and what those say that go on. */
async function tellRuns(feed: Feed, { signal }: Surroundings): Promise<void> {
  const folder = runsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    await feed.somebody(signal);
    const runs = await listRuns(folder);
    feed.tell("runs", runs);
    const [newest] = runs;
    const file = newest && (await fileOf(folder, newest.number));
    if (newest && file) feed.tell("run", { number: newest.number, events: await readRun(file) });
    await changed(folder, signal);
  }
}

/** Resolves when something in the folder has changed, or after a while. */
async function changed(folder: string, signal: AbortSignal): Promise<void> {
  await wallClock().sleep(RUNS_SETTLE, signal);
  await new Promise<void>((resolve) => {
    const watcher = watch(folder, { signal }, done);
    const timer = setTimeout(done, RUNS_PAUSE);
    function done() {
      clearTimeout(timer);
      watcher.close();
      resolve();
    }
    watcher.on("error", done);
  });
  signal.throwIfAborted();
}
