import type { ConfirmOptions } from "@clack/prompts";

/** Where a question is asked: `process.stdin` and `process.stderr`. */
export interface Terminal {
  readonly stdin: NonNullable<ConfirmOptions["input"]> & { readonly isTTY?: boolean };
  readonly stderr: NonNullable<ConfirmOptions["output"]> & { readonly isTTY?: boolean };
}

/** A question had to be asked and nobody is there to answer it. `exitCode` is what the process ends with. */
export class NobodyToAsk extends Error {
  readonly exitCode = 2;

  constructor(question: string) {
    super(`There is no terminal to ask on: ${question}\nAdd --yes to answer it beforehand.`);
    this.name = "NobodyToAsk";
  }
}

/**
 * Asks a question that is answered with yes or no; no is the default.
 *
 * @returns false for no and for Ctrl-C
 * @throws {NobodyToAsk} there is no terminal
 */
export async function confirm(question: string, terminal: Terminal = process): Promise<boolean> {
  const { confirm, isCancel } = await prompts(question, terminal);
  const answer = await confirm({
    message: question,
    initialValue: false,
    input: terminal.stdin,
    output: terminal.stderr,
  });
  return !isCancel(answer) && answer;
}

/**
 * Asks for a name to be typed, before something is done that cannot be undone.
 *
 * @returns whether `name` was typed; false for Ctrl-C and for an empty answer
 * @throws {NobodyToAsk} there is no terminal
 */
export async function confirmByName(question: string, name: string, terminal: Terminal = process): Promise<boolean> {
  const { text, isCancel } = await prompts(question, terminal);
  const answer = await text({
    message: `${question} Type ${name} to go on, nothing to stop.`,
    validate: (typed = "") => (typed === "" || typed === name ? undefined : `This is not ${name}.`),
    input: terminal.stdin,
    output: terminal.stderr,
  });
  return !isCancel(answer) && answer === name;
}

/**
 * Asks for a secret, of which nothing is shown, not even its length.
 *
 * @returns undefined for Ctrl-C
 * @throws {NobodyToAsk} there is no terminal
 */
export async function askSecret(question: string, terminal: Terminal = process): Promise<string | undefined> {
  const { password, isCancel } = await prompts(question, terminal);
  const answer = await password({ message: question, mask: "", input: terminal.stdin, output: terminal.stderr });
  return isCancel(answer) ? undefined : answer;
}

function prompts(question: string, { stdin, stderr }: Terminal) {
  if (!stdin.isTTY || !stderr.isTTY) throw new NobodyToAsk(question);
  return import("@clack/prompts");
}
