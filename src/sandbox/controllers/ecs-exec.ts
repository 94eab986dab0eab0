import { randomUUID } from "node:crypto";
import type { DataChannel } from "../plane/data-channel/channel.ts";
import { Terminal } from "../plane/data-channel/terminal.ts";
import { wordsOf } from "../plane/data-channel/words.ts";
import type { ExecSession } from "../world/ecs/exec-sessions.ts";
import type { World } from "../world/world.ts";
import type { TaskContainers } from "./ecs-task-containers.ts";

/** A session ends after so long without anything typed ("ECS Exec", considerations). */
const IDLE_MS = 20 * 60_000;
const SHELL = /^(?:\/\S*\/)?(?:ba|da|a|z)?sh$/;

/** Runs a command in a container. Answers its exit code. */
type Run = (argv: readonly string[], signal: AbortSignal) => Promise<number>;

/** Serves sessions of ECS Exec: each is a terminal on a container. */
export class ExecServer {
  readonly #world: World;
  readonly #containers: TaskContainers | undefined;

  /** @param containers absent: nothing runs, and every session ends at once */
  constructor(world: World, containers: TaskContainers | undefined) {
    this.#world = world;
    this.#containers = containers;
  }

  /** Resolves when the session is over. */
  async serve({ region, taskArn, container, command }: ExecSession, channel: DataChannel): Promise<void> {
    await channel.open();
    const terminal = new Terminal((text) => channel.write(text));
    const idle = setTimeout(() => channel.close("Session has timed out: it was idle for 20 minutes."), IDLE_MS).unref();
    channel.onTyped((text) => {
      idle.refresh();
      terminal.type(text);
    });
    const run: Run = async (argv, signal) => {
      const print = (text: string) => terminal.print(text);
      const ran = await this.#containers?.exec(this.#world.region(region), taskArn, container, { argv, print, signal });
      if (ran === undefined) throw new Error("the container does not run any more");
      return ran;
    };
    const over = await session(terminal, wordsOf(command), run, channel.ended).catch((error: Error) => error);
    clearTimeout(idle);
    // The agent's words for a command that cannot be started (amazon-ssm-agent, shell plugin).
    channel.close(over ? `----------ERROR-------\nUnable to start command: Failed to start pty: ${over.message}` : "");
  }
}

async function session(terminal: Terminal, words: readonly string[], run: Run, ended: AbortSignal): Promise<void> {
  const argv = words.length > 0 ? words : ["sh"];
  const isShell = SHELL.test(argv[0] ?? "") && argv.slice(1).every((word) => /^-[il]+$/.test(word));
  if (isShell) return shell(terminal, run, ended);
  await terminal.interruptible((interrupted) => run(argv, AbortSignal.any([interrupted, ended])));
}

/**
 * A shell whose lines are run one after the other, with the folder and the exported variables kept in between: programs of
 * containers have no terminal here.
 */
async function shell(terminal: Terminal, run: Run, ended: AbortSignal): Promise<void> {
  const state = `/tmp/.ecs-exec-${randomUUID()}`;
  const script = `[ ! -e ${state} ] || . ${state}
eval "$1"
code=$?
{ export -p; printf 'cd %q\\n' "$PWD"; } > ${state}
exit $code`;
  try {
    for (;;) {
      const line = await terminal.readLine("# ", ended);
      if (line === undefined || /^\s*(?:exit|logout)(?:\s+\d+)?\s*$/.test(line)) return;
      if (line.trim() === "") continue;
      const words = ["sh", "-c", script, "sh", line];
      await terminal.interruptible((interrupted) => run(words, AbortSignal.any([interrupted, ended])));
    }
  } finally {
    await run(["rm", "-f", state], new AbortController().signal).catch(() => {});
  }
}
