import type { SimpleCommandNode, WordNode } from "just-bash";

/** Function that runs its arguments as a command: `functionCalling` defines it. */
export const CALL = ".call";

/**
 * just-bash takes the name of a command for one word, even if it comes out of `"$@"`, `$COMMAND` or `"${list[@]}"`. So
 * such a name becomes the first of the arguments of a function, where it is split as any other word.
 */
export function callExpanded(command: SimpleCommandNode, by = CALL): void {
  if (!command.name || !isExpansion(command.name)) return;
  command.args.unshift(command.name);
  command.name = { type: "Word", parts: [{ type: "Literal", value: by }] };
}

/** The words of such a function as a command of the shell itself. */
export const CALLED = `"$1" "\${@:2}"`;

/** `run`: what to do with the words, which are `"$@"`. No words at all succeed, as in any shell. */
export function functionCalling(run: string, name = CALL): string {
  return `${name}() { if test $# -gt 0; then ${run}; fi; }`;
}

/** Whether how many words a word becomes is only known when the script runs. */
function isExpansion(word: WordNode): boolean {
  const expands = (parts: WordNode["parts"]): boolean =>
    parts.some(
      (part) =>
        ["ParameterExpansion", "CommandSubstitution", "ArithmeticExpansion"].includes(part.type) ||
        (part.type === "DoubleQuoted" && expands(part.parts)),
    );
  return expands(word.parts);
}
