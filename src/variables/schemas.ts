import {
  type BiaInput,
  type BiaVariables,
  biaPathsFrom,
  biaSchema,
  biaVariant,
  biaWithoutLoadBalancer,
} from "./bia.ts";
import { type RetailInput, type RetailVariables, retailSchema } from "./retail.ts";
import type { Variant } from "./variant.ts";

/** The schema of each stack's variables file, by the word that the file gives as its `stack`. */
export const schemas = { bia: biaSchema, retail: retailSchema };

/** The name of a stack. */
export type StackName = keyof typeof schemas;

/** Every stack that there is, the one of the course first. */
export const STACKS = Object.keys(schemas) as readonly StackName[];

/** The stack of a file that names none. */
export const DEFAULT_STACK: StackName = "bia";

/** Every schema that a file can follow. */
export const allSchemas = [biaSchema, biaWithoutLoadBalancer, retailSchema];

/** The schema that fits what was written, for each stack. */
export const variants = {
  bia: biaVariant,
  retail: (written: unknown): Variant<typeof retailSchema> => ({ schema: retailSchema, written }),
};

/** What a person may write: everything is optional. */
export type VariablesInput = BiaInput | RetailInput;

/** Complete variables of each stack. */
export interface VariablesOf {
  bia: BiaVariables;
  retail: RetailVariables;
}

/** Complete variables of any stack; `stack` tells them apart. */
export type Variables = VariablesOf[StackName];

/** Makes the paths of the variables absolute, which a file writes as seen from its own folder. */
export function pathsFrom(folder: string, variables: Variables): Variables {
  return variables.stack === "bia" ? biaPathsFrom(folder, variables) : variables;
}
