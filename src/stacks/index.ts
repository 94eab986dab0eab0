import type { Stack } from "../engine/task.ts";
import type { Variables } from "../variables/index.ts";
import { bia } from "./bia/index.ts";
import type { Place } from "./place.ts";

export type { Place } from "./place.ts";

/** Builds the stack that the variables describe. Every stack of the product is registered here. */
const stacks: {
  readonly [Name in Variables["stack"]]: (variables: Extract<Variables, { stack: Name }>, place: Place) => Stack;
} = { bia };

/** The stack of these variables, in a place. Pure: nothing is looked up. */
export function stackOf(variables: Variables, place: Place): Stack {
  return stacks[variables.stack](variables, place);
}
