import type { CommandNode, ScriptNode, StatementNode, WordNode } from "just-bash";
import { CALLED, callExpanded, functionCalling } from "../shell/expanded-commands.ts";

/**
 * What just-bash 3.4 does not do as bash does, put right in the parsed script before it runs:
 *
 * - its output is only known when the whole script has ended: every statement gets an outlet of its own;
 * - after `exec > file` it no longer captures `$(...)` and pipes: what follows becomes a group with these redirections;
 * - `exec > >(command)` loses the output: it is collected, and the command gets it when the script ends;
 * - `exec command` goes on after the command: what follows is cut off;
 * - a script that is called by its path is run as part of its caller: `.execute` starts a shell for it;
 * - a program's output is written when it has ended: those that may take long are told where it goes (`tellTarget`);
 * - an assignment has the exit code of the command before it: it succeeds;
 * - a command's name that comes out of an expansion is one word: it is called through a function, `definitions`;
 * - a function that `set -e` ends loses what it wrote to its redirections: a group has them instead;
 * - the variables of a script that ended with `exit` are lost for its EXIT trap: `.leave` remembers them;
 * - a redirection to a file that cannot be opened ends the script with an exception: it is opened under a number above 2
 *   first, where just-bash makes the command fail instead.
 */

/** Paths of the outlets that a statement's output goes to. */
export interface Outlets {
  readonly stdout: string;
  readonly stderr: string;
  /** Outlet of the next `exec > >(command)`. */
  collect(command: ScriptNode): string;
}

type Redirection = { type: "Redirection"; fd: number | null; operator: string; target: WordNode | HereDocument };
type HereDocument = { type: "HereDoc" };
type SimpleCommand = Extract<CommandNode, { type: "SimpleCommand" }>;

/** Number under which a redirection's file is opened; scripts use single digits. */
const SPARE = 200;

/** Changes a script that is about to run as the main script of a shell. */
export function prepareMain(script: ScriptNode, outlets: Outlets): ScriptNode {
  return { ...script, statements: withOutlets(liftExec(script.statements, outlets), outlets) };
}

/** Gives every statement its outlets; those of a plain `if` or loop one by one, so that progress is seen. */
function withOutlets(statements: readonly StatementNode[], outlets: Outlets): StatementNode[] {
  return statements.map((statement) => {
    const command = onlyCommand(statement);
    if (command?.type === "FunctionDef") return statement;
    if (!statement.background) tellTargets(statement);
    if (!command || !("redirections" in command) || command.redirections.length > 0 || !isCompound(command)) {
      return group([statement], [redirect(1, ">", outlets.stdout), redirect(2, ">", outlets.stderr)]);
    }
    return { ...statement, ...statementOf(withInnerOutlets(command, outlets)) };
  });
}

/** Programs that may take long, most of them because they run scripts of their own. */
const runners = new Set(["bash", "sh", "su", "sudo", "runuser", "env", ".execute", "docker", "git"]);

/** Variables that tell a runner where its output goes, so that it can write there before it has ended. */
export const liveOutput = { stdout: "LIVE_STDOUT", stderr: "LIVE_STDERR" } as const;
/** Paths that stand for the shell's own output. */
export const liveOutlets = { stdout: "/dev/outlet/live/1", stderr: "/dev/outlet/live/2" } as const;

/** Programs that print nothing, as a rule, so that they may stand before one that is told where its output goes. */
const silent = new Set([
  "cd",
  "mkdir",
  "export",
  "set",
  "test",
  "[",
  "true",
  ":",
  "rm",
  "cp",
  "mv",
  "chmod",
  "touch",
  "sleep",
]);

/**
 * Tells the runners of `cd folder && docker build .` where their output goes. What another program of such a list prints is
 * only seen when the list has ended, so that no runner after it is told.
 */
function tellTargets({ pipelines }: StatementNode): void {
  for (const { commands, timed } of pipelines) {
    const [command, ...more] = commands;
    if (command?.type !== "SimpleCommand" || more.length > 0 || timed) return;
    const name = literal(command.name) ?? "";
    if (!runners.has(name) && !silent.has(name) && command.name !== null) return;
    tellTarget(command);
  }
}

function tellTarget(command: SimpleCommand): void {
  if (!runners.has(literal(command.name) ?? "")) return;
  const redirections = command.redirections as Redirection[];
  const outputs = redirections.filter(({ operator }) => operator.includes(">"));
  const [first, second, ...more] = outputs;
  const joined = isJoin(second);
  if (!first || (isJoin(first) && !second)) {
    assign(command, liveOutput.stdout, word(liveOutlets.stdout));
    assign(command, liveOutput.stderr, word(first ? liveOutlets.stdout : liveOutlets.stderr));
  } else if (
    (first.fd ?? 1) === 1 &&
    [">", ">>"].includes(first.operator) &&
    first.target.type === "Word" &&
    more.length === 0
  ) {
    if (second && !joined) return;
    assign(command, liveOutput.stdout, first.target);
    if (joined) assign(command, liveOutput.stderr, first.target);
  }
}

