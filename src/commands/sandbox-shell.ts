import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { tell } from "./in-session.ts";
import type { MachineAtHand } from "./on-work-machine.ts";

/** What ends a line's output on the machine, before the exit code and the folder. */
const MARK = "bia-infra-shell";

/**
 * A shell on a machine of the sandbox: a prompt whose lines are run one after the other, with the folder and the exported
 * variables kept in between. Without a terminal the lines of stdin are run and nothing is prompted for.
 */
export async function openShell(at: MachineAtHand, signal: AbortSignal): Promise<number> {
  const isTerminal = process.stdin.isTTY === true;
  const shell = new Shell(at);
  if (isTerminal) {
    tell(`${at.machine.name} (${at.instanceId}), a simulated machine. Leave with exit or Ctrl-D.`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: isTerminal });
  const prompt = () => {
    if (!isTerminal) return;
    lines.setPrompt(shell.prompt);
    lines.prompt();
  };
  signal.addEventListener("abort", () => lines.close(), { once: true });
  lines.on("SIGINT", () => {
    process.stderr.write("^C\n");
    prompt();
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
    lines.close();
    await shell.close();
  }
}

class Shell {
  exitCode = 0;
  readonly #at: MachineAtHand;
  readonly #state = `/tmp/.bia-infra-shell-${randomUUID()}`;
  #folder = "~";
  #used = false;

  constructor(at: MachineAtHand) {
    this.#at = at;
  }

  get prompt(): string {
    return `[${this.#at.machine.served.user}@${this.#at.machine.name} ${this.#folder}]$ `;
  }

  async run(line: string): Promise<void> {
    this.#used = true;
    const { stdout, stderr } = await this.#at.execute({ comment: "bia-infra ssh", script: this.#scriptFor(line) });
    const at = stdout.lastIndexOf(MARK);
    const [, code = "1", folder = this.#folder] = (at < 0 ? "" : stdout.slice(at)).trim().split(" ");
    this.exitCode = Number(code);
    this.#folder = folder;
    process.stdout.write(at < 0 ? stdout : stdout.slice(0, at));
    process.stderr.write(stderr);
  }

  /** Takes what the shell remembered off the machine. */
  async close(): Promise<void> {
    if (this.#used)
      await this.#at.execute({ comment: "bia-infra ssh", script: `rm -f ${this.#state}` }).catch(() => {});
  }

  /** Restores folder and variables, runs the line, keeps them again whatever it did. Encoded, so that nothing in it needs quoting. */
  #scriptFor(line: string): string {
    const inner = `cd ~
[ ! -e ${this.#state} ] || . ${this.#state}
eval "$(echo ${Buffer.from(line).toString("base64")} | base64 -d)"
code=$?
{ export -p; printf 'cd %q\\n' "$PWD"; } > ${this.#state}
folder=$PWD
[ "$folder" != "$HOME" ] || folder='~'
echo "${MARK} $code \${folder##*/}"`;
    const encoded = Buffer.from(inner).toString("base64");
    // Not sudo -i, which would let the login shell expand variables before ours does.
    return `sudo -H -u ${this.#at.machine.served.user} bash -lc "$(echo ${encoded} | base64 -d)"`;
  }
}
