import { managedStatements } from "./catalogue/policy-grants.ts";
import { type Context, NotLookedAt } from "./policies/context.ts";
import { applies, concerns, type Deed, type Statement, statementsOf } from "./policies/statements.ts";
import { variablesIn } from "./policies/variables.ts";
import type { Role } from "./records.ts";

/** Whether a service may assume a role. @param context what is known of its request @throws NotLookedAt */
export function trusts({ AssumeRolePolicyDocument }: Role, service: string, context: Context): boolean {
  const about = statementsOf(AssumeRolePolicyDocument).filter(({ Principal }) => {
    const services =
      typeof Principal === "object" && Principal !== null ? (Principal as { Service?: unknown }).Service : [];
    return Principal === "*" || [services].flat().some((one) => one === service || one === "*");
  });
  const counting = about.filter((one) => applies(one, { action: "sts:AssumeRole", context }));
  return counting.some(({ Effect }) => Effect === "Allow") && !counting.some(({ Effect }) => Effect === "Deny");
}

/**
 * Why a role may not do something, in AWS's words; undefined: its policies allow it.
 *
 * @param role undefined: there is none any more
 * @param principal ARN of whoever acts with its rights
 * @throws NotLookedAt
 */
export function whyDenied(role: Role | undefined, principal: string, deed: Deed): string | undefined {
  const is = role ? decide(role, deed).is : "implicitDeny";
  if (is === "allowed") return undefined;
  return denial(principal, deed.action, deed.resource, is === "explicitDeny");
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

/** What IAM makes of an action. (iam:EvaluationResult) */
export interface Decision {
  readonly is: "allowed" | "explicitDeny" | "implicitDeny";
  /** Names of the policies with the statements that decided. */
  readonly by: readonly string[];
}

/** As the policy simulator tells it. */
export interface Simulated extends Decision {
  /** Keys of conditions and variables that nobody gave a value for; statements with them do not count. */
  readonly missing: readonly string[];
}

/** What a role's policies say to an action of which these condition keys alone are known. (iam:SimulatePrincipalPolicy, ContextEntries) */
export function simulated(role: Role, action: string, resource: string | undefined, context: Context): Simulated {
  const missing = new Set<string>();
  const decision = decide(role, { action, resource, context }, (statement) => {
    const lacking = neededKeys(statement).filter((key) => context(key.toLowerCase()) === undefined);
    if (isAbout(statement, action, resource)) for (const key of lacking) missing.add(key);
    return lacking.length === 0;
  });
  return { ...decision, missing: [...missing] };
}

/** Whether a statement is about an action on a resource whatever its variables are. */
function isAbout(statement: Statement, action: string, resource: string | undefined): boolean {
  const open = (patterns: unknown) =>
    patterns && [patterns].flat().map((one) => String(one).replace(/\$\{[^}]*\}/g, "*"));
  const { Resource, NotResource } = statement;
  const opened = { ...statement, Resource: open(Resource), NotResource: open(NotResource) };
  return concerns(opened, { action, resource, context: () => undefined });
}

/** Keys that have to have a value for a statement: an operator with `IfExists` does without. */
function neededKeys({ Condition = {}, Resource, NotResource, hasVariables }: Statement): string[] {
  const needed = Object.entries(Condition).filter(([operator]) => !/IfExists$|Null$/.test(operator));
  const texts = [Resource, NotResource, ...needed.flatMap(([, keys]) => Object.values(keys))].flat();
  const variables = hasVariables ? texts.flatMap((text) => variablesIn(String(text))) : [];
  return [...needed.flatMap(([, keys]) => Object.keys(keys)), ...variables];
}

interface OfPolicy {
  /** Name of the policy. */
  readonly by: string;
  readonly statement: Statement;
}

function policiesOf({ hidden }: Role): OfPolicy[] {
  const inline = Object.entries(hidden.inline).flatMap(([by, document]) =>
    statementsOf(document).map((statement) => ({ by, statement })),
  );
  const attached = hidden.attached.flatMap((arn) =>
    managedStatements(arn).map((statement) => ({ by: arn.slice(arn.lastIndexOf("/") + 1), statement })),
  );
  return [...inline, ...attached];
}

/** A key that is not looked at matters only where nothing else decides. @throws NotLookedAt */
function decide(role: Role, deed: Deed, counts: (statement: Statement) => boolean = () => true): Decision {
  const policies = policiesOf(role).filter(({ statement }) => counts(statement));
  for (const [effect, is] of DECIDING) {
    const found = policies
      .filter(({ statement }) => statement.Effect === effect)
      .map(({ by, statement }) => ({ by, outcome: outcomeOf(statement, deed) }));
    const by = found.flatMap((one) => (one.outcome === true ? one.by : []));
    if (by.length > 0) return { is, by: [...new Set(by)] };
    for (const { outcome } of found) if (outcome instanceof NotLookedAt) throw outcome;
  }
  return { is: "implicitDeny", by: [] };
}

const DECIDING = [
  ["Deny", "explicitDeny"],
  ["Allow", "allowed"],
] as const;

function outcomeOf(statement: Statement, deed: Deed): boolean | NotLookedAt {
  try {
    return applies(statement, deed);
  } catch (error) {
    if (error instanceof NotLookedAt) return error;
    throw error;
  }
}
