import type { Parsed } from "../../shell/options.ts";
import { ok, type Result } from "../program.ts";
import { table } from "./format.ts";
import { fillTemplate } from "./go-template.ts";

type Row = Readonly<Record<string, unknown>>;

export interface Columns {
  /** Heading and field, in the order of the table. */
  readonly columns: readonly (readonly [heading: string, field: string])[];
  /** Field that `-q` prints. */
  readonly id: string;
}

/** Prints rows as docker's listings do: a table, `-q`, or what `--format` says. */
export function listing(rows: readonly Row[], { options }: Pick<Parsed, "options">, { columns, id }: Columns): Result {
  if (options.has("q")) return ok(rows.map((row) => `${row[id]}\n`).join(""));
  const format = options.get("format") ?? "table";
  if (format === "table") {
    const cells = rows.map((row) => columns.map(([, field]) => String(row[field])));
    return ok(table([columns.map(([heading]) => heading), ...cells]));
  }
  const template = (format === "json" ? "{{json .}}" : format.replace(/^table /, ""))
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
  const lines = rows.map((row) => fillTemplate(template, row));
  if (!format.startsWith("table ")) return ok(lines.map((line) => `${line}\n`).join(""));
  const headings = new Proxy({}, { has: () => true, get: (_, field) => headingOf(String(field), columns) });
  return ok(table([fillTemplate(template, headings), ...lines].map((line) => line.split("\t"))));
}

/** The heading of a field that the table has not: `CreatedAt` is `CREATED AT`. */
function headingOf(field: string, columns: Columns["columns"]): string {
  const known = columns.find(([, name]) => name === field);
  return known ? known[0] : field.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toUpperCase();
}
