import type { LogGroup, LogsResourcePolicy } from "../records.ts";
import type { Region } from "../region.ts";
import { concerns, type Statement, statementsOf } from "../role-permissions.ts";

/** A service of AWS that wants to write to a log group, for something of an account. */
export interface WritingService {
  /** E.g. `events.amazonaws.com`. */
  readonly service: string;
  /** Twelve digits. */
  readonly account: string;
  /** ARN of what it writes for. */
  readonly sourceArn: string;
}

/** Actions that a service needs to write. */
const WRITING = ["logs:CreateLogStream", "logs:PutLogEvents"];

/** Operators of conditions that are looked at. */
export const CONDITIONS = ["StringEquals", "StringLike", "ArnEquals", "ArnLike"];

/** Whether resource policies let a service write to a group: each action that it needs is allowed by one, and denied by none. */
export function mayWrite({ logs }: Region, group: LogGroup, caller: WritingService): boolean {
  const statements = logs.resourcePolicies.all().flatMap((policy) => aboutCaller(policy, caller));
  return WRITING.every((action) => {
    // Actions on streams name these behind the group.
    const on = statements.filter((one) => concerns(one, action, `${group.logGroupArn}:log-stream:events`));
    return on.some(({ Effect }) => Effect === "Allow") && !on.some(({ Effect }) => Effect === "Deny");
  });
}

function aboutCaller({ policyDocument }: LogsResourcePolicy, caller: WritingService): Statement[] {
  return statementsOf(policyDocument).filter(({ Principal, Condition = {} }) => {
    const services =
      Principal === "*" ? [caller.service] : [(Principal as { Service?: unknown } | undefined)?.Service].flat();
    return services.includes(caller.service) && Object.values(Condition).every((keys) => holds(keys, caller));
  });
}

/** All of `CONDITIONS` compare one text with patterns. */
function holds(keys: Readonly<Record<string, unknown>>, { account, sourceArn }: WritingService): boolean {
  const known: Readonly<Record<string, string>> = { "aws:sourceaccount": account, "aws:sourcearn": sourceArn };
  return Object.entries(keys).every(([key, patterns]) => {
    const value = known[key.toLowerCase()];
    return value !== undefined && [patterns].flat().some((pattern) => like(String(pattern), value));
  });
}

function like(wildcards: string, text: string): boolean {
  const source = wildcards
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(text);
}
