/** What a query answered: texts as the server wrote them, null for NULL. */
export interface Rows {
  readonly title?: string;
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Lines under the table, such as indexes. */
  readonly footer?: readonly string[];
}

/** How results are printed (psql, `\pset`). */
export interface Format {
  mode: "aligned" | "unaligned" | "csv";
  tuplesOnly: boolean;
  expanded: boolean;
  separator: string;
  recordSeparator: string;
  null: string;
}

/** A result as psql prints it (PostgreSQL 16, `print.c`). */
export function printed(rows: Rows, format: Format): string {
  if (format.mode === "csv") return csv(rows, format);
  if (format.expanded) return expanded(rows, format);
  return format.mode === "aligned" ? aligned(rows, format) : unaligned(rows, format);
}

function cells({ rows }: Rows, format: Format): string[][] {
  return rows.map((row) => row.map((value) => value ?? format.null));
}

function aligned(result: Rows, format: Format): string {
  const { columns, title, footer } = result;
  const body = cells(result, format);
  const widths = columns.map(({ name }, at) =>
    Math.max(widthOf(name), ...body.map((row) => Math.max(...lines(row[at]).map(widthOf)))),
  );
  const head = columns.map(({ name }, at) => ` ${centred(name, widths[at] ?? 0)} `).join("|");
  const rule = widths.map((width) => "-".repeat(width + 2)).join("+");
  const texts = body.flatMap((row) => alignedRow(row, widths, columns));
  if (format.tuplesOnly) return `${texts.map((line) => `${line}\n`).join("")}\n`;
  const above = title === undefined ? [] : [centred(title, rule.length).trimEnd()];
  const below = footer ?? [countOf(body.length)];
  return `${[...above, head, rule, ...texts, ...below].join("\n")}\n\n`;
}

/** A row whose values have several lines takes as many; `+` says that a value goes on. */
function alignedRow(row: readonly string[], widths: readonly number[], columns: Rows["columns"]): string[] {
  const parts = row.map(lines);
  const height = Math.max(1, ...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => {
    const texts = parts.map((part, at) => {
      const text = part[line] ?? "";
      const width = widths[at] ?? 0;
      const goesOn = line < part.length - 1 ? "+" : " ";
      return ` ${columns[at]?.isNumber ? padLeft(text, width) : padRight(text, width)}${goesOn}`;
    });
    return texts.join("|").trimEnd();
  });
}

function unaligned(result: Rows, format: Format): string {
  const { columns, title, footer } = result;
  const { separator, recordSeparator: end } = format;
  const body = cells(result, format).map((row) => row.join(separator));
  const all = format.tuplesOnly
    ? body
    : [
        ...(title === undefined ? [] : [title]),
        columns.map(({ name }) => name).join(separator),
        ...body,
        ...(footer ?? [countOf(body.length)]),
      ];
  return all.length === 0 ? "" : `${all.join(end)}\n`;
}

function csv(result: Rows, format: Format): string {
  const field = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = format.tuplesOnly ? [] : [result.columns.map(({ name }) => name)];
  return [...head, ...cells(result, format)].map((row) => `${row.map(field).join(",")}\n`).join("");
}

function expanded(result: Rows, format: Format): string {
  const { columns } = result;
  const body = cells(result, format);
  if (body.length === 0) return format.tuplesOnly ? "" : "(0 rows)\n\n";
  const names = Math.max(...columns.map(({ name }) => widthOf(name)));
  const values = Math.max(...body.flatMap((row) => row.flatMap((text) => lines(text).map(widthOf))), 0);
  const line = (name: string, text: string) =>
    format.mode === "aligned" ? `${padRight(name, names)} | ${text}`.trimEnd() : `${name}${format.separator}${text}`;
  const records = body.map((row, at) => {
    const title = `-[ RECORD ${at + 1} ]`;
    const rule =
      title.length <= names + 1
        ? `${title.padEnd(names + 1, "-")}+${"-".repeat(values + 1)}`
        : title.padEnd(names + values + 3, "-");
    const head = format.tuplesOnly || format.mode === "unaligned" ? [] : [rule];
    return [...head, ...columns.map(({ name }, index) => line(name, row[index] ?? ""))].join("\n");
  });
  return `${records.join(format.mode === "aligned" && !format.tuplesOnly ? "\n" : "\n\n")}\n${format.mode === "aligned" ? "\n" : ""}`;
}

function countOf(rows: number): string {
  return rows === 1 ? "(1 row)" : `(${rows} rows)`;
}

function lines(text = ""): string[] {
  return text.split("\n");
}

function widthOf(text: string): number {
  return [...text].length;
}

function padLeft(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}

function padRight(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - widthOf(text)) / 2);
  return padRight(" ".repeat(Math.max(0, left)) + text, width);
}
