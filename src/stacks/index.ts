import type { Requirements } from "../doctor/requirements.ts";
import type { Stack } from "../engine/task.ts";
import type { Variables } from "../variables/index.ts";
import { bia } from "./bia/index.ts";
import { biaRequirements } from "./bia/requirements.ts";
import type { Place } from "./place.ts";

export type { Place } from "./place.ts";
export { PRICES_OF } from "./prices.ts";

type Made<Result> = {
  readonly [Name in Variables["stack"]]: (variables: Extract<Variables, { stack: Name }>, place: Place) => Result;
};

/** Builds the stack that the variables describe. Every stack of the product is registered here. */
const stacks: Made<Stack> = { bia };
const requirements: Made<Requirements> = { bia: biaRequirements };

/** The stack of these variables, in a place. Pure: nothing is looked up. */
export function stackOf(variables: Variables, place: Place): Stack {
  return stacks[variables.stack](variables, place);
}

/** What that stack needs of an account. Pure. */
export function requirementsOf(variables: Variables, place: Place): Requirements {
  return requirements[variables.stack](variables, place);
}
