import { wallClock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { runOnce } from "../release/run-once.ts";
import { inSession, tell } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { awsOf, type ServiceOptions, serviceNamed } from "./services.ts";

/** Options of `bia-infra run`. */
export interface RunOptions extends Omit<ServiceOptions, "json"> {
  /** The program and its arguments, as it gets them. */
  readonly command: readonly string[];
  /** A version, or the number of a revision. Default: the one that serves. */
  readonly tag?: string;
  /** MiB. Default: as the revision has it, or as much as a machine has left. */
  readonly memory?: number;
  /** CPU units. Default: as with `memory`. */
  readonly cpu?: number;
}

/**
 * `bia-infra run -- command`: a task of its own beside the service, with the service's image, environment and secrets. What it prints
 * goes to stdout; Ctrl-C stops it. Answers the command's exit code.
 */
export function runCommand(options: RunOptions, { signal }: Surroundings): Promise<number> {
  return inSession("run", options, { signal }, async (session) => {
    const aws = awsOf(session);
    const service = serviceNamed(session.stack, options.service);
    const { exitCode, stopped } = await runOnce(aws, service, options, {
      clock: wallClock(session.target.speed),
      signal,
      show: (line) => process.stdout.write(`${line}\n`),
      say: (text) => tell(text, options),
    });
    if (signal.aborted) return EXIT.interrupted;
    if (exitCode === undefined) throw new Explained(`the task ended without its command: ${stopped}`, NOT_RUN);
    return exitCode;
  });
}

const NOT_RUN = "`bia-infra status` says how the cluster is; `bia-infra versions` which versions there are.";
