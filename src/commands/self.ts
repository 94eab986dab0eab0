/**
 * The command as the person has to type it: who came by `npx bia-infra` has no `bia-infra` on the path
 * (npm sets `npm_command` to `exec` for what npx runs).
 */
const SELF = process.env.npm_command === "exec" ? "npx bia-infra" : "bia-infra";

/** The options that say on what and where a command works. */
export interface Called {
  readonly stack?: string;
  readonly config?: string;
  readonly target?: string;
}

/** A command of ours, e.g. `bia-infra status`, as this person has to type it to work on the same stack in the same place. */
export function typed(command: string, { stack, config, target }: Called = {}, self = SELF): string {
  const [ours = "", ...given] = command.split(" -- ");
  const [, name] = ours.split(" ");
  const isOnStack = name !== "sandbox" && name !== "stacks";
  const flags = [
    ...(stack === undefined || !isOnStack ? [] : ["--stack", stack]),
    ...(config === undefined || !isOnStack ? [] : ["--config", quoted(config)]),
    ...(target === undefined || name === "sandbox" ? [] : ["--target", target]),
  ];
  const line = [ours.replace("bia-infra", self), ...flags].join(" ");
  return [line, ...given].join(" -- ");
}

/**
 * A text with the commands in it as this person has to type them: those between backticks complete, those after a colon, which
 * bring their own options, by the right name.
 */
export function withCommands(text: string, called: Called = {}, self = SELF): string {
  return text
    .replace(
      /`([A-Z_]+=\S+ )?(bia-infra [a-z][^`]*)`/g,
      (_, before = "", command) => `\`${before}${typed(command, called, self)}\``,
    )
    .replace(/(: |\$\()bia-infra (?=[a-z])/g, `$1${self} `);
}

/** All texts of an event, or of anything else that is plain data, `withCommands`. */
export function withCommandsIn<Told>(told: Told, called: Called, self = SELF): Told {
  const read = (_: string, value: unknown) => (typeof value === "string" ? withCommands(value, called, self) : value);
  return JSON.parse(JSON.stringify(told), read);
}

function quoted(word: string): string {
  return /[^\w./~:\\-]/.test(word) ? JSON.stringify(word) : word;
}
