import { type LogGroup, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import type { Clients } from "./clients.ts";

/** The log group of this name; AWS lists those whose names begin with it, too. Undefined: there is none. */
export async function logGroupNamed(
  { logs: client }: Pick<Clients, "logs">,
  name: string,
): Promise<LogGroup | undefined> {
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: name })) {
    const found = logGroups.find(({ logGroupName }) => logGroupName === name);
    if (found) return found;
  }
  return undefined;
}

/** Its ARN as the calls for tags take it: without the `:*` that stands at its end elsewhere. */
export function plainArnOf({ logGroupArn, arn = "" }: LogGroup): string {
  return logGroupArn ?? arn.replace(/:\*$/, "");
}
