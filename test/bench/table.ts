/** A table for the terminal and for a page, with its title above. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  printHead(title, head);
  for (const row of rows) printRow(row);
}

/** The beginning of a table whose rows are printed as they come. */
export function printHead(title: string, head: readonly string[]): void {
  console.log(`\n${title}\n`);
  printRow(head);
  printRow(head.map(() => "---"));
}

export function printRow(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

/** Milliseconds as seconds with a tenth. */
export function seconds(ms = 0): string {
  return (ms / 1000).toFixed(1);
}

/** How often `value` is its floor. */
export function beside(value: number, floor: number): string {
  return (value / floor).toFixed(2);
}
