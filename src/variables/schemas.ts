import type * as z from "zod";
import { biaSchema } from "./bia.ts";

/** The schema of each stack's variables file, by the word that the file gives as its `stack`. */
export const schemas = { bia: biaSchema };

/** The stack of a file that names none. */
export const DEFAULT_STACK = "bia" satisfies keyof typeof schemas;

type Schema = (typeof schemas)[keyof typeof schemas];

/** What a person may write: everything is optional. */
export type VariablesInput = z.input<Schema>;

/** Complete variables of any stack; `stack` tells them apart. */
export type Variables = z.output<Schema>;
