import { isDeepStrictEqual } from "node:util";
import { writePath } from "./problems.ts";
import { schemas, type Variables } from "./schemas.ts";

/** A variable that is not at its default. */
export interface Difference {
  /** As one would write it: `devMachine.instanceType`. */
  readonly path: string;
  readonly value: unknown;
  /** Absent where the variable has no default. */
  readonly default?: unknown;
}

/** The variables that are not at their defaults, in the order of the file's groups. Lists count as one value. */
export function differences(variables: Variables): Difference[] {
  return compare(variables, schemas[variables.stack].parse({ stack: variables.stack }), []);
}

function compare(value: unknown, normal: unknown, path: readonly string[]): Difference[] {
  if (isDeepStrictEqual(value, normal)) return [];
  if (!isGroup(value) || !isGroup(normal)) {
    return [{ path: writePath(path), value, ...(normal !== undefined && { default: normal }) }];
  }
  return Object.keys(value).flatMap((key) => compare(value[key], normal[key], [...path, key]));
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
