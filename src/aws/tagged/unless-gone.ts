import { classify, isCode } from "../errors.ts";

/**
 * What a look at one thing of a listing answers; undefined: it is gone by now. Listings go on showing for a moment what was
 * deleted, and one such thing must not hide the rest of its service.
 */
export async function unlessGone<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (classify(error) === "gone" || isCode(error, "ResourceNotFoundException", "InvalidResourceId")) return undefined;
    // ECS has no code of its own for a task definition that is not there.
    if (isCode(error, "ClientException") && /Unable to describe/.test((error as Error).message)) return undefined;
    throw error;
  }
}
