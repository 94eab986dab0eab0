/** Values that an answer consists of once it is JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

type Structure = { [key: string]: Json };

export function isStructure(value: Json | undefined): value is Structure {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: Json | undefined): boolean {
  return typeof value !== "object" || value === null;
}

/** A value as Python writes it. */
export function pythonText(value: Json | undefined): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/**
 * An answer as `--output text`: a structure's own values on one line, in the order of their names, then a line (with the
 * name in front) for each structure inside it. (awscli/text.py)
 */
export function textOf(value: Json, name?: string, keys?: readonly string[]): string {
  if (Array.isArray(value)) return textOfList(value, name);
  if (isStructure(value)) return textOfStructure(value, name, keys);
  return `${pythonText(value)}\n`;
}

function textOfList(list: readonly Json[], name: string | undefined): string {
  if (list.some(isStructure)) {
    const keys = [...new Set(list.flatMap((item) => (isStructure(item) ? scalarKeys(item) : [])))].sort();
    return list.map((item) => textOf(item, name, keys)).join("");
  }
  const inner = list.filter((item) => !isScalar(item));
  return textOfScalars(list.filter(isScalar), name) + inner.map((item) => textOf(item, name)).join("");
}

function textOfScalars(list: readonly Json[], name: string | undefined): string {
  if (list.length === 0) return "";
  if (name === undefined) return `${list.map(pythonText).join("\t")}\n`;
  return list.map((item) => `${name.toUpperCase()}\t${pythonText(item)}\n`).join("");
}

function textOfStructure(
  structure: Structure,
  name: string | undefined,
  keys: readonly string[] = scalarKeys(structure),
): string {
  const values = keys.map((key) => (key in structure ? pythonText(structure[key]) : ""));
  const line =
    values.length === 0 ? "" : `${[...(name === undefined ? [] : [name.toUpperCase()]), ...values].join("\t")}\n`;
  const inner = Object.keys(structure).sort();
  const more = inner.filter((key) => !keys.includes(key)).map((key) => textOf(structure[key] ?? null, key));
  return line + more.join("");
}

/** Names of a structure's own values, sorted. */
export function scalarKeys(structure: Structure): string[] {
  return Object.keys(structure)
    .filter((key) => isScalar(structure[key]))
    .sort();
}

/** Names of the structures and lists inside a structure, sorted. */
export function innerKeys(structure: Structure): string[] {
  return Object.keys(structure)
    .filter((key) => !isScalar(structure[key]))
    .sort();
}
