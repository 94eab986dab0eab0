import {
  type BiaInput,
  type BiaVariables,
  biaPathsFrom,
  biaSchema,
  biaVariant,
  biaWithoutLoadBalancer,
} from "./bia.ts";

/** The schema of each stack's variables file, by the word that the file gives as its `stack`. */
export const schemas = { bia: biaSchema };

/** The stack of a file that names none. */
export const DEFAULT_STACK = "bia" satisfies keyof typeof schemas;

/** Every schema that a file can follow. */
export const allSchemas = [biaSchema, biaWithoutLoadBalancer];

/** The schema that fits what was written, for each stack. */
export const variants = { bia: biaVariant, biaWithoutLoadBalancer };

/** What a person may write: everything is optional. */
export type VariablesInput = BiaInput;

/** Complete variables of any stack; `stack` tells them apart. */
export type Variables = BiaVariables;

/** Makes the paths of each stack's variables absolute, which a file writes as seen from its own folder. */
export const pathsFrom: {
  readonly [Name in Variables["stack"]]: (folder: string, variables: Extract<Variables, { stack: Name }>) => Variables;
} = { bia: biaPathsFrom };
