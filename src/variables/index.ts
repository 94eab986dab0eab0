/**
 * The variables of a stack: what a person writes in `config/STACK.ts`, checked and completed with defaults. This is also
 * what a variables file sees as `bia-infra`.
 */
export type { BiaVariables } from "./bia.ts";
export { defineVariables } from "./define.ts";
export { type Loaded, load, VariablesError } from "./load.ts";
export type { Problem } from "./problems.ts";
export type { RetailVariables } from "./retail.ts";
export { STACKS, type StackName, type Variables, type VariablesInput, type VariablesOf } from "./schemas.ts";
export { checkForTarget } from "./target-rules.ts";
