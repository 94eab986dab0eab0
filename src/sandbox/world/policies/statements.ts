import { type Condition, holds } from "./conditions.ts";
import type { Context } from "./context.ts";
import { resolved, Unresolved } from "./variables.ts";
import { like } from "./wildcards.ts";

/** A statement of a policy. */
export interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Condition;
  /** Whether it may have variables: policies of the language's first version take them for what they are written as. */
  readonly hasVariables?: boolean;
}

/** What somebody wants to do. */
export interface Deed {
  /** E.g. `dynamodb:Query`. */
  readonly action: string;
  /** ARN or `*`; absent: whatever resource the policies are about. */
  readonly resource?: string | undefined;
  readonly context: Context;
}

/** The language's version in which `${}` is a variable. (IAM, "Version") */
const WITH_VARIABLES = "2012-10-17";

/** The statements of a policy document. */
export function statementsOf(document: string): Statement[] {
  const { Version, Statement = [] } = JSON.parse(document) as {
    Version?: string;
    Statement?: Statement | Statement[];
  };
  return [Statement].flat().map((one) => ({ ...one, hasVariables: Version === WITH_VARIABLES }));
}

/** Whether a statement is about an action on a resource. @throws Unresolved */
export function concerns(statement: Statement, { action, resource, context }: Deed): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const isAction = (pattern: unknown) => like(String(pattern), action, { ignoreCase: true });
  if (Action === undefined ? [NotAction].flat().some(isAction) : ![Action].flat().some(isAction)) return false;
  if (resource === undefined) return true;
  const isResource = (pattern: unknown) => like(reading(statement, context)(String(pattern)), resource);
  return Resource === undefined ? ![NotResource].flat().some(isResource) : [Resource].flat().some(isResource);
}

/**
 * Whether a statement counts for what somebody wants to do: it is about that, and its conditions hold.
 *
 * @throws NotLookedAt
 */
export function applies(statement: Statement, deed: Deed): boolean {
  const { Condition } = statement;
  try {
    if (!concerns(statement, deed)) return false;
    return Condition === undefined || holds(Condition, deed.context, reading(statement, deed.context));
  } catch (error) {
    if (error instanceof Unresolved) return false;
    throw error;
  }
}

function reading({ hasVariables }: Statement, context: Context): (text: string) => string {
  return hasVariables ? (text) => resolved(text, context) : (text) => text;
}
