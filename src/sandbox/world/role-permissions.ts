import { grantsOf } from "./catalogue/policy-grants.ts";
import type { Role } from "./records.ts";

/** Whether a service may assume a role. */
export function trusts({ AssumeRolePolicyDocument }: Role, service: string): boolean {
  return statementsOf(AssumeRolePolicyDocument).some(({ Effect, Principal }) => {
    const services =
      typeof Principal === "object" && Principal !== null ? (Principal as { Service?: unknown }).Service : [];
    return Effect === "Allow" && [services].flat().includes(service);
  });
}

/**
 * Whether a role's policies allow an action: one does, and no inline one denies it. Conditions are not looked at.
 *
 * @param resource ARN; absent: whatever resource the policies are about
 */
export function allows(role: Role, action: string, resource?: string): boolean {
  return decide(role, action, resource, () => []).is === "allowed";
}

/**
 * Why a role may not do something, in AWS's words; undefined: its policies allow it.
 *
 * @param role undefined: there is none any more
 * @param principal ARN of whoever acts with its rights
 * @param resource ARN or `*`; absent: whatever resource the policies are about
 */
export function whyDenied(
  role: Role | undefined,
  principal: string,
  action: string,
  resource?: string,
): string | undefined {
  const is = role ? decide(role, action, resource, () => []).is : "implicitDeny";
  if (is === "allowed") return undefined;
  return denial(principal, action, resource, is === "explicitDeny");
}

/**
 * What AWS says to someone whose policies do not allow an action. ("Troubleshoot access denied error messages")
 *
 * @param resource ARN or `*`; absent: the service names none
 */
export function denial(principal: string, action: string, resource?: string, isExplicit = false): string {
  const on = resource === undefined ? "" : ` on resource: ${resource}`;
  const why = isExplicit
    ? "with an explicit deny in an identity-based policy"
    : `because no identity-based policy allows the ${action} action`;
  return `User: ${principal} is not authorized to perform: ${action}${on} ${why}`;
}

/** What IAM's simulation makes of an action. (iam:EvaluationResult) */
export interface Decision {
  readonly is: "allowed" | "explicitDeny" | "implicitDeny";
  /** Names of the policies with the statements that decided. */
  readonly by: readonly string[];
  /** Keys of conditions that nobody gave a value for; statements with them do not count. */
  readonly missing: readonly string[];
}

/** What a role's policies say to an action of which no condition key is known. (iam:SimulatePrincipalPolicy without ContextEntries) */
export function simulated(role: Role, action: string, resource: string | undefined): Decision {
  return decide(role, action, resource, unknownKeys);
}

function decide(
  { hidden }: Role,
  action: string,
  resource: string | undefined,
  missingIn: (statement: Statement) => readonly string[],
): Decision {
  const statements = Object.entries(hidden.inline)
    .flatMap(([by, document]) => statementsOf(document).map((statement) => ({ by, statement })))
    .filter(({ statement }) => concerns(statement, action, resource));
  const missing = [...new Set(statements.flatMap(({ statement }) => missingIn(statement)))];
  const known = statements.filter(({ statement }) => missingIn(statement).length === 0);
  const saying = (effect: string) =>
    known.filter(({ statement }) => statement.Effect === effect).map(({ by: policy }) => policy);
  const denying = saying("Deny");
  if (denying.length > 0) return { is: "explicitDeny", by: denying, missing };
  const attached = hidden.attached.filter((arn) => oneCovers(grantsOf(arn), action));
  const by = [...saying("Allow"), ...attached.map((arn) => arn.slice(arn.lastIndexOf("/") + 1))];
  return { is: by.length > 0 ? "allowed" : "implicitDeny", by, missing };
}

/** Keys of a statement's conditions that have to have a value: an operator with `IfExists` does without. */
function unknownKeys({ Condition = {} }: Statement): string[] {
  const operators = Object.entries(Condition).filter(([operator]) => !/IfExists$|^Null$/.test(operator));
  return operators.flatMap(([, keys]) => Object.keys(keys));
}

/** Whether a statement is about an action on a resource. */
export function concerns(statement: Statement, action: string, resource: string | undefined): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  if (Action === undefined ? oneCovers(NotAction, action) : !oneCovers(Action, action)) return false;
  if (resource === undefined) return true;
  return Resource === undefined ? !oneCovers(NotResource, resource) : oneCovers(Resource, resource);
}

function oneCovers(patterns: unknown, text: string): boolean {
  return [patterns].flat().some((pattern) => covers(pattern, text));
}

function covers(wildcards: unknown, text: string): boolean {
  const pattern = String(wildcards)
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "i").test(text);
}

/** A statement of a policy. */
export interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The statements of a policy document. */
export function statementsOf(document: string): Statement[] {
  return [(JSON.parse(document) as { Statement?: Statement | Statement[] }).Statement ?? []].flat();
}
