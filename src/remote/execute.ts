import { CancelCommandCommand, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { Clients } from "../aws/clients.ts";
import { wallClock } from "../engine/clock.ts";
import { invocationOf } from "./run-command.ts";

/** A command for a machine, on which somebody waits. */
export interface CommandToExecute {
  readonly instanceId: string;
  /** What it is for, as Run Command's history shows it. */
  readonly comment: string;
  /** Bash, run as root. */
  readonly script: string;
  /** Seconds that it may take. Default 600. */
  readonly timeout?: number;
  /** Aborted when somebody wants it ended before it has run. Absent: nobody will. */
  readonly cancel?: AbortSignal;
}

/** How a command ended. */
export interface Executed {
  /** SSM's word: `Success`, `Failed`, `TimedOut` or `Cancelled`. */
  readonly status: string;
  readonly exitCode: number;
  /** At most 24,000 characters. */
  readonly stdout: string;
  /** At most 8,000 characters. */
  readonly stderr: string;
}

const UNDER_WAY = ["Pending", "InProgress", "Delayed", "Cancelling"];
/** Milliseconds between two looks: the first, and the longest. */
const PAUSES = { first: 80, longest: 1500 };

/**
 * Runs one command on a machine and waits for its end, which comes sooner where it is cancelled.
 *
 * @throws the signal's reason once it is aborted; the command then goes on
 */
export async function execute(
  { ssm }: Pick<Clients, "ssm">,
  command: CommandToExecute,
  signal: AbortSignal,
): Promise<Executed> {
  const { instanceId, comment, script, timeout = 600, cancel } = command;
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [instanceId],
      Comment: comment.slice(0, 100),
      TimeoutSeconds: 30,
      Parameters: { commands: [script], executionTimeout: [`${timeout}`] },
    }),
  );
  const end = () => {
    // What has ended meanwhile cannot be cancelled, and need not be.
    ssm.send(new CancelCommandCommand({ CommandId: Command?.CommandId })).catch(() => {});
  };
  if (cancel?.aborted) end();
  cancel?.addEventListener("abort", end, { once: true });
  for (let pause = PAUSES.first; ; pause = Math.min(pause * 1.5, PAUSES.longest)) {
    const found = await invocationOf(ssm, Command?.CommandId ?? "", instanceId);
    if (found && !UNDER_WAY.includes(found.status)) return found;
    await wallClock().sleep(pause, signal);
  }
}
