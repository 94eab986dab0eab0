import type { Context } from "./context.ts";
import { literally } from "./wildcards.ts";

/** `${key}` and `${key, 'default'}`. */
const VARIABLE = /\$\{\s*([^},]*?)\s*(?:,\s*'([^']*)'\s*)?\}/g;
/** Variables that stand for characters. (IAM, "Policy variables: where you can use special characters") */
const CHARACTERS = ["*", "?", "$"];

/** Thrown where a variable has no value: the statement does not count then. ("Variables and tags") */
export class Unresolved extends Error {}

/** Keys that a text of a policy has as variables. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, key = ""]) => key).filter((key) => !CHARACTERS.includes(key));
}

/**
 * A pattern with its variables replaced, which then mean themselves, wildcards too. A key with several values is no variable.
 *
 * @throws Unresolved
 */
export function resolved(text: string, context: Context): string {
  return text.replace(VARIABLE, (_all, key: string, usual: string | undefined) => {
    if (CHARACTERS.includes(key)) return literally(key);
    const values = context(key.toLowerCase());
    const value = values?.length === 1 ? values[0] : usual;
    if (value === undefined) throw new Unresolved(key);
    return literally(value);
  });
}
