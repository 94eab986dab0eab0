import { innerKeys, isStructure, type Json, pythonText, scalarKeys } from "./output.ts";

/** A part of a table: a title, and rows below the names of their columns. */
interface Section {
  readonly title: string;
  /** How many structures it is inside of. */
  readonly level: number;
  readonly headers: readonly string[];
  readonly rows: string[][];
}

/** Columns of the terminal that scripts have. */
const TERMINAL = 80;
/** Blanks and edges of each column. */
const PADDING = 4;

/** An answer as `--output table`, with the operation's name above it; "" for nothing. (awscli/table.py, formatter.py) */
export function tableOf(title: string, answer: Json): string {
  const sections: Section[] = [];
  addSections(sections, title, answer, 0);
  if (sections.length === 0) return "";
  const wide = sections.some((section) => widthOf(section) > TERMINAL);
  const shown = wide ? sections.map(upright) : sections;
  const width = Math.max(...shown.map(widthOf));
  return `${"-".repeat(width)}\n${shown.map((section) => rendered(section, width)).join("")}`;
}

function addSections(sections: Section[], title: string, value: Json, level: number): void {
  if (isEmpty(value)) return;
  const structures = Array.isArray(value) ? value.filter(isStructure) : [];
  if (isStructure(value)) addStructure(sections, title, value, level);
  else if (structures.length > 0) addStructures(sections, title, structures, level);
  else sections.push({ title, level, headers: [], rows: Array.isArray(value) ? rowsOf(value) : [] });
}

/** Lists of lists are rows; other values are rows of one cell. */
function rowsOf(list: readonly Json[]): string[][] {
  return list.flatMap((item) => {
    if (!Array.isArray(item)) return [[pythonText(item)]];
    return item.some((part) => typeof part === "object" && part !== null) ? rowsOf(item) : [item.map(pythonText)];
  });
}

function addStructure(sections: Section[], title: string, value: { [key: string]: Json }, level: number): void {
  const keys = scalarKeys(value);
  const [only] = keys;
  const cells = keys.map((key) => pythonText(value[key]));
  const single = only !== undefined && keys.length === 1;
  const rows = single ? [[only, ...cells]] : keys.length > 0 ? [cells] : [];
  sections.push({ title, level, headers: single ? [] : keys, rows });
  for (const key of innerKeys(value)) addSections(sections, key, value[key] ?? null, level + 1);
}

/** Rows of one table, or a table each where they have something inside. */
function addStructures(sections: Section[], title: string, list: { [key: string]: Json }[], level: number): void {
  const headers = [...new Set(list.flatMap(scalarKeys))].sort();
  const inner = [...new Set(list.flatMap(innerKeys))].sort();
  const rowOf = (item: { [key: string]: Json }) => headers.map((key) => (key in item ? pythonText(item[key]) : ""));
  if (inner.length === 0) {
    sections.push({ title, level, headers, rows: list.map(rowOf) });
    return;
  }
  for (const item of list) {
    sections.push({ title, level, headers, rows: [rowOf(item)] });
    for (const key of inner) if (key in item) addSections(sections, key, item[key] ?? null, level + 1);
  }
}

function isEmpty(value: Json): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

/** A single row with names above it becomes a row for each name, which needs less width. */
function upright(section: Section): Section {
  const { headers, rows } = section;
  const [row, ...more] = rows;
  if (!row || more.length > 0 || headers.length === 0) return section;
  return { ...section, headers: [], rows: headers.map((header, at) => [header, row[at] ?? ""]) };
}

function columnsOf({ headers, rows }: Section): number[] {
  const lines = headers.length > 0 ? [headers, ...rows] : rows;
  const count = Math.max(0, ...lines.map((line) => line.length));
  return Array.from({ length: count }, (_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
}

function widthOf(section: Section): number {
  const columns = columnsOf(section).reduce((sum, width) => sum + width + PADDING, 0);
  const outer = 2 * section.level;
  return Math.max(section.title.length + 2 + outer, columns + 2 + outer);
}

function rendered(section: Section, whole: number): string {
  const { title, level, headers, rows } = section;
  const width = whole - 2 * level;
  const widths = scaled(columnsOf(section), width);
  const line = `+${widths.map((each, at) => "-".repeat(at === 0 ? each - 2 : each - 1)).join("+")}+`;
  const lines = [centred(title, width, "|")];
  if (headers.length === 0 && rows.length === 0) lines.push(`+${"-".repeat(width - 2)}+`);
  if (headers.length > 0) {
    lines.push(line, headers.map((header, at) => centred(header, widths[at] ?? 0, at === 0 ? "|" : "")).join(""));
  }
  if (rows.length > 0 && widths.length > 0) {
    const cells = rows.map((row) =>
      row.map((cell, at) => aligned(cell, widths[at] ?? 0, at === 0 ? "|" : "")).join(""),
    );
    lines.push(line, ...cells, line);
  }
  const edge = "|".repeat(level);
  return lines.map((each) => `${edge}${each}${edge}\n`).join("");
}

/** Widths of the columns, stretched until together they are as wide as the table. */
function scaled(columns: readonly number[], width: number): number[] {
  const natural = columns.map((column) => column + PADDING);
  const factor = width / natural.reduce((sum, each) => sum + each, 0);
  const widths = natural.map((each) => evenRound(each * factor));
  let over = widths.reduce((sum, each) => sum + each, 0) - width;
  for (let at = 0; over > 0; over--, at = (at + 1) % widths.length) widths[at] = (widths[at] ?? 0) - 1;
  for (let at = widths.length - 1; over < 0 && widths.length > 0; over++) {
    widths[at] = (widths[at] ?? 0) + 1;
    at = at === 0 ? widths.length - 1 : at - 1;
  }
  return widths;
}

/** Python's `round`: halves go to the even number. */
function evenRound(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function centred(text: string, width: number, left: string): string {
  const before = Math.floor(width / 2) - Math.floor(text.length / 2) - 1;
  const start = left + " ".repeat(Math.max(0, before)) + text;
  return `${start.padEnd(width - 1)}|`;
}

function aligned(text: string, width: number, left: string): string {
  const fits = width >= left.length + 2 + text.length + 1;
  return `${`${left}${fits ? "  " : ""}${text}`.padEnd(width - 1)}|`;
}
