import type { RetailVariables, Variables } from "../../src/variables/index.ts";

/** Variables that are those of the workshop's stack. */
export function ofRetail(variables: Variables): RetailVariables {
  if (variables.stack !== "retail") throw new Error(`these are the variables of stack ${variables.stack}`);
  return variables;
}
