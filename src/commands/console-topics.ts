import { watch } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import type { Answered } from "../aws/answered.ts";
import { serviceIn } from "../aws/live.ts";
import { ServiceMemory, serviceLives } from "../aws/service-lives.ts";
import { type MetricName, serviceMetrics, spanUpTo } from "../aws/service-metrics.ts";
import { serviceNetwork } from "../aws/service-network.ts";
import type { Feed } from "../console/feed.ts";
import { wallClock } from "../engine/clock.ts";
import { explainError } from "../engine/errors.ts";
import type { RunningService } from "../engine/task.ts";
import { runsFolder } from "../runs/folder.ts";
import type { RunSummary } from "../runs/kept.ts";
import { fileOf, listRuns, readRun } from "../runs/read.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { awsOf } from "./services.ts";
import type { Session } from "./session.ts";

/** Milliseconds between two looks: the least while something changes, the most where nothing has for long. */
export interface Pace {
  readonly least: number;
  readonly most: number;
}

/** Of the way to the service: some fifteen calls. */
const NETWORK_PACE = { sandbox: { least: 2_000, most: 6_000 }, aws: { least: 30_000, most: 60_000 } } as const;

/** Of the service and its tasks: five calls. */
const SERVICE_PACE = { sandbox: { least: 1_000, most: 3_000 }, aws: { least: 5_000, most: 15_000 } } as const;

/** Of the load balancer's requests: on the sandbox one question to its thread, on aws a value a minute, which is billed. */
const TRAFFIC_PACE = { sandbox: { least: 1_000, most: 1_000 }, aws: { least: 60_000, most: 60_000 } } as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** By how much a pause grows where a look has found nothing new. */
const SLOWER = 1.5;

/** Milliseconds in which changes of the runs are taken together. */
const RUNS_SETTLE = 250;

/** Milliseconds after which the list of runs is read again, where nobody says that a file has changed. */
const RUNS_PAUSE = 1_000;

/** `service`: it and its tasks; of a stack without a service nothing. */
export async function tellService(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const running = watchedIn(session);
  if (!running) return;
  const memory = new ServiceMemory(session.target);
  await tellAgain(feed, "service", SERVICE_PACE, { session, signal }, () =>
    lookedAt(session, () => serviceLives(session.clients, running, memory)),
  );
}

/** `network`: how requests get to the service, and how many did. */
export async function tellNetwork(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const running = watchedIn(session);
  if (!running) return;
  await tellAgain(feed, "network", NETWORK_PACE, { session, signal }, async () => {
    const aws = awsOf(session);
    aws.shared.restart();
    const looked = await lookedAt(session, () => serviceNetwork(aws, running));
    const minutes = looked.found && (await lookedAt(session, () => minutesOf(session, running, 5 * MINUTE)));
    return { ...looked, requests: minutes?.found?.at(-1) };
  });
}

/** `traffic`: which way requests took in the last moments. */
export async function tellTraffic(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const running = watchedIn(session);
  if (!running) return;
  const back = { sandbox: 5_000, aws: 5 * MINUTE }[session.target.name];
  await tellAgain(feed, "traffic", TRAFFIC_PACE, { session, signal }, () =>
    lookedAt(session, () => answeredOf(session, running, back * session.target.speed)),
  );
}

/** Which way requests took in the last hour, those of the stack's service at least; undefined: it has none. */
export async function trafficOf(session: Session): Promise<readonly Answered[] | undefined> {
  const running = watchedIn(session);
  return running && (await lookedAt(session, () => answeredOf(session, running, HOUR * session.target.speed))).found;
}

/** By ways and seconds where they are told apart, else by the minutes that CloudWatch has. */
async function answeredOf(
  session: Session,
  running: RunningService,
  back: number,
): Promise<readonly Answered[] | undefined> {
  const { answered, now = Date.now } = session.target;
  return answered ? answered(now() - back) : minutesOf(session, running, back);
}

/** Looks as long as somebody wants to be told: more seldom where nothing changes, for every look is paid for by whoever runs the stack. */
export async function tellAgain(
  feed: Feed,
  topic: string,
  pace: Readonly<Record<Session["target"]["name"], Pace>>,
  { session, signal }: Surroundings & { readonly session: Session },
  look: () => Promise<object>,
): Promise<void> {
  const { name, now = Date.now } = session.target;
  const { least, most } = pace[name];
  let pause = least;
  let before = "";
  for (;;) {
    await feed.somebody(topic, signal);
    const looked = await look();
    signal.throwIfAborted();
    feed.tell(topic, { at: Date.now(), now: now(), ...looked });
    const text = JSON.stringify(looked);
    pause = text === before ? Math.min(most, pause * SLOWER) : least;
    before = text;
    await wallClock().sleep(pause, signal);
  }
}

function watchedIn({ stack }: Session): RunningService | undefined {
  return stack.stages.flatMap((stage) => stage.running ?? [])[0];
}

/** What a look has found; nothing: it is not there. `unseen`: why nobody could look, in AWS's words. */
export async function lookedAt<Found>(
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

/** Requests of each minute that CloudWatch has; undefined: there is no service. */
async function minutesOf(
  { clients, target: { now = Date.now } }: Session,
  running: RunningService,
  back: number,
): Promise<Answered[] | undefined> {
  const service = await serviceIn(clients, running);
  if (!service) return undefined;
  const courses = await serviceMetrics(clients, { cluster: running.cluster, service }, spanUpTo(now(), back));
  const pointsOf = (wanted: MetricName) => courses.find(({ name }) => name === wanted)?.points ?? [];
  const failed = new Map(pointsOf("5xx").map(({ at, value }) => [at, value]));
  const targetGroupArn = service.loadBalancers?.[0]?.targetGroupArn ?? "";
  return pointsOf("requests").map(({ at, value }) => {
    return { at, ms: MINUTE, targetGroupArn, count: value, failed: failed.get(at) ?? 0 };
  });
}

/** `runs`: the list of them, and `run`: what the newest says. */
export async function tellRuns(feed: Feed, { signal }: Surroundings): Promise<void> {
  const folder = runsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const over = new Map<string, RunSummary>();
  let read = "";
  for (;;) {
    await feed.somebody("runs", signal);
    const runs = await listRuns(folder, over);
    feed.tell("runs", runs);
    const [newest] = runs;
    const file = newest && (await fileOf(folder, newest.number));
    const state = file && `${file} ${(await stat(file).catch(() => undefined))?.size}`;
    if (newest && file && state !== read) {
      feed.tell("run", { number: newest.number, events: await readRun(file) });
      read = state ?? "";
    }
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
