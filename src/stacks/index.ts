import type { Requirements } from "../doctor/requirements.ts";
import type { Stack } from "../engine/task.ts";
import type { AppSource } from "../remote/app/source-check.ts";
import type { StackName, Variables, VariablesOf } from "../variables/index.ts";
import { sourceOf } from "./bia/app-source.ts";
import { bia } from "./bia/index.ts";
import { biaPermissions } from "./bia/permissions.ts";
import { biaRequirements } from "./bia/requirements.ts";
import type { Permissions } from "./permissions.ts";
import type { Place } from "./place.ts";
import { retail } from "./retail/index.ts";
import { retailPermissions } from "./retail/permissions.ts";
import { retailRequirements } from "./retail/requirements.ts";

export type { Place } from "./place.ts";
export { PRICES_OF } from "./prices.ts";

/** What there is to know of a stack. All of it is pure: nothing is looked up. */
interface Definition<Of> {
  readonly build: (variables: Of, place: Place) => Stack;
  readonly permissions: (variables: Of, region: string, account: string) => Permissions;
  readonly requirements: (variables: Of, place: Place) => Requirements;
  /** Where the app that it builds comes from. Absent: it builds none. */
  readonly source?: (variables: Of) => AppSource;
}

/** Every stack of the product is registered here. */
const DEFINITIONS: { readonly [Name in StackName]: Definition<VariablesOf[Name]> } = {
  bia: {
    build: bia,
    permissions: biaPermissions,
    requirements: biaRequirements,
    source: ({ app }) => sourceOf(app),
  },
  retail: { build: retail, permissions: retailPermissions, requirements: retailRequirements },
};

function definitionOf(variables: Variables): Definition<Variables> {
  return DEFINITIONS[variables.stack] as Definition<Variables>;
}

/** The stack of these variables, in a place. */
export function stackOf(variables: Variables, place: Place): Stack {
  return definitionOf(variables).build(variables, place);
}

/** What that stack needs of IAM, in a region of an account; `*` stands for any. */
export function permissionsOf(variables: Variables, region = "*", account = "*"): Permissions {
  return definitionOf(variables).permissions(variables, region, account);
}

/** What that stack needs of an account. */
export function requirementsOf(variables: Variables, place: Place): Requirements {
  return definitionOf(variables).requirements(variables, place);
}

/** Where the app that the stack builds comes from; undefined: it builds none. */
export function appSourceOf(variables: Variables): AppSource | undefined {
  return definitionOf(variables).source?.(variables);
}
