import type { Aws } from "../../aws/clients.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { failureOf, followRun, isUnderWay, lastRun, pendingOf, type Run, startRun } from "../run.ts";
import { type Answer, describeAnswer } from "./ask.ts";
import { APP_RECEIPTS, BIA, migrateScript } from "./compose.ts";
import { CORRECT_MIGRATION, LINES_OF_FAILURE, remedyFor } from "./failures.ts";
import { placeOf } from "./rds-access.ts";
import { type AppUpDesired, askUnlessUnderWay, isStopped, STOPPED, urlOf, versionChange, wordOf } from "./up.ts";

/** The app's database on a machine, as the app and the machine tell of it. */
export interface AppDatabase {
  /** The last time it was migrated by us. */
  readonly run: Run;
  readonly url: string | undefined;
  readonly machineIsStopped?: boolean;
  /** What the app answers at the path that reads what the migrations make. */
  readonly answer: Answer;
  /** `address:port/name` of the one on RDS that the app uses; undefined: it is on the machine. */
  readonly rds?: string | undefined;
}

const NAME = APP_RECEIPTS.database;
/** Seconds that creating and migrating may take. */
const TIMEOUT = 600;

/**
 * The app's database, created and migrated through the server's container. Found by asking the app for what is in it;
 * the receipt tells which version's migrations have run.
 */
export const appDatabase: Kind<AppUpDesired, AppDatabase, Aws> = {
  type: "remote.app-database",
  async find(aws, desired) {
    const run = await lastRun(aws, desired.instanceId, NAME);
    if (!run) return undefined;
    const answer = await askUnlessUnderWay(aws, desired, run, (desired.traits ?? BIA).health.data);
    return { run, answer, ...whereOf(desired) };
  },
  diff(desired, { run, answer, url }) {
    if (isUnderWay(run)) return [];
    const changes: Change[] = [];
    if (run.what !== wordOf(desired)) changes.push(versionChange("migrations", desired, run));
    if (!isGood(answer)) {
      changes.push({ field: `${url}${(desired.traits ?? BIA).health.data}`, from: describeAnswer(answer), to: "200" });
    }
    return changes;
  },
  create: (aws, desired) => migrate(aws, desired),
  update: (aws, desired) => migrate(aws, desired),
  pending({ run, answer, url, machineIsStopped }) {
    if (machineIsStopped) return STOPPED;
    return pendingOf(run) ?? (isGood(answer) ? undefined : `${url}: ${describeAnswer(answer)}`);
  },
  broken: ({ run }) => failureOf(run, LINES_OF_FAILURE),
  remedy: ({ run }) => remedyFor(run.output, CORRECT_MIGRATION),
  redo: true,
  follow: (aws, { run }, note, place) => followRun(aws, run, note, place),
  describe({ answer, rds }) {
    const says = isMigrated(answer) ? "created and migrated" : describeAnswer(answer);
    return rds === undefined ? says : `${says}, ${rds} on RDS`;
  },
  limits: { usually: 15, ready: 900, shown: 60, poll: [0.1, 5] },
};

async function migrate(aws: Aws, desired: AppUpDesired): Promise<AppDatabase | undefined> {
  const { instanceId } = desired;
  const script = migrateScript({ ...desired, region: aws.region });
  const run = await startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, wordOf(desired));
  // The app itself tells what is in it.
  if (run.status === "Success") return undefined;
  return { run, answer: { is: "unasked" }, ...whereOf(desired) };
}

function whereOf(desired: AppUpDesired): Pick<AppDatabase, "url" | "machineIsStopped" | "rds"> {
  const rds = desired.rds && placeOf(desired.rds);
  return { url: urlOf(desired), machineIsStopped: isStopped(desired), rds };
}

/** It can be read, or nobody here can say. */
function isGood(answer: Answer): boolean {
  return answer.is === "unreachable" || isMigrated(answer);
}

function isMigrated(answer: Answer): boolean {
  return answer.is === "answer" && answer.status === 200;
}
