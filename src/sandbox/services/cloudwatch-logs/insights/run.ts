import { evaluate, type Row, valueIn } from "./evaluate.ts";
import { numberOf } from "./functions.ts";
import type { Column, Command, Value } from "./query.ts";

/** A row of a result: what its columns show, and of a row that is an event the event's id. */
export interface ResultRow {
  readonly shown: readonly (readonly [name: string, value: Value])[];
  readonly ptr?: string;
}

/** What a query comes to. */
export interface Result {
  readonly rows: readonly ResultRow[];
  /** Events that passed its filters. */
  readonly matched: number;
}

/** Rows without a limit of the query's own. (StartQuery, limit) */
export const USUAL_LIMIT = 10_000;
/** What is shown of events where a query names nothing. */
const USUAL: readonly Column[] = ["@timestamp", "@message"].map((name) => ({
  name,
  expression: { is: "field", name },
}));

/** Puts events through the steps of a query; without a `sort` of its own the newest come first. */
export function run(commands: readonly Command[], events: readonly Row[], limit = USUAL_LIMIT): Result {
  let rows = [...events].sort((one, other) => Number(other["@timestamp"]) - Number(one["@timestamp"]));
  let columns: readonly Column[] = [];
  let matched = rows.length;
  let isGrouped = false;
  for (const command of commands) {
    switch (command.is) {
      case "fields":
        rows = rows.map((row) => ({ ...row, ...named(command.columns, [row]) }));
        columns = [...columns, ...command.columns];
        break;
      case "display":
        rows = rows.map((row) => ({ ...row, ...named(command.columns, [row]) }));
        columns = command.columns;
        break;
      case "filter":
        rows = rows.filter((row) => Boolean(evaluate(command.condition, [row])));
        if (!isGrouped) matched = rows.length;
        break;
      case "stats":
        rows = grouped(rows, command);
        columns = [...command.by, ...command.columns];
        isGrouped = true;
        break;
      case "sort":
        rows = sorted(rows, command);
        break;
      case "dedup":
        rows = [...new Map([...rows].reverse().map((row) => [keyOf(command.by, row), row])).values()].reverse();
        break;
      case "limit":
        rows = rows.slice(0, command.most);
        break;
    }
  }
  const visible = columns.length > 0 ? columns : USUAL;
  return { matched, rows: rows.slice(0, limit).map((row) => shown(visible, row, isGrouped)) };
}

function named(columns: readonly Column[], rows: readonly Row[]): Row {
  const values = columns.map(({ name, expression }) => [name, evaluate(expression, rows)] as const);
  return Object.fromEntries(values.filter((one): one is [string, Value] => one[1] !== undefined));
}

function keyOf(by: readonly Column[], row: Row): string {
  return JSON.stringify(by.map(({ expression }) => evaluate(expression, [row]) ?? null));
}

function grouped(rows: readonly Row[], { columns, by }: Extract<Command, { is: "stats" }>): Row[] {
  const groups = new Map<string, Row[]>(by.length === 0 ? [["[]", []]] : []);
  for (const row of rows) {
    const key = keyOf(by, row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => ({ ...named(by, group.slice(-1)), ...named(columns, group) }));
}

/** What lacks a value comes last, whichever way. */
function sorted(rows: readonly Row[], { by }: Extract<Command, { is: "sort" }>): Row[] {
  return [...rows].sort((one, other) => {
    for (const { expression, down } of by) {
      const [a, b] = [evaluate(expression, [one]), evaluate(expression, [other])];
      if (a === undefined || b === undefined) {
        if (a !== b) return a === undefined ? 1 : -1;
        continue;
      }
      const order = compare(a, b);
      if (order !== 0) return down ? -order : order;
    }
    return 0;
  });
}

function compare(one: Value, other: Value): number {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a !== undefined && b !== undefined) return a - b;
  return String(one) < String(other) ? -1 : Number(one !== other);
}

/** After `fields` a row has its columns' values under their names. */
function shown(columns: readonly Column[], row: Row, isGrouped: boolean): ResultRow {
  const values = columns.flatMap(({ name }) => {
    const value = valueIn(row, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const ptr = row["@ptr"];
  return { shown: values, ...(!isGrouped && ptr !== undefined && { ptr: String(ptr) }) };
}
