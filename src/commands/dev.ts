import { create } from "../engine/create.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { onlyFound, withNeeds } from "../engine/selection.ts";
import { APP_RECEIPTS, compose } from "../remote/app/compose.ts";
import { chooseDatabase } from "../remote/app/database-choice.ts";
import { remedyFor } from "../remote/app/failures.ts";
import { placeOf } from "../remote/app/rds-access.ts";
import { forgetRuns, lastLines } from "../remote/run.ts";
import { confirm } from "../terminal/ask.ts";
import { databaseAtHand } from "./database-at-hand.ts";
import { tell } from "./in-session.ts";
import {
  type MachineAtHand,
  type MachineOptions,
  machineNamed,
  onWorkMachine,
  runningInstance,
} from "./on-work-machine.ts";
import { runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { Session } from "./session.ts";

/** Options of `bia-infra dev up`. */
export interface DevUpOptions extends MachineOptions {
  readonly json?: boolean;
  /** Send the source, build and migrate anew, whatever was done before. */
  readonly again?: boolean;
  /** Which database the app uses from now on. Default: the one that it was last told to. */
  readonly database?: "local" | "rds";
}

/** `bia-infra dev up`: brings the app up as the variables say, and nothing else; the machine must be there. */
export function devUp(
  { again = false, database, ...options }: DevUpOptions,
  surroundings: Surroundings,
): Promise<number> {
  return runOnStack("dev up", options, surroundings, async (session) => {
    if (database !== undefined) await choose(session, database);
    const { app } = machineNamed(session.stack, undefined);
    const tasks = withNeeds(session.stack, app);
    const findOnly = onlyFound(session.stack, tasks, new Set(app));
    if (again) await forget(session);
    const outcomes = await create(session.run(), { tasks, findOnly, adopt: false });
    return { outcomes, walked: "forward", next: ["bia-infra dev logs --follow", "bia-infra dev down"] };
  });
}

/** Remembers with the machine which database its app shall use; the tasks then make it so. */
async function choose(session: Session, database: "local" | "rds"): Promise<void> {
  const instanceId = await runningInstance(session, machineNamed(session.stack, undefined));
  const access = database === "rds" ? (await databaseAtHand(session)).access : undefined;
  await session.run().lease.take();
  await chooseDatabase(session.clients, instanceId, access);
  const text = access
    ? `The app uses the database ${placeOf(access)} on RDS from now on; \`bia-infra dev up --database local\` goes back.`
    : "The app uses the database on the machine from now on.";
  session.emit({ type: "message", level: "info", text });
}

async function forget(session: Session): Promise<void> {
  const instanceId = await runningInstance(session, machineNamed(session.stack, undefined));
  await session.run().lease.take();
  await forgetRuns(session.clients, instanceId, Object.values(APP_RECEIPTS));
}

/** Options of `bia-infra dev down`. */
export interface DevDownOptions extends MachineOptions {
  /** Delete the app's volumes too: the database with everything in it. */
  readonly volumes?: boolean;
  /** Do not ask. */
  readonly yes?: boolean;
}

/** `bia-infra dev down`: stops the app's containers and removes them. Answers the exit code. */
export function devDown(options: DevDownOptions, surroundings: Surroundings): Promise<number> {
  return onWorkMachine("dev down", undefined, options, surroundings, async (at) => {
    const { volumes = false, yes = false } = options;
    if (volumes && !yes && !(await confirm("This deletes the app's database with everything in it. Go on?"))) {
      tell("nothing was stopped or deleted", options);
      return EXIT.failed;
    }
    await at.session.run().lease.take();
    await must(at, "bia-infra dev down", `down${volumes ? " --volumes" : ""}`);
    tell(volumes ? "the app is down and its database deleted" : "the app is down; its database is kept", options);
    tell("`bia-infra dev up` brings it up again", options);
    return EXIT.done;
  });
}

/** Options of `bia-infra dev logs`. */
export interface DevLogsOptions extends MachineOptions {
  readonly follow?: boolean;
  /** Lines of each container to begin with. Default 50. */
  readonly lines?: number;
}

/** Milliseconds between two looks at logs that are followed: every look is a command on the machine. */
const FOLLOW_MS = 2000;

/** `bia-infra dev logs`: what the app's containers printed, in the order of time. Answers the exit code. */
export function devLogs(
  { follow = false, lines = 50, ...options }: DevLogsOptions,
  surroundings: Surroundings,
): Promise<number> {
  return onWorkMachine("dev logs", undefined, options, surroundings, async (at) => {
    const log = new LogReader();
    let since = `--tail ${lines}`;
    for (;;) {
      const said = await must(at, "bia-infra dev logs", `logs --no-color --timestamps ${since}`);
      for (const line of log.read(said)) process.stdout.write(`${line}\n`);
      if (!follow) return EXIT.done;
      if (log.last !== undefined) since = `--since ${log.last}`;
      await at.pause(FOLLOW_MS);
    }
  });
}

/** Puts the lines of several containers into the order of time, and leaves out those that it has given before. */
export class LogReader {
  /** Time of the newest line that was read; undefined: there was none. */
  last: string | undefined;
  #known = new Set<string>();

  read(text: string): string[] {
    const lines = text.split("\n").flatMap((line) => {
      const [, container = "", time = "", said = ""] = /^(\S+)\s*\| (\d{4}-\S+Z) ?(.*)$/.exec(line) ?? [];
      return time === "" ? [] : [{ line, time, shown: `${container} | ${said}` }];
    });
    const fresh = lines
      .filter(({ line }) => !this.#known.has(line))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    // The next reading begins with this very moment, whose lines are therefore read again.
    this.last = fresh.at(-1)?.time ?? this.last;
    this.#known = new Set(lines.filter(({ time }) => time === this.last).map(({ line }) => line));
    return fresh.map(({ shown }) => shown);
  }
}

/** What a docker compose command on the app printed. @throws {Explained} it failed */
async function must(at: MachineAtHand, comment: string, command: string): Promise<string> {
  const { served, name } = at.machine;
  const absent = `echo "The app was never brought to this machine (there is no ${served.folder})."`;
  const script = `[ -d ${served.folder} ] || { ${absent}; exit 1; }\n${compose(served, command)}`;
  const { status, stdout, stderr } = await at.execute({ comment, script });
  if (status === "Success") return stdout;
  const said = [stdout, stderr].join("\n");
  throw new Explained(`${comment} ended as ${status} on ${name}:\n${lastLines(said)}`, remedyFor(said));
}
