import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { type ECSClient, ExecuteCommandCommand } from "@aws-sdk/client-ecs";
import { isCode } from "../aws/errors.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import { type Channel, openChannel } from "./data-channel.ts";
import { ExitMark } from "./exit-mark.ts";
import { quoted } from "./quoted.ts";

/** A command for a container of a task. */
export interface ContainerCommand {
  readonly cluster: string;
  readonly task: string;
  readonly container: string;
  /** The program and its arguments, as it gets them. */
  readonly argv: readonly string[];
}

/** What a person types in and reads, or files. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable;
}

/** The agent in a container connects some seconds after the task runs; AWS then refuses, and says to try again. */
const CONNECTS_WITHIN = 30_000;
const PAUSE = 2000;

/**
 * Runs a command in a container through ECS Exec, on these streams. A shell reads what is typed, or stdin; other programs do so in
 * a terminal only. Both output streams come as one: the other side is a terminal.
 *
 * @returns the command's exit code; 0 of a shell, of which ECS Exec tells none
 * @throws {Explained} it cannot be begun, or broke off
 * @throws the signal's reason once it is aborted
 */
export async function execInContainer(
  ecs: ECSClient,
  command: ContainerCommand,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const { stdout, stderr } = streams;
  const isShell = command.argv.length === 1 && /^(?:\/\S*\/)?(?:ba|da|a|z)?sh$/.test(command.argv[0] ?? "");
  const mark = new ExitMark(`bia-infra-exit-${randomUUID()}`, stdout.isTTY === true);
  const argv = isShell ? command.argv : ["sh", "-c", `"$@"; echo "${mark.name} $?"`, "sh", ...command.argv];
  const tell = (text: string) => stderr.write(`${text}\n`);
  const session = await started(ecs, { ...command, argv }, tell, signal);
  const channel = await openChannel(session, (text) => stdout.write(mark.read(text)));
  const leave = attach(channel, streams, isShell, signal);
  try {
    const why = await channel.closed;
    signal.throwIfAborted();
    stdout.write(mark.rest());
    if (why !== "") tell(why);
    return mark.exitCode ?? (isShell && why === "" ? 0 : 1);
  } finally {
    leave();
  }
}

async function started(
  ecs: ECSClient,
  { cluster, task, container, argv }: ContainerCommand,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<{ url: string; token: string }> {
  const deadline = Date.now() + CONNECTS_WITHIN;
  let isTold = false;
  for (;;) {
    try {
      // ECS's agent splits the command as a shell would.
      const input = { cluster, task, container, command: argv.map(quoted).join(" "), interactive: true };
      const { session } = await ecs.send(new ExecuteCommandCommand(input));
      return { url: session?.streamUrl ?? "", token: session?.tokenValue ?? "" };
    } catch (error) {
      const comesLater =
        isCode(error, "TargetNotConnectedException") ||
        (isCode(error, "InvalidParameterException") && /agent isn.t running/.test((error as Error).message));
      if (!comesLater) throw error;
      const { message } = error as Error;
      if (Date.now() >= deadline) throw new Explained(`ECS Exec: ${message}`, NO_AGENT);
      if (!isTold) tell(`${message}\nTrying again for half a minute.`);
      isTold = true;
      await wallClock().sleep(PAUSE, signal);
    }
  }
}

const NO_AGENT =
  "The task's role has to allow ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and OpenDataChannel, and the " +
  "container needs a way to the internet. A task that runs already has what it was started with: `bia-infra restart`.";

/** Joins the channel with a terminal, or a shell's channel with stdin. Answers what parts them again. */
function attach(channel: Channel, { stdin, stdout }: Streams, isShell: boolean, signal: AbortSignal): () => void {
  const isTerminal = stdin.isTTY === true;
  const resize = () => channel.resize(stdout.columns ?? 80, stdout.rows ?? 24);
  const type = (chunk: string) => channel.type(chunk);
  const endOfInput = () => channel.type("\x04");
  const end = () => channel.end();
  signal.addEventListener("abort", end, { once: true });
  if (isTerminal || isShell) {
    if (isTerminal) stdin.setRawMode?.(true);
    stdin.setEncoding("utf8").on("data", type).on("end", endOfInput).resume();
  }
  if (isTerminal) {
    resize();
    stdout.on("resize", resize);
  }
  return () => {
    signal.removeEventListener("abort", end);
    stdout.off("resize", resize);
    stdin.off("data", type).off("end", endOfInput);
    if (isTerminal) stdin.setRawMode?.(false);
    stdin.pause();
  };
}
