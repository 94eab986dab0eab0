/** The entry of a table that somebody's text names; undefined for what every object inherits, such as `constructor`. */
export function entry<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