/** `2>&1` */
function isJoin(redirection: Redirection | undefined): boolean {
  return redirection?.fd === 2 && redirection.operator === ">&" && isWord(redirection, "1");
}

function isWord({ target }: Redirection, value: string): boolean {
  return target.type === "Word" && literal(target) === value;
}

function assign(command: SimpleCommand, name: string, value: WordNode): void {
  command.assignments.push({ type: "Assignment", name, value, append: false, array: null });
}

type Compound = Extract<CommandNode, { type: "If" | "For" | "CStyleFor" | "While" | "Until" | "Group" }>;

function isCompound(command: CommandNode): command is Compound {
  return ["If", "For", "CStyleFor", "While", "Until", "Group"].includes(command.type);
}

function withInnerOutlets(command: Compound, outlets: Outlets): CommandNode {
  const inner = (statements: readonly StatementNode[]) => withOutlets(statements, outlets);
  if (command.type === "If") {
    const clauses = command.clauses.map(({ condition, body }) => ({ condition: inner(condition), body: inner(body) }));
    return { ...command, clauses, elseBody: command.elseBody && inner(command.elseBody) };
  }
  if (command.type === "While" || command.type === "Until") {
    return { ...command, condition: inner(command.condition), body: inner(command.body) };
  }
  return { ...command, body: inner(command.body) };
}

/** The command of a statement that is nothing else: no pipe, no `&&`, no `!`, not in the background. */
function onlyCommand({ pipelines, background }: StatementNode): CommandNode | undefined {
  const [pipeline, ...more] = pipelines;
  const alone = more.length === 0 && pipeline?.commands.length === 1 && !pipeline.negated && !pipeline.timed;
  return alone && !background ? pipeline.commands[0] : undefined;
}

/** Functions that every script has; a path among them is called as `executeByPath` does it. */
export const definitions = functionCalling(`case "$1" in */*) .execute "$@";; *) ${CALLED};; esac`);

/** Changes any script, also one inside another (`bash -c`). */
export function correct(script: ScriptNode): ScriptNode {
  const done = new Set<CommandNode>();
  const functions = new Set<unknown>();
  /** Those of the shell itself, not of one inside, which has variables of its own. */
  const exits = new Set<unknown>();
  let traps = false;
  visit(script, (node) => {
    if (node.type === "FunctionDef") functions.add(node.name);
    traps ||= isCall(node, "trap");
  });
  if (traps) visit(script, (node) => isCall(node, "exit") && exits.add(node), startsShell);
  visit(script, (node) => {
    if (node.type === "SimpleCommand") executeByPath(node as unknown as SimpleCommand);
    if (node.type === "SimpleCommand") callExpanded(node as unknown as SimpleCommand);
    if (node.type === "Pipeline") {
      node.commands = (node.commands as CommandNode[]).map((command) =>
        done.has(command) ? command : corrected(command, { done, functions, exits }),
      );
    }
    if (Array.isArray(node.redirections)) {
      node.redirections = (node.redirections as Redirection[]).flatMap(openFirst);
    }
  });
  return script;
}

/** `~` where HOME is not set: bash looks into /etc/passwd then, and just-bash says /home/user. */
export function atHome(script: ScriptNode, home: string): void {
  visit(script, (node) => {
    if (node.type === "TildeExpansion" && node.user === null) Object.assign(node, { type: "Literal", value: home });
  });
}

function corrected(
  command: CommandNode,
  known: { done: Set<CommandNode>; functions: ReadonlySet<unknown>; exits: ReadonlySet<unknown> },
): CommandNode {
  if (command.type !== "SimpleCommand") return command;
  const { redirections } = command;
  if (known.exits.has(command)) return leaving(command, known.done);
  if (redirections.length > 0 && known.functions.has(literal(command.name))) {
    return { type: "Group", body: [statementOf({ ...command, redirections: [] })], redirections };
  }
  return isPlainAssignment(command) ? succeeding(command, known.done) : command;
}

/** `.leave $? && exit 1 || exit 1`: of such a list only the last is looked at by `set -e`, and `$?` stays what it is. */
function leaving(exit: SimpleCommand, done: Set<CommandNode>): CommandNode {
  const status: WordNode = {
    type: "Word",
    parts: [{ type: "ParameterExpansion", parameter: "?", operation: null }],
  };
  const leave: CommandNode = { ...exit, name: word(".leave"), args: [status], redirections: [] };
  const exits = [{ ...exit }, { ...exit }];
  for (const one of exits) done.add(one);
  const pipelines = [leave, ...exits]
    .map((part) => statementOf(part).pipelines[0])
    .filter((part) => part !== undefined);
  return { type: "Group", body: [{ ...statementOf(leave), pipelines, operators: ["&&", "||"] }], redirections: [] };
}

/**
 * A file that is called by its path becomes the argument of our own `.execute`: just-bash would run it with the options,
 * variables and traps of the caller.
 */
function executeByPath(command: SimpleCommand): void {
  let path = false;
  visit(command.name?.parts, (part) => {
    path ||= part.type === "Literal" && String(part.value).includes("/");
  });
  if (!path || !command.name) return;
  command.args.unshift(command.name);
  command.name = word(".execute");
}

