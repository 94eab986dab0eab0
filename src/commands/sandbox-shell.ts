import { randomUUID } from "node:crypto";
import { createInterface, type Interface } from "node:readline/promises";
import type { Streams } from "../remote/ecs-exec.ts";
import type { CommandToExecute, Executed } from "../remote/execute.ts";
import { quoted } from "../remote/quoted.ts";

/** What ends a line's output on the machine, before the exit code and the folder. */
const MARK = "bia-infra-shell";

/** Characters of what a line prints that Run Command keeps. (GetCommandInvocation, StandardOutputContent) */
const KEPT = 24_000;

/** Where the lines of a shell are run. */
export interface ShellPlace {
  /** Before the folder in its prompt, e.g. `ec2-user@bia-dev`. */
  readonly prompt: string;
  /** Told once, where there is somebody to read it. */
  readonly welcome: string;
  /** Runs bash as root on a machine. */
  execute(command: Pick<CommandToExecute, "comment" | "script" | "cancel">): Promise<Executed>;
  /** Whether it begins in its user's home; false: where the container does. */
  readonly isAtHome: boolean;
  /** The command that runs a script of sh as the shell's user, where it is. */
  within(script: string): string;
}

/** Where lines are run as one user of a machine. */
export function onMachineAs(user: string): Pick<ShellPlace, "isAtHome" | "within"> {
  // Encoded, so that nothing in it needs quoting; not sudo -i, which would let the login shell expand variables before ours does.
  const within = (script: string) =>
    `sudo -H -u ${user} bash -lc "$(echo ${Buffer.from(script).toString("base64")} | base64 -d)"`;
  return { isAtHome: true, within };
}

/** Where lines are run in a container of the machine's docker. */
export function inContainer(id: string): Pick<ShellPlace, "isAtHome" | "within"> {
  return { isAtHome: false, within: (script) => `docker exec ${quoted(id)} sh -c ${quoted(script)}` };
}

/**
 * A shell on a machine of the sandbox: a prompt whose lines are run one after the other, with the folder and the exported
 * variables kept in between. Ctrl-C ends the line that runs. Without a terminal the lines of stdin are run and nothing is prompted
 * for. Answers the exit code of the last line, or of `exit`.
 */
export async function openShell(place: ShellPlace, streams: Streams, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  const isTerminal = stdin.isTTY === true;
  const shell = new Shell(place, streams);
  if (isTerminal) stderr.write(`${place.welcome}\n`);
  const lines = createInterface({ input: stdin, output: isTerminal ? stdout : stderr, terminal: isTerminal });
  const prompt = () => {
    if (!isTerminal) return;
    lines.setPrompt(shell.prompt);
    // What was typed meanwhile stays as it is.
    lines.prompt(true);
  };
  const leave = () => {
    shell.interrupt();
    lines.close();
  };
  signal.addEventListener("abort", leave, { once: true });
  lines.on("SIGINT", () => {
    stdout.write("^C\n");
    forget(lines);
    if (!shell.interrupt()) prompt();
  });
  try {
    prompt();
    for await (const line of lines) {
      const left = /^\s*(?:exit|logout)(?:\s+(\d+))?\s*$/.exec(line);
      if (left) return left[1] === undefined ? shell.exitCode : Number(left[1]) % 256;
      if (line.trim() !== "") await shell.run(line);
      prompt();
    }
    return shell.exitCode;
  } finally {
    signal.removeEventListener("abort", leave);
    lines.close();
    await shell.close();
  }
}

/** Empties the line that is being typed. */
function forget(lines: Interface): void {
  lines.setPrompt("");
  lines.write(null, { ctrl: true, name: "e" });
  lines.write(null, { ctrl: true, name: "u" });
}

class Shell {
  exitCode = 0;
  readonly #place: ShellPlace;
  readonly #streams: Streams;
  readonly #state = `/tmp/.bia-infra-shell-${randomUUID()}`;
  #folder: string;
  #used = false;
  #running: AbortController | undefined;

  constructor(place: ShellPlace, streams: Streams) {
    this.#place = place;
    this.#streams = streams;
    this.#folder = place.isAtHome ? "~" : "";
  }

  get prompt(): string {
    return `[${[this.#place.prompt, this.#folder].filter(Boolean).join(" ")}]$ `;
  }

  async run(line: string): Promise<void> {
    this.#used = true;
    this.#running = new AbortController();
    const command = {
      comment: COMMENT,
      script: this.#place.within(this.#scriptFor(line)),
      cancel: this.#running.signal,
    };
    const { stdout, stderr } = await this.#place.execute(command).finally(() => {
      this.#running = undefined;
    });
    const at = stdout.lastIndexOf(MARK);
    const [, code = "1", folder = this.#folder] = (at < 0 ? "" : stdout.slice(at)).trim().split(" ");
    this.exitCode = Number(code);
    this.#folder = folder;
    this.#streams.stdout.write(at < 0 ? stdout : stdout.slice(0, at));
    this.#streams.stderr.write(stderr);
    if (at < 0 && stdout.length >= KEPT) this.#streams.stderr.write(`\nRun Command keeps ${KEPT} characters of it.\n`);
  }

  /** Ends the line that runs; false: none does. */
  interrupt(): boolean {
    this.#running?.abort();
    return this.#running !== undefined;
  }

  /** Takes what the shell remembered off the machine. */
  async close(): Promise<void> {
    if (!this.#used) return;
    const script = this.#place.within(`rm -f ${this.#state}`);
    await this.#place.execute({ comment: COMMENT, script }).catch(() => {});
  }

  /** Restores folder and variables, runs the line, keeps them again whatever it did. What is kept is for its user alone: there are passwords in it. */
  #scriptFor(line: string): string {
    return `if [ -e ${this.#state} ]; then . ${this.#state}; cd "$PWD"; else ${this.#place.isAtHome ? "cd ~" : ":"}; fi
eval ${quoted(line)}
code=$?
export PWD
touch ${this.#state} && chmod 600 ${this.#state} && export -p > ${this.#state}
folder=$PWD
[ "$folder" != "$HOME" ] || folder='~'
[ "$folder" = / ] || folder=\${folder##*/}
echo "${MARK} $code $folder"`;
  }
}

const COMMENT = "bia-infra ssh";
