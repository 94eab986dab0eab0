import { AGGREGATES, numberOf, SCALARS } from "./functions.ts";
import type { Expression, Value } from "./query.ts";

/** An event's fields by name. */
export type Row = Readonly<Record<string, Value>>;

/**
 * The value of an expression for events that belong together, of which the last is asked where one will do.
 *
 * @returns undefined: they lack a field that it needs
 */
export function evaluate(expression: Expression, rows: readonly Row[]): Value | undefined {
  switch (expression.is) {
    case "value":
      return expression.value;
    case "field":
      return valueIn(rows.at(-1), expression.name);
    case "call":
      return call(expression.name, expression.of, rows);
    case "like":
      return expression.pattern.test(String(evaluate(expression.what, rows) ?? ""));
    case "in": {
      const value = evaluate(expression.what, rows);
      return expression.list.some((one) => isSame(value, evaluate(one, rows)));
    }
    case "operation":
      return operate(
        expression.sign,
        expression.of.map((one) => () => evaluate(one, rows)),
      );
  }
}

/** What a row has under a name that somebody has thought up; undefined: nothing. */
export function valueIn(row: Row | undefined, name: string): Value | undefined {
  return row && Object.hasOwn(row, name) ? row[name] : undefined;
}

function call(name: string, of: readonly Expression[], rows: readonly Row[]): Value | undefined {
  const aggregate = AGGREGATES[name];
  if (!aggregate) return SCALARS[name]?.(...of.map((one) => evaluate(one, rows)));
  const [what] = of;
  const found = rows.flatMap((row) => {
    const value = what ? evaluate(what, [row]) : true;
    return value === undefined ? [] : [{ value, time: Number(row["@timestamp"]) }];
  });
  return aggregate(
    found.map(({ value }) => value),
    found.map(({ time }) => time),
  );
}

function operate(sign: string, [left, right]: readonly (() => Value | undefined)[]): Value | undefined {
  const one = left?.();
  if (sign === "and") return Boolean(one) && Boolean(right?.());
  if (sign === "or") return Boolean(one) || Boolean(right?.());
  if (sign === "not") return !one;
  const other = right?.();
  if (sign === "=") return isSame(one, other);
  if (sign === "!=") return !isSame(one, other);
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a === undefined || b === undefined) return undefined;
  return ARITHMETIC[sign]?.(a, b);
}

const ARITHMETIC: Readonly<Record<string, (one: number, other: number) => Value | undefined>> = {
  "+": (one, other) => one + other,
  "-": (one, other) => one - other,
  "*": (one, other) => one * other,
  "/": (one, other) => (other === 0 ? undefined : one / other),
  "%": (one, other) => (other === 0 ? undefined : one % other),
  "^": (one, other) => one ** other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
};

function isSame(one: Value | undefined, other: Value | undefined): boolean {
  const [a, b] = [numberOf(one), numberOf(other)];
  return a !== undefined && b !== undefined ? a === b : one !== undefined && String(one) === String(other);
}
