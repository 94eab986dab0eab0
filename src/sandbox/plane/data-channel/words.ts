const WORD = /(?:[^\s"'\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/g;
const PART = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g;

/** A command as the agent splits it: at blanks, with a shell's quotes, and with nothing expanded. */
export function wordsOf(command: string): string[] {
  return (command.match(WORD) ?? []).map((word) =>
    word.replace(PART, (_, plain?: string, single?: string, double?: string) =>
      double === undefined ? (plain ?? single ?? "") : double.replace(/\\(["\\$`])/g, "$1"),
    ),
  );
}
