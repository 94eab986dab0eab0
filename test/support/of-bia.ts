import type { BiaVariables, Variables } from "../../src/variables/index.ts";

/** Variables that are those of the course's stack. */
export function ofBia(variables: Variables): BiaVariables {
  if (variables.stack !== "bia") throw new Error(`these are the variables of stack ${variables.stack}`);
  return variables;
}
