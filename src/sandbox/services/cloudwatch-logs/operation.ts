import { coralError } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import type { LogGroup, LogStream } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { pageOf } from "../page.ts";

/** Operations of CloudWatch Logs; each file declares some. */
export type LogsOperations = Operations<typeof import("@aws-sdk/client-cloudwatch-logs")>;

/** How a request names a group. */
interface GroupNamed {
  readonly logGroupName?: string | undefined;
  /** Its name, or its ARN. */
  readonly logGroupIdentifier?: string | undefined;
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** The refusal of an input that the service's model does not allow. */
export function refuses(violations: Violations): AwsError {
  return coralError("InvalidParameterException", violations);
}

/** The refusal of a value that breaks a rule of the service's model. */
export function violation(member: string, value: unknown, rule: string): AwsError {
  return invalid(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ${rule}`,
  );
}

/** What AWS says of a group that is not there. */
export function noGroup(): AwsError {
  return new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
}

/** @throws AwsError if there is no such group in the region */
export function groupOf(world: World, region: string, { logGroupName, logGroupIdentifier }: GroupNamed): LogGroup {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
    throw invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.");
  }
  const group = findGroup(world, region, logGroupName ?? logGroupIdentifier ?? "");
  if (!group) throw noGroup();
  return group;
}

/** @param named a name or an ARN; undefined: there is no such group */
export function findGroup(world: World, region: string, named: string): LogGroup | undefined {
  const arn = `arn:aws:logs:${region}:${world.account}:log-group:`;
  return world.region(region).logs.groups.get(named.startsWith(arn) ? named.slice(arn.length) : named);
}

/** @throws AwsError if the group has no such stream */
export function streamOf(world: World, region: string, { logGroupName }: LogGroup, name = ""): LogStream {
  const stream = world.region(region).logs.streams.get(`${logGroupName}:${name}`);
  if (!stream) throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
  return stream;
}

/** Streams of a group, by name. */
export function streamsOf(world: World, region: string, { logGroupName }: LogGroup): LogStream[] {
  return world
    .region(region)
    .logs.streams.filter(({ hidden }) => hidden.logGroupName === logGroupName)
    .sort((one, other) => (one.logStreamName < other.logStreamName ? -1 : 1));
}

/** The answer to a token that is none, or not of this listing. */
export function invalidToken(): AwsError {
  return invalid("The specified nextToken is invalid.");
}

/** A page of a listing of groups or streams. */
export function paged<Item>(
  items: readonly Item[],
  { nextToken, limit }: { nextToken?: string | undefined; limit?: number | undefined },
  size: number,
): { items: Item[]; nextToken?: string } {
  const page = pageOf(items, { size: limit ?? size, token: nextToken, invalid: invalidToken });
  return { items: page.items, ...(page.next !== undefined && { nextToken: page.next }) };
}
