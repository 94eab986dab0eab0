import type * as z from "zod";
import { biaPathsFrom, biaSchema } from "./bia.ts";

/** The schema of each stack's variables file, by the word that the file gives as its `stack`. */
export const schemas = { bia: biaSchema };

/** The stack of a file that names none. */
export const DEFAULT_STACK = "bia" satisfies keyof typeof schemas;

type Schema = (typeof schemas)[keyof typeof schemas];

/** What a person may write: everything is optional. */
export type VariablesInput = z.input<Schema>;

/** Complete variables of any stack; `stack` tells them apart. */
export type Variables = z.output<Schema>;

/** Makes the paths of each stack's variables absolute, which a file writes as seen from its own folder. */
export const pathsFrom: {
  readonly [Name in Variables["stack"]]: (folder: string, variables: Extract<Variables, { stack: Name }>) => Variables;
} = { bia: biaPathsFrom };
