import { createHash } from "node:crypto";

/** The name of a script: SHA1 of its bytes, given as latin1. */
export function digest(script: string): string {
  return createHash("sha1").update(script, "latin1").digest("hex");
}
