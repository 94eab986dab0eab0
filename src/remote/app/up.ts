import type { Aws } from "../../aws/clients.ts";
import { isLaunchedHere } from "../../aws/launched.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { failureOf, followRun, isUnderWay, lastRun, pendingOf, type Run, startRun } from "../run.ts";
import { type Answer, describeAnswer } from "./ask.ts";
import { APP_RECEIPTS, type AppRun, BIA, upScript } from "./compose.ts";
import { wordOfEnvironment } from "./environment.ts";
import { LINES_OF_FAILURE, remedyFor } from "./failures.ts";
import { hashOf, placeOf } from "./rds-access.ts";
import { askMachine, type Reach } from "./reach.ts";
import { type AppPlace, short } from "./source.ts";

/** The app, built and up on a machine. */
export interface AppUpDesired extends AppPlace, Omit<AppRun, "region">, Reach {
  /** The version of the source that it is to be built from. */
  readonly version: string;
  /** The machine's, as EC2 calls it, e.g. `running`. */
  readonly machineState: string;
}

/** How the app is doing, as itself and as the machine tells it. */
export interface AppUp {
  /** The last time it was brought up by us; undefined: never. */
  readonly run: Run | undefined;
  /** Where a person opens it; undefined: the machine has no address, for one because it is stopped. */
  readonly url: string | undefined;
  readonly machineIsStopped?: boolean;
  /** What it answers at the path by which one knows that it is up. */
  readonly answer: Answer;
  /** That path, and what is in the answer. */
  readonly health?: { readonly path: string; readonly text: string };
}

const NAME = APP_RECEIPTS.up;
/** Seconds that building and starting may take on the smallest machine. */
const TIMEOUT = 1800;

/**
 * The app up on a machine: found by asking it. Where a security group does not let us ask, the receipt counts, which
 * was left once the machine itself had an answer.
 */
export const appUp: Kind<AppUpDesired, AppUp, Aws> = {
  type: "remote.app-up",
  async find(aws, desired) {
    const run = await lastRun(aws, desired.instanceId, NAME);
    // Nobody but this run can have brought it up there.
    if (!run && isLaunchedHere(aws.shared, desired.instanceId)) return undefined;
    const { health } = desired.traits ?? BIA;
    const answer = await askUnlessUnderWay(aws, desired, run, health.path);
    const machineIsStopped = isStopped(desired);
    // Anything may answer with anything: without a text to know it by, it is what we brought there.
    const isKnown = run !== undefined || (health.text !== "" && isUp(answer, health));
    return isKnown ? { run, answer, url: urlOf(desired), machineIsStopped, health } : undefined;
  },
  diff(desired, { run, answer, url }) {
    if (run && isUnderWay(run)) return [];
    const changes: Change[] = [];
    if (run?.what !== wordOf(desired)) changes.push(versionChange("app", desired, run));
    const { health } = desired.traits ?? BIA;
    if (!isGood(answer, health)) {
      changes.push({ field: `${url}${health.path}`, from: describeAnswer(answer), to: health.text || "200" });
    }
    return changes;
  },
  create: (aws, desired) => bringUp(aws, desired),
  update: (aws, desired) => bringUp(aws, desired),
  pending({ run, answer, url, machineIsStopped, health = BIA.health }) {
    if (machineIsStopped) return STOPPED;
    return (
      (run && pendingOf(run)) ??
      (isGood(answer, health)
        ? undefined
        : `${url}${health.path} answers ${describeAnswer(answer)}, and not ${health.text || "200"}`)
    );
  },
  broken: ({ run }) => run && failureOf(run, LINES_OF_FAILURE),
  remedy: ({ run }) => remedyFor(run?.output ?? ""),
  redo: true,
  follow: (aws, { run }, note, place) => (run ? followRun(aws, run, note, place) : Promise.resolve(place)),
  describe({ answer, url, machineIsStopped }) {
    if (machineIsStopped) return "none while the machine is stopped";
    const says = answer.is === "answer" ? answer.body.trim().slice(0, 80) : describeAnswer(answer);
    return url === undefined ? says : `${says}, ${url}`;
  },
  limits: { usually: 90, ready: 2000, shown: 60, poll: [0.1, 5] },
};

/** What the app on a machine answers. While this run waits for it to be brought up nobody wants to know. */
export async function askUnlessUnderWay(aws: Aws, reach: Reach, run: Run | undefined, path: string): Promise<Answer> {
  if (run && isUnderWay(run) && !aws.shared.untouched) return { is: "unasked" };
  return askMachine(aws, reach, path);
}

async function bringUp(aws: Aws, desired: AppUpDesired): Promise<AppUp | undefined> {
  const { instanceId } = desired;
  const script = upScript({ ...desired, region: aws.region });
  const run = await startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, wordOf(desired));
  // The app itself tells whether it is up.
  if (run.status === "Success") return undefined;
  return { run, answer: { is: "unasked" }, url: urlOf(desired), machineIsStopped: isStopped(desired) };
}

/** What is said of an app whose machine is stopped; a create starts the machine first. */
export const STOPPED = "the machine is stopped";

/** Whether the machine, and all that runs on it, is stopped or about to be. */
export function isStopped({ machineState }: Pick<AppUpDesired, "machineState">): boolean {
  return machineState === "stopped" || machineState === "stopping";
}

/** Where a person opens the app; undefined: the machine has no address. */
export function urlOf({ address, port }: Reach): string | undefined {
  return address === "" ? undefined : `http://${address}:${port}`;
}

type Told = Pick<AppUpDesired, "version" | "port" | "rds" | "environment">;

/** The word of a receipt: which version, on which port, with which environment and which database. */
export function wordOf({ version, port, rds, environment }: Told): string {
  const env = environment ? `+${wordOfEnvironment(environment)}` : "";
  return `${port}${env}${rds ? `@${hashOf(rds)}` : ""}:${version}`;
}

/** What differs between the receipt and what is wanted. */
export function versionChange(field: string, desired: Told, run: Run | undefined): Change {
  const [place = "", ...rest] = run?.what.split(":") ?? [];
  const version = rest.join(":");
  if (run === undefined) return { field, to: short(desired.version) };
  if (version !== desired.version) return { field, from: short(version), to: short(desired.version) };
  const [served = "", database] = place.split("@");
  const [port = "", environment] = served.split("+");
  if (port !== `${desired.port}`) return { field: `port of the ${field}`, from: port, to: `${desired.port}` };
  const wanted = desired.environment && wordOfEnvironment(desired.environment);
  if (environment !== wanted)
    return { field: `environment of the ${field}`, from: environment ?? "none", to: wanted ?? "none" };
  const from = database === undefined ? "on the machine" : "another one on RDS";
  return { field: "database", from, to: desired.rds ? placeOf(desired.rds) : "on the machine" };
}

/** It answers, or nobody here can say. */
function isGood(answer: Answer, health: { readonly text: string }): boolean {
  return answer.is === "unreachable" || isUp(answer, health);
}

/** Something else may answer on that port. */
function isUp(answer: Answer, { text }: { readonly text: string }): boolean {
  return answer.is === "answer" && answer.status === 200 && answer.body.includes(text);
}
