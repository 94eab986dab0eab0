/** Command line of a program, taken apart. */
export interface Parsed {
  /** Options by the first of their names; "" for a flag; the values of a repeated option on lines of their own. */
  readonly options: ReadonlyMap<string, string>;
  /** The values of every option that takes one, in their order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Every option that takes a value with its value, in their order. */
  readonly given: readonly (readonly [option: string, value: string])[];
  readonly operands: readonly string[];
  /** First option that is not known. */
  readonly unknown: string | undefined;
}

/**
 * Takes a command line apart as getopt_long does: `-abc`, `-n VALUE`, `-nVALUE`, `--name VALUE`, `--name=VALUE`, `--`.
 *
 * @param known names of an option separated by `|`, with `=` after them when it takes a value: `["y|assumeyes", "u|user="]`
 * @param stopAtOperand true where everything after the first operand belongs to another command (`sudo`)
 */
export function parseOptions(args: readonly string[], known: readonly string[], stopAtOperand = false): Parsed {
  const options = new Map<string, string>();
  const values = new Map<string, string[]>();
  const given: [string, string][] = [];
  const operands: string[] = [];
  const byName = new Map<string, { first: string; takesValue: boolean }>();
  for (const spec of known) {
    const names = spec.replace(/=$/, "").split("|");
    for (const name of names) byName.set(name, { first: names[0] ?? name, takesValue: spec.endsWith("=") });
  }
  let unknown: string | undefined;
  const queue = [...args];
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    if (argument === "--") {
      operands.push(...queue);
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      operands.push(argument);
      if (!stopAtOperand) continue;
      operands.push(...queue);
      break;
    }
    const long = argument.startsWith("--");
    const [name = "", inline] = long ? splitOnce(argument.slice(2), "=") : [argument.slice(1, 2), argument.slice(2)];
    const option = byName.get(name);
    if (!option) {
      unknown ??= long ? `--${name}` : `-${name}`;
    } else if (option.takesValue) {
      const value = inline || (queue.shift() ?? "");
      const earlier = options.get(option.first);
      given.push([option.first, value]);
      values.set(option.first, [...(values.get(option.first) ?? []), value]);
      options.set(option.first, earlier === undefined ? value : `${earlier}\n${value}`);
    } else {
      options.set(option.first, (long && inline) || "");
      if (!long && inline) queue.unshift(`-${inline}`);
    }
  }
  return { options, values, given, operands, unknown };
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