/** `a=1`: assignments alone, none of which runs a command. */
function isPlainAssignment(command: SimpleCommand): boolean {
  if (command.name || command.redirections.length > 0) return false;
  let runs = false;
  visit(command.assignments, ({ type }) => {
    runs ||= type === "CommandSubstitution";
  });
  return command.assignments.length > 0 && !runs;
}

/** `a=1 || case x in esac`: the empty case succeeds and, unlike `true`, leaves no trace. */
function succeeding(command: SimpleCommand, done: Set<CommandNode>): CommandNode {
  done.add(command);
  const nothing: CommandNode = { type: "Case", word: word("x"), items: [], redirections: [] };
  const pipelines = [command, nothing]
    .map((part) => statementOf(part).pipelines[0])
    .filter((part) => part !== undefined);
  return { type: "Group", body: [{ ...statementOf(command), pipelines, operators: ["||"] }], redirections: [] };
}

/** The functions that a script defines, as a script. */
export function functionsOf(script: ScriptNode): ScriptNode {
  const commands: CommandNode[] = [];
  visit(script, (node) => {
    if (node.type === "FunctionDef") commands.push(node as unknown as CommandNode);
  });
  return { type: "Script", statements: commands.map((command) => statementOf(command)) };
}

function liftExec(statements: readonly StatementNode[], outlets: Outlets): StatementNode[] {
  const at = statements.findIndex((statement) => replacesShell(statement) !== undefined);
  const found = statements[at];
  const command = found && replacesShell(found);
  if (!found || !command) return [...statements];
  const before = statements.slice(0, at);
  if (command.args.length > 0) return [...before, found, exitWithLast];
  const redirections = (command.redirections as Redirection[]).map((redirection) => collected(redirection, outlets));
  return [...before, group(liftExec(statements.slice(at + 1), outlets), redirections)];
}

/** The `exec` of a statement that is nothing else, if it runs a command or moves stdin, stdout or stderr. */
function replacesShell(statement: StatementNode): SimpleCommand | undefined {
  const command = onlyCommand(statement);
  if (command?.type !== "SimpleCommand" || literal(command.name) !== "exec") return undefined;
  const moves = (command.redirections as Redirection[]).some(({ fd }) => (fd ?? 1) <= 2);
  return moves || command.args.length > 0 ? command : undefined;
}

function collected(redirection: Redirection, outlets: Outlets): Redirection {
  const part = redirection.target.type === "Word" ? redirection.target.parts[0] : undefined;
  if (part?.type !== "ProcessSubstitution" || part.direction !== "output") return redirection;
  return { ...redirection, target: word(outlets.collect(part.body)) };
}

function openFirst(redirection: Redirection): Redirection[] {
  const { fd, operator, target } = redirection;
  const both = operator.startsWith("&>");
  const toFile = both || operator === ">" || operator === ">>" || operator === ">|";
  const substitution = target.type === "Word" && target.parts.some(({ type }) => type === "ProcessSubstitution");
  if (!toFile || (fd ?? 1) > 2 || target.type !== "Word" || substitution) return [redirection];
  const numbers = both ? [1, 2] : [fd ?? 1];
  return [
    { ...redirection, fd: SPARE, operator: operator.replace("&", "") },
    ...numbers.map((number) => redirect(number, ">&", String(SPARE))),
    redirect(SPARE, ">&", "-"),
  ];
}

function isCall(node: Record<string, unknown>, name: string): boolean {
  return node.type === "SimpleCommand" && literal((node as unknown as SimpleCommand).name) === name;
}

/** A subshell, a substitution or a pipe. */
function startsShell({ type, commands }: Record<string, unknown>): boolean {
  return (
    /^(Subshell|CommandSubstitution|ProcessSubstitution)$/.test(String(type)) || (commands as unknown[])?.length > 1
  );
}

/** Looks at a node and all inside it; at nothing inside those that are to be skipped. */
function visit(
  node: unknown,
  look: (node: Record<string, unknown>) => void,
  skip: (node: Record<string, unknown>) => boolean = () => false,
): void {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) {
    if (skip(node as Record<string, unknown>)) return;
    look(node as Record<string, unknown>);
  }
  for (const child of Object.values(node)) visit(child, look, skip);
}

function literal(name: WordNode | null): string | undefined {
  const [part, ...more] = name?.parts ?? [];
  return part?.type === "Literal" && more.length === 0 ? part.value : undefined;
}

function word(value: string): WordNode {
  return { type: "Word", parts: [{ type: "Literal", value }] };
}

function redirect(fd: number, operator: string, target: string): Redirection {
  return { type: "Redirection", fd, operator, target: word(target) };
}

function statementOf(command: CommandNode): StatementNode {
  return {
    type: "Statement",
    pipelines: [{ type: "Pipeline", commands: [command], negated: false }],
    operators: [],
    background: false,
  };
}

function group(body: StatementNode[], redirections: Redirection[]): StatementNode {
  return statementOf({ type: "Group", body, redirections } as CommandNode);
}

const exitWithLast = statementOf({
  type: "SimpleCommand",
  assignments: [],
  name: word("exit"),
  args: [],
  redirections: [],
});
