import { type Context, NotLookedAt } from "./context.ts";
import { type Operator, operatorNamed } from "./operators.ts";

/** What must hold for a statement to count: values by key, by operator. */
export type Condition = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Whether all of a condition holds for a request.
 *
 * @param read a value of the policy with its variables replaced
 * @throws NotLookedAt if that depends on a key that is not looked at
 * @throws Unresolved of `read`
 */
export function holds(condition: Condition, context: Context, read: (value: string) => string): boolean {
  let unknown: NotLookedAt | undefined;
  for (const [name, keys] of Object.entries(condition)) {
    for (const [key, values] of Object.entries(keys)) {
      try {
        if (!holdsFor(operatorNamed(name), context(key.toLowerCase()), listOf(values), read)) return false;
      } catch (error) {
        if (!(error instanceof NotLookedAt)) throw error;
        unknown ??= error;
      }
    }
  }
  if (unknown) throw unknown;
  return true;
}

/** The values of a key in a policy: one or a list of them, numbers and truth values in quotes or not. */
export function listOf(values: unknown): string[] {
  return [values].flat().map(String);
}

/** Documents are checked when they are put, so that an operator is there; one that is not never holds. */
function holdsFor(
  operator: Operator | undefined,
  values: readonly string[] | undefined,
  wanted: readonly string[],
  read: (value: string) => string,
): boolean {
  if (!operator) return false;
  const { compares, of, isOptional } = operator;
  if (compares === "exists") return wanted.some((one) => (one.toLowerCase() === "true") === isAbsent(values));
  // A key that is not there matches nothing, which is what a negated operator wants; of no values all are as they should be.
  if (isAbsent(values)) return isOptional || of === "all" || (of === undefined && compares.isNegated);
  const patterns = wanted.map(read);
  const fits = (value: string) => patterns.some((one) => compares.matches(value, one)) !== compares.isNegated;
  return (of ?? (compares.isNegated ? "all" : "any")) === "all" ? values.every(fits) : values.some(fits);
}

function isAbsent(values: readonly string[] | undefined): values is undefined {
  return values === undefined || values.length === 0;
}
