/** A table for the terminal and for a page, with its title above. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  console.log(`\n${title}\n\n${lines.join("\n")}`);
}

/** Milliseconds as seconds with a tenth. */
export function seconds(ms = 0): string {
  return (ms / 1000).toFixed(1);
}

/** How often `value` is its floor. */
export function beside(value: number, floor: number): string {
  return (value / floor).toFixed(2);
}
