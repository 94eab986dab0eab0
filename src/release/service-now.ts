import type { Aws } from "../aws/clients.ts";
import { STACK_TAG, VERSION_TAG } from "../aws/tags.ts";
import { Explained } from "../engine/errors.ts";
import type { ServiceNames } from "../engine/task.ts";
import { numberIn, revisionOf } from "../kinds/ecs/revisions.ts";
import { noService } from "../kinds/ecs/rollout.ts";
import { type Rollout, rolloutOf, servingIn } from "../kinds/ecs/rollout-reads.ts";

/** A revision that a service is or was on. */
export interface Serving {
  /** ARN. */
  readonly arn: string;
  readonly number: string;
  /** What the version is called; undefined: no release has made the revision. */
  readonly version: string | undefined;
}

/** A service as it is before something is done about it. */
export interface ServiceNow {
  readonly rollout: Rollout;
  /** What serves; undefined: no version ever came to serve. */
  readonly serving: Serving | undefined;
}

/**
 * Looks at a service that is ours to change.
 *
 * @throws {Explained} it is not there, or somebody else made it
 */
export async function serviceNow(aws: Aws, service: ServiceNames): Promise<ServiceNow> {
  const rollout = await rolloutOf(aws, service);
  if (!rollout) throw noService(service);
  if (rollout.tags[STACK_TAG] !== aws.stack) throw notOurs(service);
  const arn = servingIn(rollout);
  return { rollout, serving: arn === undefined ? undefined : await servingOn(aws, arn) };
}

/** Whether nothing of a former deployment can answer any more: no task of it is there, and no target is leaving. */
export async function isAlone(aws: Aws, service: ServiceNames): Promise<boolean> {
  const { former = [], targets } = (await rolloutOf(aws, service)) ?? {};
  return former.every(({ running, pending }) => running + pending === 0) && (targets?.draining ?? 0) === 0;
}

/** A revision with the name of its version. */
export async function servingOn(aws: Aws, arn: string): Promise<Serving> {
  return { arn, number: numberIn(arn), version: (await revisionOf(aws, arn))?.tags[VERSION_TAG] };
}

/** E.g. `revision 4 (v2)`. */
export function inWords({ number, version }: Serving): string {
  return version === undefined ? `revision ${number}` : `revision ${number} (${version})`;
}

function notOurs({ name }: ServiceNames): Explained {
  return new Explained(
    `service ${name} was not made by bia-infra, and is left as it is`,
    "Take it over with `bia-infra create --all --adopt`, then run the same command again.",
  );
}
