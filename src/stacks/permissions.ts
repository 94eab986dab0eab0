/** What a person runs. `repair` is a create of a stack that has drifted, `adopt` one with --adopt: each needs more than create. */
export const COMMANDS = [
  "stacks",
  "plan",
  "status",
  "watch",
  "console",
  "outputs",
  "cost",
  "doctor",
  "create",
  "repair",
  "adopt",
  "dev",
  "ssh",
  "db",
  "logs",
  "metrics",
  "exec",
  "run",
  "deploy-version",
  "verify",
  "ci-role",
  "versions",
  "rollback",
  "restart",
  "destroy",
  "unlock",
] as const;
export type PermissionCommand = (typeof COMMANDS)[number];

/** Actions of a service by their names, e.g. `of("ec2", "DescribeVpcs DescribeSubnets")`. */
export function of(service: string, names: string): string[] {
  return names.split(" ").map((name) => `${service}:${name}`);
}

/** On what actions are allowed, as IAM's JSON has it. */
export interface Scope {
  readonly resources: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Actions that some commands need, all on the same things. */
export interface Grant {
  /** Name of the scope, and of the statement that it becomes. Letters only (IAM, Sid). */
  readonly on: string;
  readonly for: readonly PermissionCommand[];
  /** E.g. `ec2:DescribeVpcs`. */
  readonly actions: readonly string[];
  /** Why they are needed although a run in which nothing goes wrong does not make these calls. Absent: it makes them. */
  readonly because?: string;
}

/** Everything that may be needed of IAM for a stack. */
export interface Permissions {
  readonly scopes: Readonly<Record<string, Scope>>;
  readonly grants: readonly Grant[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Scope["condition"];
}

/** A policy as IAM takes it. */
export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** Characters of a managed policy, white space not counted. (IAM, "IAM and AWS STS quotas") */
export const MOST_CHARACTERS = 6144;

/** The least policies for these commands together: as few as hold it all, each within the limit. None: they call no AWS. */
export function policiesFor(permissions: Permissions, commands: readonly PermissionCommand[]): Policy[] {
  const policies: Statement[][] = [];
  for (const statement of statementsFor(permissions, commands)) {
    const last = policies.at(-1);
    if (last && sizeOf([...last, statement]) <= MOST_CHARACTERS) last.push(statement);
    else policies.push([statement]);
  }
  return policies.map(asPolicy);
}

/** The actions for these commands together, sorted. */
export function actionsFor(permissions: Permissions, commands: readonly PermissionCommand[]): string[] {
  return [...new Set(statementsFor(permissions, commands).flatMap(({ Action }) => Action))].sort();
}

function statementsFor({ scopes, grants }: Permissions, commands: readonly PermissionCommand[]): Statement[] {
  return Object.entries(scopes).flatMap(([name, { resources, condition }]) => {
    const needed = grants.filter((grant) => grant.on === name && grant.for.some((one) => commands.includes(one)));
    const Action = [...new Set(needed.flatMap(({ actions }) => actions))].sort();
    if (Action.length === 0) return [];
    return [{ Sid: name, Effect: "Allow", Action, Resource: resources, ...(condition && { Condition: condition }) }];
  });
}

function asPolicy(statements: readonly Statement[]): Policy {
  return { Version: "2012-10-17", Statement: statements };
}

function sizeOf(statements: readonly Statement[]): number {
  return JSON.stringify(asPolicy(statements)).length;
}
