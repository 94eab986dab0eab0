import {
  type CloudWatchLogsClient,
  DescribeResourcePoliciesCommand,
  type ResourcePolicy,
} from "@aws-sdk/client-cloudwatch-logs";
import { ownershipTags, STACK_TAG, TASK_TAG, type Tags } from "./tags.ts";

/** What lets other services write to log groups, of the whole account in the region: ten at most. (CloudWatch Logs quotas) */
export async function logPoliciesIn(logs: CloudWatchLogsClient): Promise<ResourcePolicy[]> {
  const found: ResourcePolicy[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await logs.send(new DescribeResourcePoliciesCommand({ nextToken }));
    found.push(...(answer.resourcePolicies ?? []));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  return found;
}

/**
 * Such a policy carries no tags, so whose it is stands in the id of its statement, which takes letters and digits only: `BiaInfra0Retail0EventsLogPolicy`
 * for the task `events-log-policy` of stack `retail`.
 */
export function sidOf(ownership: Tags): string {
  return ["BiaInfra", ownership[STACK_TAG] ?? "", ownership[TASK_TAG] ?? ""].map(inCapitals).join("0");
}

/** The tags that a policy would carry; none: it is not ours. */
export function ownershipIn(policyDocument: string): Tags {
  const sid = /"Sid"\s*:\s*"BiaInfra0([A-Za-z1-9]+)0([A-Za-z1-9]+)"/.exec(policyDocument);
  return sid ? ownershipTags(withHyphens(sid[1] ?? ""), withHyphens(sid[2] ?? "")) : {};
}

function inCapitals(name: string): string {
  return name.replace(/(?:^|-)([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

function withHyphens(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase();
}
