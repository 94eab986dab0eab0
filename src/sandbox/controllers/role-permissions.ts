import { grantsOf } from "../world/catalogue/policy-grants.ts";
import type { Role } from "../world/records.ts";

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
export function allows({ hidden }: Role, action: string, resource?: string): boolean {
  const inline = Object.values(hidden.inline)
    .flatMap(statementsOf)
    .filter((statement) => concerns(statement, action, resource));
  if (inline.some(({ Effect }) => Effect === "Deny")) return false;
  if (inline.some(({ Effect }) => Effect === "Allow")) return true;
  return hidden.attached.some((arn) => oneCovers(grantsOf(arn), action));
}

function concerns(statement: Statement, action: string, resource: string | undefined): boolean {
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

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
}

function statementsOf(document: string): Statement[] {
  return [(JSON.parse(document) as { Statement?: Statement | Statement[] }).Statement ?? []].flat();
}
