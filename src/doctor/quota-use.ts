import type { Finding } from "./finding.ts";

/**
 * What a stack that has so many of a thing is told of its quota. What the stack has made already counts as used, so a full quota is only a
 * problem for one who has not created yet.
 */
export function judgeUse(subject: string, { most, used }: { most: number; used: number }, count: number): Finding {
  const text = `${used} of ${most} in use, the stack has ${count}`;
  if (used + count <= most) return { level: "ok", subject, text };
  const next =
    "If the stack is not up yet: delete what is not needed, or ask for more under Service Quotas in the console.";
  return { level: "note", subject, text, next };
}
