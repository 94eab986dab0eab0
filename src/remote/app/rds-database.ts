import type { Aws } from "../../aws/clients.ts";
import type { Kind } from "../../engine/task.ts";
import { failureOf, followRun, isUnderWay, lastRun, pendingOf, type Run, startRun } from "../run.ts";
import type { AppRun } from "./compose.ts";
import { CORRECT_MIGRATION, LINES_OF_FAILURE, remedyFor } from "./failures.ts";
import { hashOf, placeOf, type RdsAccess } from "./rds-access.ts";
import { rdsMigrateScript } from "./rds-script.ts";
import { type AppPlace, short } from "./source.ts";

/** The app's database on RDS, and the machine that makes it. */
export interface RdsDatabaseDesired extends AppPlace, Omit<AppRun, "region"> {
  readonly database: RdsAccess & {
    /** Of the RDS instance (`db-...`): one that was made anew has no database, although its name is the same. */
    readonly resourceId: string;
  };
  /** The version of the source whose migrations shall have run; it must have been built on the machine. */
  readonly version: string;
}

/** The last time that the database was created and migrated. */
export interface RdsDatabase extends Run {
  /** `address:port/name`. */
  readonly place: string;
}

/** Names the receipt and the log on the machine. */
const NAME = "rds-database";
/** Seconds that creating and migrating may take on the smallest machine. */
const TIMEOUT = 900;

/**
 * The app's database on RDS, created and migrated from the work machine, since nobody else is let in. Nobody can look
 * into it from here: found by the receipt on the machine.
 */
export const rdsDatabase: Kind<RdsDatabaseDesired, RdsDatabase, Aws> = {
  type: "remote.rds-database",
  async find(aws, { instanceId, database }) {
    const run = await lastRun(aws, instanceId, NAME);
    return run && { ...run, place: placeOf(database) };
  },
  diff(desired, actual) {
    if (isUnderWay(actual) || actual.what === wordOf(desired)) return [];
    const [place = "", ...rest] = actual.what.split(":");
    const version = rest.join(":");
    if (place !== databaseOf(desired)) {
      return [{ field: "database", from: "another one", to: placeOf(desired.database) }];
    }
    return [{ field: "migrations", from: short(version), to: short(desired.version) }];
  },
  create: migrate,
  update: migrate,
  pending: pendingOf,
  broken: (run) => failureOf(run, LINES_OF_FAILURE),
  remedy: ({ output }) => REMEDIES.find(({ said }) => said.test(output))?.next ?? remedyFor(output, CORRECT_MIGRATION),
  redo: true,
  follow: followRun,
  describe: ({ place }) => `created and migrated, ${place}`,
  limits: { usually: 20, ready: 1200, poll: [0.1, 5] },
};

async function migrate(aws: Aws, desired: RdsDatabaseDesired): Promise<RdsDatabase> {
  const { instanceId, database } = desired;
  const script = rdsMigrateScript({ ...desired, region: aws.region }, database);
  const run = await startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, wordOf(desired));
  return { ...run, place: placeOf(database) };
}

/** What a person should do, by what the script said; the first match wins. */
const REMEDIES: readonly { readonly said: RegExp; readonly next: string }[] = [
  {
    said: /ETIMEDOUT|timed? ?out/i,
    next: "No security group of the database lets the work machine in: add a rule with the machine's group as source, then run the same command again.",
  },
  {
    said: /calling the GetParameter operation: .*not authorized|AccessDenied/i,
    next: "The work machine's role may not read the password: give it a policy that allows ssm:GetParameter (AmazonSSMManagedInstanceCore does), then run the same command again.",
  },
  {
    said: /password authentication failed/i,
    next: "The database has another password than its parameter: set it in the RDS console to the parameter's value, or destroy the database and create it again.",
  },
];

/** The word of a receipt: which database, and which version's migrations. */
function wordOf(desired: RdsDatabaseDesired): string {
  return `${databaseOf(desired)}:${desired.version}`;
}

function databaseOf({ database }: RdsDatabaseDesired): string {
  return hashOf(database, [database.resourceId]);
}
