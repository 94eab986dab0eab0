import { createHash } from "node:crypto";

/** Tag of an instance that tells by which user data it was launched: AWS shows that in a call of its own, for one instance. */
export const USER_DATA_TAG = "bia-infra:user-data";

/** User data in words, as EC2 keeps it (base64): enough to tell two scripts apart, and nothing of what is in them. */
export function userDataDigest(base64: string | undefined): string | undefined {
  const script = Buffer.from(base64 ?? "", "base64");
  if (script.length === 0) return undefined;
  return `a script of ${script.length} bytes (${createHash("sha256").update(script).digest("hex").slice(0, 8)})`;
}

/** The same of user data in plain text, for the tag. */
export function userDataMark(userData: string): string {
  return userDataDigest(Buffer.from(userData).toString("base64")) ?? "none";
}
