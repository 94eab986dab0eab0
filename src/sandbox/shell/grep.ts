import type { Command } from "just-bash";

/** Options of one letter that a value follows, in the same word or the next one. */
const WITH_VALUE = "efmABC";

/** grep, with `-s` (`--no-messages`), which just-bash does not know: nothing is said of files that cannot be read. */
export const grep: Command = {
  name: "grep",
  trusted: true,
  async execute(given, { origCommand }) {
    const args = withoutSilence(given);
    const found = (await origCommand?.(args)) ?? { stdout: "", stderr: "", exitCode: 2 };
    return args.join("\n") === given.join("\n") ? found : { ...found, stderr: "" };
  },
};

function withoutSilence(given: readonly string[]): string[] {
  const args: string[] = [];
  let isValue = false;
  let isOver = false;
  for (const word of given) {
    const isOption: boolean = !isValue && !isOver && /^-./.test(word);
    isOver ||= !isValue && word === "--";
    isValue =
      isOption && /^-[^-]/.test(word) && WITH_VALUE.includes(word.at(-1) ?? "") && valueAt(word) === word.length - 1;
    const kept = isOption ? spoken(word) : word;
    if (kept !== undefined) args.push(kept);
  }
  return args;
}

/** An option without `s`; undefined: it said nothing else. */
function spoken(option: string): string | undefined {
  if (option.startsWith("--")) return option === "--no-messages" ? undefined : option;
  const end = valueAt(option);
  const flags = option.slice(1, end).replaceAll("s", "");
  const rest = option.slice(end);
  return flags + rest === "" ? undefined : `-${flags}${rest}`;
}

/** Where the first letter is that a value follows; the length of the option: there is none. */
function valueAt(option: string): number {
  const at = [...option].findIndex((letter, place) => place > 0 && WITH_VALUE.includes(letter));
  return at < 0 ? option.length : at;
}
