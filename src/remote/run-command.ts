import {
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { awsError, isCode } from "../aws/errors.ts";

/** How a command on a machine is doing. */
export interface Invocation {
  /** SSM's word: `Pending`, `InProgress`, `Delayed`, `Success`, `Cancelled`, `TimedOut`, `Failed` or `Cancelling`. */
  readonly status: string;
  /** What it printed, both streams; empty until it has ended (SSM shows the first 24,000 characters of each). */
  readonly output: string;
  readonly stdout: string;
  readonly stderr: string;
  /** -1 until it has ended. */
  readonly exitCode: number;
}

/** What to run where. */
export interface ScriptToSend {
  readonly instanceId: string;
  readonly name: string;
  readonly script: string;
  /** Seconds that it may take. */
  readonly timeout: number;
}

/**
 * Seconds that SSM may take to deliver a command, at least 30. A small machine that is being set up or builds keeps its agent
 * waiting, and the agent takes five commands at a time.
 */
const DELIVERY_TIMEOUT = 180;
/**
 * Bytes of the log that the command repeats as its own output, so that SSM keeps the end and not the beginning. After a
 * success so few that a listing of commands shows them all (ssm:ListCommandInvocations cuts off after 2,500 characters).
 */
const TAIL_BYTES = { success: 2_000, failure: 20_000 };
/** A listed output that is as long as this may have been cut off. */
const LONGEST_LISTED = 2_400;
/** Most commands that one listing shows. */
const MOST_LISTED = 50;

/** What SSM's agent adds to the errors of a script that failed. */
const AGENTS_LINE = /failed to run commands: exit status \d+\n?$/;

/** File on the machine that holds what the script printed. */
export function logFile(name: string): string {
  return `/var/log/bia-infra/${name}.log`;
}

/** Sends a script to a machine and answers at once. SSM knows no token: sending twice runs it twice. */
export async function sendScript(ssm: SSMClient, script: ScriptToSend): Promise<{ commandId: string; sent: number }> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [script.instanceId],
      Comment: `bia-infra ${script.name}`,
      TimeoutSeconds: DELIVERY_TIMEOUT,
      Parameters: { commands: [logged(script)], executionTimeout: [`${script.timeout}`] },
    }),
  );
  const sent = Command?.RequestedDateTime?.getTime() ?? Date.now();
  return { commandId: Command?.CommandId ?? "", sent };
}

/** Sends a script of which nobody needs to see more than whether its effect is there. */
export async function sendPart(
  ssm: SSMClient,
  { instanceId, name, script }: Omit<ScriptToSend, "timeout">,
): Promise<void> {
  await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [instanceId],
      Comment: `bia-infra ${name}`,
      TimeoutSeconds: DELIVERY_TIMEOUT,
      Parameters: { commands: [script], executionTimeout: ["120"] },
    }),
  );
}

/** How a command is doing; undefined: SSM does not know it, not yet or not any more. */
export async function invocationOf(
  ssm: SSMClient,
  CommandId: string,
  InstanceId: string,
): Promise<Invocation | undefined> {
  try {
    const found = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
    const { Status = "Pending", ResponseCode = -1, StandardOutputContent: stdout = "" } = found;
    const stderr = (found.StandardErrorContent ?? "").replace(AGENTS_LINE, "");
    return {
      status: Status,
      output: [stdout, stderr].filter(Boolean).join("\n"),
      stdout,
      stderr,
      exitCode: ResponseCode,
    };
  } catch (error) {
    if (isCode(error, "InvocationDoesNotExist")) return undefined;
    throw error;
  }
}

/**
 * The newest commands on a machine that went well and whose whole output is known, by id, in one call. The others are
 * asked for by `invocationOf`, which is also what tells more when AWS refuses the listing: then it is empty.
 */
export async function recentSuccesses(ssm: SSMClient, InstanceId: string): Promise<Map<string, Invocation>> {
  const successes = new Map<string, Invocation>();
  try {
    const { CommandInvocations = [] } = await ssm.send(
      new ListCommandInvocationsCommand({ InstanceId, Details: true, MaxResults: MOST_LISTED }),
    );
    for (const { CommandId, Status, CommandPlugins } of CommandInvocations) {
      const output = CommandPlugins?.[0]?.Output ?? "";
      if (!CommandId || Status !== "Success" || output.length >= LONGEST_LISTED) continue;
      successes.set(CommandId, { status: Status, output, stdout: output, stderr: "", exitCode: 0 });
    }
  } catch (error) {
    if (!awsError(error)) throw error;
  }
  return successes;
}

/**
 * Runs the script from a file, with its output in a log file that can be followed meanwhile. Its standard input is
 * empty, so that a command which reads it cannot swallow the rest of the script. Two runs of one name wait for each
 * other: a call whose answer was lost is repeated, and then the script runs twice. A lock whose holder must have ended by
 * now was left behind.
 */
function logged({ name, script, timeout }: ScriptToSend): string {
  const file = `/var/lib/bia-infra/${name}.sh`;
  const lock = `/run/bia-infra-${name}.lock`;
  return [
    "umask 077",
    `until mkdir ${lock} 2> /dev/null; do`,
    `  if [ "$(date +%s)" -gt "$(cat ${lock}/until 2> /dev/null || echo 99999999999)" ]; then rm -rf ${lock}; else sleep 0.3; fi`,
    "done",
    `trap 'rm -rf ${lock}' EXIT`,
    `echo $(($(date +%s) + ${timeout})) > ${lock}/until`,
    "mkdir -p /var/lib/bia-infra /var/log/bia-infra",
    `cat > ${file} <<'END-OF-SCRIPT'`,
    script.trimEnd(),
    "END-OF-SCRIPT",
    `bash -euo pipefail ${file} > ${logFile(name)} 2>&1 < /dev/null`,
    "code=$?",
    `if [ $code = 0 ]; then bytes=${TAIL_BYTES.success}; else bytes=${TAIL_BYTES.failure}; fi`,
    `tail -c $bytes ${logFile(name)}`,
    "exit $code",
  ].join("\n");
}
