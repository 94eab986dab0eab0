import {
  DescribeDBEngineVersionsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { expect } from "vitest";
import type { Aws } from "../../../src/aws/clients.ts";
import type { Change } from "../../../src/engine/event.ts";
import type { AnyTask, Kind } from "../../../src/engine/task.ts";

// biome-ignore lint/suspicious/noExplicitAny: a stand-in is for kinds of all types
type AnyKind = Kind<any, any, Aws>;

/** What moto cannot do for a task of the stack. Only these tests know moto; the product takes it for an AWS that refuses. */
interface Shortcoming {
  /** What the product says of it; absent: it is not put to the test, see there. */
  readonly cause?: RegExp;
  /** The task is done by a script on a machine. */
  readonly runsScript?: true;
  /** The task's kind with a way around it, so that all that depends on the task is still tried. */
  readonly around: (kind: AnyKind) => AnyKind;
}

/** moto answers an HTML page to a call that it does not implement. */
const NO_ANSWER = /not an answer of AWS \(HTTP 500\)/;

/**
 * Nobody runs scripts on moto's machines, which have no agent (ssm:DescribeInstanceInformation is not implemented): what
 * would have been done counts as done.
 */
function done(actual: object, cause?: RegExp): Shortcoming {
  const around = ({ type }: AnyKind): AnyKind => ({ type, find: async () => actual });
  return { ...(cause && { cause }), runsScript: true, around };
}

/** moto keeps the description of a rule whose source is a group, and DescribeSecurityGroupRules does not show it. */
const UNDESCRIBED: Shortcoming = {
  cause: /still: changed; waiting for AWS to show it/,
  around: (kind) => ({
    ...kind,
    diff: (desired, actual) =>
      (kind.diff?.(desired, actual) ?? []).filter(({ field }: Change) => !field.startsWith("description of ingress")),
  }),
};

/** moto does not implement rds:DescribeDBEngineVersions, and knows no options of an instance of PostgreSQL. */
const UNVERSIONED: Shortcoming = {
  cause: NO_ANSWER,
  around: (kind) => ({
    ...kind,
    create: async (aws, desired, note) => kind.create?.(withRds(aws, knowingVersions(aws.rds)), desired, note),
  }),
};

/**
 * moto starts no tasks, so it registers no targets either. And it names launch type EC2 beside the strategy, which AWS does
 * only without one (ecs:Service, launchType).
 */
const NO_TASKS: Shortcoming = {
  cause: /0 of 2 tasks running, 0 of 2 targets healthy/,
  around: ({ pending: _, ...kind }) => ({
    ...kind,
    diff: (desired, actual) =>
      (kind.diff?.(desired, actual) ?? []).filter(({ field }: Change) => field !== "capacityProviderStrategy"),
  }),
};

/** Tasks by id, each before those that need it. */
export const SHORTCOMINGS: Readonly<Record<string, Shortcoming>> = {
  "dev-ready": done({}, NO_ANSWER),
  "dev-app-source": done({ wanted: "0123456789abcdef" }, NO_ANSWER),
  // Not put to the test: they ask the machine's public address, which is a stranger's.
  "dev-app": done({}),
  "dev-database": done({}),
  "ec2-security-group": UNDESCRIBED,
  "db-security-group": UNDESCRIBED,
  "db-instance": UNVERSIONED,
  "first-image": done({}, NO_ANSWER),
  "rds-database": done({}, NO_ANSWER),
  service: NO_TASKS,
};

/** What the product's last scan cannot look at: moto fails at ecs:DescribeCapacityProviders without names (HTTP 500). */
export const UNSEEN = [{ service: "ecs", why: expect.stringMatching(NO_ANSWER) }];

/** Passes over what moto cannot do: in all tasks of a stack, or in all but one. */
export function around(tasks: readonly AnyTask[], but?: string): void {
  for (const task of tasks) {
    const shortcoming = SHORTCOMINGS[task.id];
    // Tasks refer to each other as objects, so the one that stands in must be the same object.
    if (shortcoming && task.id !== but) Object.assign(task, { kind: shortcoming.around(task.kind) });
  }
}

function withRds(aws: Aws, rds: RDSClient): Aws {
  return Object.create(aws, { rds: { value: rds } });
}

/** A client that knows what can be created. */
function knowingVersions(rds: RDSClient): RDSClient {
  const option = { StorageType: "gp2", Vpc: true, AvailabilityZones: [{ Name: "us-east-1a" }] };
  const send = async (command: object, ...rest: unknown[]) => {
    if (command instanceof DescribeDBEngineVersionsCommand) return { DBEngineVersions: [{ EngineVersion: "16.14" }] };
    if (command instanceof DescribeOrderableDBInstanceOptionsCommand) return { OrderableDBInstanceOptions: [option] };
    return Reflect.apply(rds.send, rds, [command, ...rest]);
  };
  return Object.create(rds, { send: { value: send } });
}
