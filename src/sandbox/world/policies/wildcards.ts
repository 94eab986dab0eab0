/** Stand for these characters as themselves, where a pattern would take them for more than that. */
const LITERAL = { "*": "\uE000", "?": "\uE001", $: "\uE002" } as const;

/** A text as part of a pattern that means nothing but itself. */
export function literally(text: string): string {
  return text.replace(/[*?$]/g, (character) => LITERAL[character as keyof typeof LITERAL]);
}

/** What a pattern without wildcards says. */
export function plainly(pattern: string): string {
  return Object.entries(LITERAL).reduce((text, [character, literal]) => text.replaceAll(literal, character), pattern);
}

/** Whether a text is as a pattern says, in which `*` is any characters and `?` any one. */
export function like(pattern: string, text: string, { ignoreCase = false } = {}): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${plainSource(source)}$`, ignoreCase ? "is" : "s").test(text);
}

function plainSource(source: string): string {
  return Object.entries(LITERAL).reduce(
    (text, [character, literal]) => text.replaceAll(literal, `\\${character}`),
    source,
  );
}
