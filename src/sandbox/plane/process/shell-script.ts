import type { CommandNode, ScriptNode, SimpleCommandNode, StatementNode, WordNode } from "just-bash";
import { CALLED, callExpanded, functionCalling } from "../../shell/expanded-commands.ts";
import { shellBuiltins, shellPrograms } from "./shell-programs.ts";

/** Runs a program whose output is wanted when it has ended, because a pipe or a variable takes it. */
export const RUN = ".run";
/** Runs a program whose output goes where the shell's own goes, at once. */
export const LIVE = ".live";
/** Runs a program while the script goes on; it ends with the script. */
export const BACKGROUND = ".background";
/** Waits for all that run so. */
export const WAIT = ".wait";
/** Folder with a file for each stream; what is written to one is the shell's output at once. */
export const OUTLETS = "/dev/.outlets";

/** Tells whether a word is a program of the image. */
export const IS_PROGRAM = ".is-program";
/** As `CALL`, where what the command writes is the shell's own output. */
const CALL_LIVE = ".call-live";

/** Functions that every script has. */
export const definitions = [
  functionCalling(`if ${IS_PROGRAM} "$1"; then ${RUN} "$@"; else ${CALLED}; fi`),
  functionCalling(
    `if ${IS_PROGRAM} "$1"; then ${LIVE} "$@"; else ${CALLED} > ${OUTLETS}/1 2> ${OUTLETS}/2; fi`,
    CALL_LIVE,
  ),
].join("\n");

type Redirection = SimpleCommandNode["redirections"][number];

/**
 * just-bash gives its output when the whole script has ended, and knows no programs but its own. So before a script
 * runs, each command that is a program of the image is led to ours, and each command that writes to the shell's own
 * output gets an outlet.
 */
export function prepareScript(script: ScriptNode, isMain: boolean, functions: Set<string>): ScriptNode {
  visit(script, (node) => {
    if (node.type === "FunctionDef") functions.add(String(node.name));
  });
  const isProgram = (command: SimpleCommandNode) => {
    const name = literal(command.name);
    if (name === undefined) return startsWithPath(command.name);
    return isProgramOfImage(name, functions);
  };
  visit(script, (node) => {
    const statement = node as unknown as StatementNode & { background: boolean };
    if (node.type !== "Statement") return;
    const [pipeline, ...pipelines] = statement.pipelines;
    const [command, ...commands] = pipeline?.commands ?? [];
    if (command?.type !== "SimpleCommand" || commands.length > 0) return;
    if (statement.background && pipelines.length === 0 && isProgram(command)) {
      callThrough(command, BACKGROUND);
      command.redirections = [];
      statement.background = false;
    }
  });
  if (isMain) giveOutlets(script.statements, isProgram);
  visit(script, (node) => {
    const command = node as unknown as SimpleCommandNode;
    if (node.type !== "SimpleCommand") return;
    if (literal(command.name) === "wait") command.name = word(WAIT);
    if (isProgram(command)) callThrough(command, RUN);
    else callExpanded(command);
  });
  return script;
}

/** Neither one of the script's functions nor anything that the shell has itself. */
export function isProgramOfImage(name: string, functions: ReadonlySet<string>): boolean {
  if (name.includes("/")) return true;
  return !functions.has(name) && !shellBuiltins.has(name) && !shellPrograms.has(name) && !name.startsWith(".");
}

function giveOutlets(statements: readonly StatementNode[], isProgram: (command: SimpleCommandNode) => boolean): void {
  for (const { pipelines } of statements) {
    for (const { commands } of pipelines) {
      const command = commands.at(-1);
      if (!command) continue;
      if (commands.length > 1) {
        if (command.type === "SimpleCommand") giveOutlet(command, isProgram(command));
      } else if (command.type === "SimpleCommand" && replacesShell(command)) {
        const [name = null, ...args] = command.args;
        const called = { ...command, name, args };
        giveOutlet(called, isProgram(called));
        commands[0] = { type: "Group", body: [statementOf(called), statementOf(exitWithLast)], redirections: [] };
      } else if (command.type === "SimpleCommand") giveOutlet(command, isProgram(command));
      else for (const body of bodiesOf(command)) giveOutlets(body, isProgram);
    }
  }
}

/** `exec program`: just-bash would go on after it, and keep its output until it ends. */
function replacesShell({ name, args, redirections }: SimpleCommandNode): boolean {
  return literal(name) === "exec" && args.length > 0 && redirections.length === 0;
}

function statementOf(command: CommandNode): StatementNode {
  return {
    type: "Statement",
    pipelines: [{ type: "Pipeline", commands: [command], negated: false }],
    operators: [],
    background: false,
  };
}

const exitWithLast: SimpleCommandNode = {
  type: "SimpleCommand",
  assignments: [],
  name: word("exit"),
  args: [],
  redirections: [],
};

function giveOutlet(command: SimpleCommandNode, isProgram: boolean): void {
  const inputs = command.redirections.filter(({ operator }) => operator.startsWith("<"));
  const joins = command.redirections.every((one) => inputs.includes(one) || (one.operator === ">&" && one.fd === 2));
  if (!command.name || !joins) return;
  if (literal(command.name) === "exec") return;
  if (isProgram) {
    command.redirections = inputs;
    callThrough(command, LIVE);
  } else if (command.redirections.length === inputs.length) {
    callExpanded(command, CALL_LIVE);
    if (literal(command.name) !== CALL_LIVE) command.redirections.push(outlet(1), outlet(2));
  }
}

/** Where the commands of a compound that writes to the shell's own output are. */
function bodiesOf(command: CommandNode): (readonly StatementNode[])[] {
  if (!("redirections" in command) || command.redirections.length > 0) return [];
  switch (command.type) {
    case "If":
      return [...command.clauses.flatMap(({ condition, body }) => [condition, body]), command.elseBody ?? []];
    case "While":
    case "Until":
      return [command.condition, command.body];
    case "For":
    case "CStyleFor":
    case "Group":
    case "Subshell":
      return [command.body];
    default:
      return [];
  }
}

function callThrough(command: SimpleCommandNode, by: string): void {
  if (!command.name || literal(command.name) === by) return;
  command.args.unshift(command.name);
  command.name = word(by);
}

function outlet(fd: number): Redirection {
  return { type: "Redirection", fd, operator: ">", target: word(`${OUTLETS}/${fd}`) };
}

function literal(name: WordNode | null): string | undefined {
  const [part, ...more] = name?.parts ?? [];
  return part?.type === "Literal" && more.length === 0 ? part.value : undefined;
}

/** `"$HOME"/bin/x`: a path that is only known when the script runs. */
function startsWithPath(name: WordNode | null): boolean {
  return (name?.parts ?? []).some((part) => part.type === "Literal" && part.value.includes("/"));
}

function word(value: string): WordNode {
  return { type: "Word", parts: [{ type: "Literal", value }] };
}

function visit(node: unknown, look: (node: Record<string, unknown>) => void): void {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) look(node as Record<string, unknown>);
  for (const child of Object.values(node)) visit(child, look);
}
