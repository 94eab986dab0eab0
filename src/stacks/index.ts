import type { Requirements } from "../doctor/requirements.ts";
import type { Stack } from "../engine/task.ts";
import type { Variables } from "../variables/index.ts";
import { bia } from "./bia/index.ts";
import { biaPermissions } from "./bia/permissions.ts";
import { biaRequirements } from "./bia/requirements.ts";
import type { Permissions } from "./permissions.ts";
import type { Place } from "./place.ts";

export type { Place } from "./place.ts";
export { PRICES_OF } from "./prices.ts";

type Made<Result> = {
  readonly [Name in Variables["stack"]]: (variables: Extract<Variables, { stack: Name }>, place: Place) => Result;
};

/** Builds the stack that the variables describe. Every stack of the product is registered here. */
const stacks: Made<Stack> = { bia };
const permissions: { readonly [Name in Variables["stack"]]: typeof biaPermissions } = { bia: biaPermissions };
const requirements: Made<Requirements> = { bia: biaRequirements };

/** The stack of these variables, in a place. Pure: nothing is looked up. */
export function stackOf(variables: Variables, place: Place): Stack {
  return stacks[variables.stack](variables, place);
}

/** What that stack needs of IAM, in a region of an account; `*` stands for any. Pure. */
export function permissionsOf(variables: Variables, region = "*", account = "*"): Permissions {
  return permissions[variables.stack](variables, region, account);
}

/** What that stack needs of an account. Pure. */
export function requirementsOf(variables: Variables, place: Place): Requirements {
  return requirements[variables.stack](variables, place);
}
