import { DeleteResourcePolicyCommand, PutResourcePolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Aws } from "../../aws/clients.ts";
import { logPoliciesIn, ownershipIn, sidOf } from "../../aws/log-policies.ts";
import type { Tags } from "../../aws/tags.ts";
import { type Fields, fieldChanges } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** That services of AWS may write to a log group. Names are unique in an account's region. */
export interface ResourcePolicyDesired {
  readonly name: string;
  /** ARN of the log group, without `:*` at its end. */
  readonly logGroup: string;
  /** E.g. `events.amazonaws.com`. */
  readonly services: readonly string[];
}

/** A resource policy of CloudWatch Logs as AWS has it. */
export interface ResourcePolicy {
  readonly name: string;
  readonly document: string;
  /** What its statement says whose it is: such policies carry no tags. */
  readonly tags: Tags;
}

/** What lets other services write to a log group. */
export const resourcePolicy: Kind<ResourcePolicyDesired, ResourcePolicy, Aws> = {
  type: "cloudwatch-logs.resource-policy",
  async find({ logs }, { name }) {
    const found = (await logPoliciesIn(logs)).find(({ policyName }) => policyName === name);
    return found && fromAws(name, found.policyDocument ?? "");
  },
  diff: (desired, { document }) => fieldChanges(statementIn(document), statementIn(documentOf(desired, ""))),
  create: put,
  update: put,
  async remove({ logs }, { name }) {
    await logs.send(new DeleteResourcePolicyCommand({ policyName: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ logs }, { name, document }, tags) {
    const policyDocument = JSON.stringify(withSid(document, sidOf(tags)));
    await logs.send(new PutResourcePolicyCommand({ policyName: name, policyDocument }));
  },
  describe: ({ document }) => `lets ${statementIn(document).services} write`,
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
};

async function put({ logs, ownership }: Aws, desired: ResourcePolicyDesired): Promise<ResourcePolicy> {
  const { name } = desired;
  const policyDocument = documentOf(desired, sidOf(ownership));
  await logs.send(new PutResourcePolicyCommand({ policyName: name, policyDocument }));
  return fromAws(name, policyDocument);
}

function fromAws(name: string, document: string): ResourcePolicy {
  return { name, document, tags: ownershipIn(document) };
}

interface Statement {
  readonly Sid?: unknown;
  readonly Effect?: unknown;
  readonly Principal?: { readonly Service?: unknown };
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

function documentOf({ logGroup, services }: ResourcePolicyDesired, Sid: string): string {
  const statement: Statement = {
    Sid,
    Effect: "Allow",
    Principal: { Service: [...services].sort() },
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: `${logGroup}:*`,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

function statementsIn(document: string): Statement[] {
  return [(JSON.parse(document) as { Statement?: Statement | Statement[] }).Statement ?? []].flat();
}

/** In words, by their paths. A policy of more statements than one is some other. */
function statementIn(document: string): Fields {
  const [first = {}, ...more] = statementsIn(document);
  const { Effect, Principal, Action, Resource, Condition } = first;
  return {
    effect: String(Effect),
    services: words(Principal?.Service),
    actions: words(Action),
    resource: words(Resource),
    ...(Condition !== undefined && { condition: JSON.stringify(Condition) }),
    ...(more.length > 0 && { statements: `${more.length + 1}` }),
  };
}

function withSid(document: string, Sid: string): object {
  const [first = {}, ...more] = statementsIn(document);
  return { ...(JSON.parse(document) as object), Statement: [{ ...first, Sid }, ...more] };
}

function words(values: unknown): string {
  return [values].flat().map(String).sort().join(", ");
}
