import { randomInt } from "node:crypto";
import { coralError } from "../../wire/coral.ts";
import { AwsError, type Operations, type Violations } from "../../wire/service.ts";
import { type DnsChange, type HostedZone, withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";

/** Operations of Route 53; each file declares some. */
export type Route53Operations = Operations<typeof import("@aws-sdk/client-route-53")>;

/** The refusal of an input that Route 53's model does not allow. */
export function refuses(violations: Violations): AwsError {
  return coralError("InvalidInput", violations);
}

const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** A new id as Route 53 forms them: a letter for the sort (`Z` zone, `C` change) and 20 letters and digits. */
export function newDnsId(sort: "Z" | "C"): string {
  return sort + Array.from({ length: 20 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join("");
}

/** What Route 53 says to values that it does not take. */
export function invalidInput(message: string): AwsError {
  return new AwsError("InvalidInput", message);
}

/** @throws AwsError if there is no such zone, or it was made only now and Route 53 does not know it everywhere */
export function zoneOf(world: World, id: string | undefined): HostedZone {
  const bare = withoutPrefix(id ?? "");
  const zone = world.route53.hostedZones.get(bare);
  if (!zone || isAhead(world, zone.hidden.visibleAt))
    throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${bare}`);
  return zone;
}

/**
 * A zone that is about to be changed.
 *
 * @throws AwsError as `zoneOf`, and while Route 53 is still making it (route53:ChangeTagsForResource, PriorRequestNotComplete)
 */
export function zoneToChange(world: World, id: string | undefined): HostedZone {
  const zone = zoneOf(world, id);
  if (!isAhead(world, zone.hidden.madeAt)) return zone;
  const message = "The request was rejected because Route 53 was still processing a prior request.";
  throw new AwsError("PriorRequestNotComplete", message);
}

function isAhead(world: World, time: Date | undefined): boolean {
  return time !== undefined && time > world.now();
}

/** Notes a change that is on its way to the name servers. */
export function newChange(world: World, Comment?: string): DnsChange {
  return world.route53.changes.put({
    Id: `/change/${newDnsId("C")}`,
    Status: "PENDING",
    SubmittedAt: world.now(),
    ...(Comment !== undefined && { Comment }),
  });
}

/** How many items a page has. Route 53 answers with fewer than asked for if its own limit is lower. */
export function itemsInPage(asked: number | undefined, usual: number, most: number): number {
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1)) {
    throw invalidInput(`The value ${asked} for MaxItems is not a positive number.`);
  }
  return Math.min(asked ?? usual, most);
}
