import { createHash } from "node:crypto";

/** User data in words, as EC2 keeps it (base64): enough to tell two scripts apart, and nothing of what is in them. */
export function userDataDigest(base64: string | undefined): string | undefined {
  const script = Buffer.from(base64 ?? "", "base64");
  if (script.length === 0) return undefined;
  return `a script of ${script.length} bytes (${createHash("sha256").update(script).digest("hex").slice(0, 8)})`;
}
