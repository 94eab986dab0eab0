import type { AwsClients } from "../clients.ts";
import { explain } from "../errors.ts";
import { STACK_TAG, TASK_TAG, type Tags } from "../tags.ts";
import {
  acm,
  applicationAutoScaling,
  autoScaling,
  dynamodb,
  ecr,
  elbv2,
  eventBridge,
  logs,
  rds,
  rdsSnapshots,
  rdsSubnetGroups,
  route53,
  secretsManager,
  serviceDiscovery,
  ssm,
} from "./by-listing.ts";
import { ec2, stillThere } from "./ec2.ts";
import { ecs } from "./ecs.ts";
import { iam } from "./iam.ts";
import type { Confirm, Scan, Tagged } from "./scan.ts";

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
const SCANS = {
  ec2,
  rds,
  rdsSnapshots,
  rdsSubnetGroups,
  elbv2,
  autoScaling,
  applicationAutoScaling,
  ecs,
  ecr,
  route53,
  acm,
  iam,
  ssm,
  secretsManager,
  serviceDiscovery,
  dynamodb,
  logs,
  eventBridge,
} as const satisfies Readonly<Record<string, Scan>>;

/** What one scan looks through: a service, or a part of it that only a look at everything is worth. */
export type Service = keyof typeof SCANS;

/** Services whose things cost by the hour, and whose listings tell tags in a call or two. */
export const BILLED: readonly Service[] = ["ec2", "rds", "elbv2", "autoScaling"];

const ALL = Object.keys(SCANS) as Service[];

const GLOBAL: readonly string[] = ["iam", "route53"];

/** What a listing of tags names is asked for itself, before it is believed. */
const CONFIRMED: { readonly [Name in Service]?: Confirm } = { ec2: stillThere };

/** Where to look, and for what. */
export interface ScanOptions {
  /** Default: everywhere. */
  readonly services?: readonly Service[];
  /** Tells which of the things that are listed are of interest, so that no others are asked for. Default: all. */
  readonly only?: (thing: TaggedThing) => Promise<boolean>;
}

/**
 * Everything that carries the tag of a stack in a region, and of services without regions in all. Reads only, and shares its
 * listings with the tasks of the run; a service that refuses is told of and no failure.
 */
export async function taggedWith(
  clients: AwsClients,
  stack: string,
  { services = ALL, only = async () => true }: ScanOptions = {},
): Promise<TaggedScan> {
  const looks = await Promise.all(
    services.map(async (service) => {
      try {
        const found = await SCANS[service](clients, stack);
        const ours = found
          .filter(({ tags }) => tags[STACK_TAG] === stack)
          .map((thing) => named(clientOf(service), thing));
        const asked = await Promise.all(ours.map(only));
        const things = ours.filter((_, index) => asked[index]);
        return { things: (await CONFIRMED[service]?.(clients, things)) ?? things };
      } catch (error) {
        return { things: [], unseen: { service: clientOf(service), why: explain(error, undefined).why } };
      }
    }),
  );
  return { things: looks.flatMap(({ things }) => things), unseen: looks.flatMap(({ unseen }) => unseen ?? []) };
}

function clientOf(service: Service): string {
  return service.startsWith("rds") ? "rds" : service;
}

function named(service: string, { type, id, tags, partOf }: Tagged): TaggedThing {
  const global = GLOBAL.includes(service);
  return { service, type, id, task: tags[TASK_TAG], global, tags, ...(partOf === undefined ? {} : { partOf }) };
}
