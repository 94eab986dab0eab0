import type { Stack } from "../engine/task.ts";
import type { Variables } from "../variables/index.ts";
import { bia } from "./bia/index.ts";

/** Builds the stack that the variables describe. Every stack of the product is registered here. */
const stacks: {
  readonly [Name in Variables["stack"]]: (variables: Extract<Variables, { stack: Name }>, region: string) => Stack;
} = { bia };

/** The stack of these variables, in a region. Pure: nothing is looked up. */
export function stackOf(variables: Variables, region: string): Stack {
  return stacks[variables.stack](variables, region);
}
