import type { Style } from "./style.ts";
import { cut, oneLine, widthOf } from "./text.ts";

/** Values by column; a row may lack some. */
type Row = Readonly<Record<string, string>>;

const GAP = "  ";
/** Columns that a cell keeps at least, however narrow the terminal is. */
const LEAST = 8;

/**
 * What a query has found, as a table under the names of its columns. Numbers stand to the right.
 *
 * @param width columns of the terminal, to which the widest cells are cut; absent: nothing is cut
 */
export function resultTable(columns: readonly string[], rows: readonly Row[], style: Style, width?: number): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(row[column] ?? "")));
  const natural = columns.map((column, index) =>
    Math.max(widthOf(column), ...cells.map((row) => widthOf(row[index] ?? ""))),
  );
  const widths = width === undefined ? natural : fitted(natural, width - GAP.length * (columns.length - 1));
  const isNumber = columns.map((_, index) => cells.every((row) => /^(-?\d+(\.\d+)?)?$/.test(row[index] ?? "")));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) =>
        filled(cut(cell, widths[index] ?? 0, style.symbols.ellipsis), widths[index], isNumber[index]),
      )
      .join(GAP)
      .trimEnd();
  return [style.color.bold(line(columns)), ...cells.map(line)];
}

function filled(cell: string, width = 0, toTheRight = false): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return toTheRight ? space + cell : cell + space;
}

/** Widths that together are no more than `room`: who needs little gets it, the others share the rest. */
function fitted(natural: readonly number[], room: number): number[] {
  let left = room;
  let sharing = natural.length;
  const widths = new Map<number, number>();
  const narrowestFirst = natural
    .map((width, index) => ({ width, index }))
    .sort((one, other) => one.width - other.width);
  for (const { width, index } of narrowestFirst) {
    const given = Math.min(width, Math.max(LEAST, Math.floor(left / sharing--)));
    widths.set(index, given);
    left -= given;
  }
  return natural.map((_, index) => widths.get(index) ?? 0);
}
