export type { FaultRule } from "./read-fault-rules.ts";

import type { FaultRule } from "./read-fault-rules.ts";

/** Operations that change nothing. */
export function isReading(operation: string): boolean {
  return /^(?:Describe|Get|List|BatchGet|Lookup|Search|Filter|Simulate)/.test(operation);
}

/** Whether a rule is about this operation. */
export function concerns(rule: FaultRule, service: string, operation: string): boolean {
  if (rule.operation === "any") return true;
  if (rule.operation === "reading") return isReading(operation);
  if (rule.operation === "changing") return !isReading(operation);
  const pattern = rule.operation.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${pattern}$`).test(`${service}:${operation}`);
}
