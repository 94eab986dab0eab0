import { requestContext } from "../policies/request.ts";
import { applies, type Statement, statementsOf } from "../policies/statements.ts";
import type { LogGroup, LogsResourcePolicy } from "../records.ts";
import type { Region, World } from "../world.ts";

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

/** Whether resource policies let a service write to a group: each action that it needs is allowed by one, and denied by none. */
export function mayWrite(
  world: World,
  { logs, name: region }: Region,
  group: LogGroup,
  caller: WritingService,
): boolean {
  const statements = logs.resourcePolicies.all().flatMap((policy) => aboutCaller(policy, caller));
  // Actions on streams name these behind the group.
  const resource = `${group.logGroupArn}:log-stream:events`;
  const values = {
    "aws:PrincipalIsAWSService": "true",
    "aws:PrincipalServiceName": caller.service,
    "aws:PrincipalServiceNamesList": [caller.service],
    "aws:SourceAccount": caller.account,
    "aws:SourceArn": caller.sourceArn,
  };
  return WRITING.every((action) => {
    const deed = { action, resource, context: requestContext(world, { action, resource, region, values }) };
    const on = statements.filter((one) => applies(one, deed));
    return on.some(({ Effect }) => Effect === "Allow") && !on.some(({ Effect }) => Effect === "Deny");
  });
}

function aboutCaller({ policyDocument }: LogsResourcePolicy, caller: WritingService): Statement[] {
  return statementsOf(policyDocument).filter(({ Principal }) => {
    const services =
      Principal === "*" ? [caller.service] : [(Principal as { Service?: unknown } | undefined)?.Service].flat();
    return services.includes(caller.service);
  });
}
