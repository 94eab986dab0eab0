import type { Clients } from "../clients.ts";
import { explain } from "../errors.ts";
import { STACK_TAG, TASK_TAG, type Tags } from "../tags.ts";
import { acm, autoScaling, ecr, elbv2, rds, route53, ssm } from "./by-listing.ts";
import { ec2 } from "./ec2.ts";
import { ecs } from "./ecs.ts";
import { iam } from "./iam.ts";
import type { Scan, Tagged } from "./scan.ts";

/** A thing that carries the tag of a stack. */
export interface TaggedThing {
  /** As the SDK's client is called, e.g. `elbv2`. */
  readonly service: string;
  readonly type: string;
  readonly id: string;
  /** Id of the task that it was made for; undefined: its tag is gone. */
  readonly task: string | undefined;
  /** Of a service without regions: its things of all regions' stacks are listed. */
  readonly global: boolean;
  readonly tags: Tags;
  /** Id or name of what it goes with. */
  readonly partOf?: string;
}

/** What a look at all services found. */
export interface TaggedScan {
  readonly things: readonly TaggedThing[];
  /** Services that did not let us look, and why. */
  readonly unseen: readonly { readonly service: string; readonly why: string }[];
}

/**
 * One scan a service, because every one tells tags in its own way. (resourcegroupstaggingapi:GetResources would be one call
 * for most of them, but IAM roles are not among what it lists.)
 */
const SCANS = { ec2, rds, elbv2, autoScaling, ecs, ecr, route53, acm, iam, ssm } as const satisfies Readonly<
  Record<string, Scan>
>;

/** As in `TaggedThing`. */
export type Service = keyof typeof SCANS;

/** Services whose things cost by the hour, and whose listings tell tags in a call or two. */
export const BILLED: readonly Service[] = ["ec2", "rds", "elbv2", "autoScaling"];

const ALL = Object.keys(SCANS) as Service[];

const GLOBAL: readonly string[] = ["iam", "route53"];

/** Everything that carries the tag of a stack in a region, and of services without regions in all. Reads only; a service that refuses is told of and no failure. */
export async function taggedWith(
  clients: Clients,
  stack: string,
  services: readonly Service[] = ALL,
): Promise<TaggedScan> {
  const looks = await Promise.all(
    services.map(async (service) => {
      try {
        const found = await SCANS[service](clients, stack);
        return { things: found.filter(({ tags }) => tags[STACK_TAG] === stack).map((thing) => named(service, thing)) };
      } catch (error) {
        return { things: [], unseen: { service, why: explain(error, undefined).why } };
      }
    }),
  );
  return { things: looks.flatMap(({ things }) => things), unseen: looks.flatMap(({ unseen }) => unseen ?? []) };
}

function named(service: string, { type, id, tags, partOf }: Tagged): TaggedThing {
  const global = GLOBAL.includes(service);
  return { service, type, id, task: tags[TASK_TAG], global, tags, ...(partOf === undefined ? {} : { partOf }) };
}
