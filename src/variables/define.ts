import type { VariablesInput } from "./schemas.ts";

/**
 * Types the variables that a file exports, so that the editor completes and explains them. Everything may be left out.
 * Nothing is checked here: `bia-infra validate` and every command do that.
 */
export function defineVariables(variables: VariablesInput): VariablesInput {
  return variables;
}
