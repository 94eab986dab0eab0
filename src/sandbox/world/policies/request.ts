import type { World } from "../world.ts";
import { type Context, contextOf, NotLookedAt, tagPairs, type Values } from "./context.ts";
import { resourceTagIn } from "./keys.ts";
import { tagsOfResource } from "./resource-tags.ts";

/** A request as far as conditions may ask about it, beside who makes it. */
export interface AuthorizedRequest {
  readonly action: string;
  /** ARN or `*`; absent: the sandbox does not work out what it is about. */
  readonly resource?: string | undefined;
  readonly region: string;
  /** Values of the service's own keys, and of the tags in the request; those of keys that it does not name are not looked at. */
  readonly values?: Values;
}

/** Keys of every request. */
const GLOBAL = /^aws:/;

/** What is known of a request, whoever makes it. */
export function requestContext(world: World, { action, resource, region, values = {} }: AuthorizedRequest): Context {
  const service = action.slice(0, action.indexOf(":"));
  const named = new Set(Object.keys(values).map((key) => key.toLowerCase()));
  const now = world.now();
  const known = contextOf({
    "aws:RequestedRegion": region,
    // All the ways to AWS are. Here they end on this computer.
    "aws:SecureTransport": "true",
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": `${Math.floor(now.getTime() / 1000)}`,
    "aws:ViaAWSService": "false",
    "aws:ResourceAccount": /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource ?? "")?.[1] ?? world.account,
    ...values,
  });
  return (key) => {
    const tag = resourceTagIn(key);
    if (tag !== undefined) return tagOf(world, resource, key, tag);
    if (GLOBAL.test(key) || named.has(key) || !key.startsWith(`${service}:`)) return known(key);
    throw new NotLookedAt(key);
  };
}

/** What is not there yet has no tags of its own. ("aws:ResourceTag/tag-key") */
function tagOf(world: World, resource: string | undefined, key: string, tag: string): string[] | undefined {
  if (resource === "*") return undefined;
  const tags = resource === undefined ? undefined : tagsOfResource(world, resource);
  if (!tags) throw new NotLookedAt(key);
  const found = tagPairs(tags).find(([name]) => name.toLowerCase() === tag);
  return found && [found[1]];
}
