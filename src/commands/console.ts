import { Feed } from "../console/feed.ts";
import { type ConsoleServer, serveConsole } from "../console/server.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { runsFolder } from "../runs/folder.ts";
import { fileOf, readRun } from "../runs/read.ts";
import { logsOfPlaces } from "./console-log.ts";
import { tellMachines, tellUsage } from "./console-machines.ts";
import { tellStack } from "./console-stack.ts";
import { terminalsOf } from "./console-terminal.ts";
import { tellNetwork, tellRuns, tellService, tellTraffic, trafficOf } from "./console-topics.ts";
import { inSession, tell } from "./in-session.ts";
import { launch } from "./open.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra console`. */
export interface ConsoleOptions extends StackOptions {
  /** Absent: any free one. */
  readonly port?: number;
  /** False: only say where the page is. */
  readonly open?: boolean;
}

/**
 * `bia-infra console`: a page on this computer that shows the stack and its runs, until Ctrl-C, which ends it with 0. It only
 * reads, and only while somebody has it open.
 */
export function consoleCommand(options: ConsoleOptions, surroundings: Surroundings): Promise<number> {
  const work = async (session: Session) => {
    const feed = new Feed();
    const server = await served(feed, session, options);
    try {
      tell(`The console is at ${server.url}\nCtrl-C ends it.`);
      if (options.open !== false) await launch(server.url, options);
      await Promise.all([
        tellStack(feed, session, options, surroundings),
        tellService(feed, session, surroundings),
        tellNetwork(feed, session, surroundings),
        tellMachines(feed, session, options, surroundings),
        tellUsage(feed, session, surroundings),
        tellTraffic(feed, session, surroundings),
        tellRuns(feed, surroundings),
      ]);
      return EXIT.done;
    } finally {
      await server.close();
    }
  };
  return inSession("console", options, surroundings, work, EXIT.done);
}

async function served(feed: Feed, session: Session, options: ConsoleOptions): Promise<ConsoleServer> {
  const { port = 0 } = options;
  const run = async (number: number) => {
    const file = await fileOf(runsFolder(), number);
    return file && JSON.stringify(await readRun(file));
  };
  const traffic = async () => JSON.stringify((await trafficOf(session)) ?? []);
  try {
    // On aws the page changes nothing, and whoever can type can.
    const terminal = session.target.name === "sandbox" && { terminal: terminalsOf(session, options) };
    return await serveConsole(feed, { run, traffic, log: logsOfPlaces(session, options), ...terminal }, port);
  } catch (error) {
    throw new Explained(`port ${port} cannot be used: ${(error as Error).message}`, "Choose another one with --port.");
  }
}
