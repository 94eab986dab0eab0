import { DescribeScalingActivitiesCommand, ListTagsForResourceCommand } from "@aws-sdk/client-application-auto-scaling";
import { ListServiceDeploymentsCommand } from "@aws-sdk/client-ecs";
import { DescribeDBEngineVersionsCommand, DescribeOrderableDBInstanceOptionsCommand } from "@aws-sdk/client-rds";
import { expect } from "vitest";
import { STACK_TAG } from "../../../src/aws/tags.ts";
import type { AnyTask, Stack } from "../../../src/engine/task.ts";
import { type AnyKind, blindFor, withAnswers } from "./stand-in.ts";

/** What moto cannot do for a task of a stack. Only these tests know moto; the product takes it for an AWS that refuses. */
interface Shortcoming {
  /** What the product says of it; absent: it is not put to the test, see there. */
  readonly cause?: RegExp;
  /** The task is not done by calls of moto's: it runs a script on a machine, or asks for what moto does not implement. */
  readonly countsAsDone?: true;
  /** The task's kind with a way around it, so that all that depends on the task is still tried. */
  readonly around: (kind: AnyKind) => AnyKind;
}

/** moto answers an HTML page to a call that it does not implement. */
const NO_ANSWER = /not an answer of AWS \(HTTP 500\)/;

/** What counts as done in this form. */
function done(actual: object, cause?: RegExp): Shortcoming {
  const around = ({ type }: AnyKind): AnyKind => ({ type, find: async () => actual });
  return { ...(cause && { cause }), countsAsDone: true, around };
}

/** moto keeps the description of a rule whose source is a group, and DescribeSecurityGroupRules does not show it. */
const UNDESCRIBED: Shortcoming = {
  cause: /still: changed; waiting for AWS to show it/,
  around: (kind) => blindFor(kind, /^description of ingress/),
};

/** moto does not implement rds:DescribeDBEngineVersions, and knows no options of an instance of PostgreSQL or of MySQL 8.4. */
function unversioned(version: string, storage: string): Shortcoming {
  const option = { StorageType: storage, Vpc: true, AvailabilityZones: [{ Name: "us-east-1a" }] };
  const answers = (command: object) => {
    if (command instanceof DescribeDBEngineVersionsCommand) return { DBEngineVersions: [{ EngineVersion: version }] };
    if (command instanceof DescribeOrderableDBInstanceOptionsCommand) return { OrderableDBInstanceOptions: [option] };
    return undefined;
  };
  return { cause: NO_ANSWER, around: (kind) => withAnswers(kind, "rds", answers) };
}

/**
 * moto starts no tasks of a service, so it registers no targets either. It does not implement ecs:ListServiceDeployments. It names
 * launch type EC2 beside a strategy, which AWS does only without one (ecs:Service, launchType). And it forgets what it was told of Service
 * Connect, which AWS shows of each deployment (ecs:Deployment, serviceConnectConfiguration).
 */
const NO_TASKS: Shortcoming = {
  cause: NO_ANSWER,
  around: (kind) => {
    const answers = (command: object) =>
      command instanceof ListServiceDeploymentsCommand ? { serviceDeployments: [] } : undefined;
    const { pending: _, ...still } = withAnswers(kind, "ecs", answers);
    return blindFor(still, /^(capacityProviderStrategy|serviceConnectConfiguration)$/);
  },
};

/** moto knows neither the tags of scalable targets nor the activities of scaling. */
const UNTAGGED: Shortcoming = {
  cause: NO_ANSWER,
  around: (kind) =>
    withAnswers(kind, "applicationAutoScaling", (command) => {
      if (command instanceof ListTagsForResourceCommand) return { Tags: { [STACK_TAG]: "retail" } };
      if (command instanceof DescribeScalingActivitiesCommand) return { ScalingActivities: [] };
      return undefined;
    }),
};

/** Tasks by id, each before those that need it. */
const OF_BIA: Readonly<Record<string, Shortcoming>> = {
  // moto's machines have no agent (ssm:DescribeInstanceInformation is not implemented), so nobody runs scripts on them.
  "dev-ready": done({}, NO_ANSWER),
  "dev-app-source": done({ wanted: "0123456789abcdef" }, NO_ANSWER),
  // Not put to the test: they ask the machine's public address, which is a stranger's.
  "dev-app": done({}),
  "dev-database": done({}),
  "ec2-security-group": UNDESCRIBED,
  "db-security-group": UNDESCRIBED,
  "db-instance": unversioned("16.14", "gp2"),
  "first-image": done({}, NO_ANSWER),
  "rds-database": done({}, NO_ANSWER),
  service: NO_TASKS,
};

const OF_RETAIL: Readonly<Record<string, Shortcoming>> = {
  "ui-security-group": UNDESCRIBED,
  "ui-service": NO_TASKS,
  "ui-scalable-target": UNTAGGED,
  "ui-scaling-policy": UNTAGGED,
  "assets-security-group": UNDESCRIBED,
  "assets-service": NO_TASKS,
  "catalog-security-group": UNDESCRIBED,
  "catalog-database-group": UNDESCRIBED,
  "catalog-database": unversioned("8.4.8", "gp3"),
  "catalog-service": NO_TASKS,
  "ui-links": NO_TASKS,
  // moto does not implement ecs:UpdateClusterSettings.
  "container-insights": done({}, NO_ANSWER),
  "carts-security-group": UNDESCRIBED,
  "carts-service": NO_TASKS,
  "ui-carts-link": NO_TASKS,
};

/** What moto cannot do for the tasks of a stack, by their ids. */
export const SHORTCOMINGS = { bia: OF_BIA, retail: OF_RETAIL } as const;

/** Ids of the tasks of a stack that count as done. */
export function countedAsDone(stack: keyof typeof SHORTCOMINGS): string[] {
  return Object.entries(SHORTCOMINGS[stack]).flatMap(([id, { countsAsDone }]) => (countsAsDone ? [id] : []));
}

/** What the product's last scan cannot look at: moto fails at ecs:DescribeCapacityProviders without names (HTTP 500). */
export const UNSEEN = [{ service: "ecs", why: expect.stringMatching(NO_ANSWER) }];

/**
 * What moto calls addresses and NAT gateways in DescribeTags; AWS says `elastic-ip` and `natgateway` (ec2:ResourceType). It goes on listing
 * the tags of those that are deleted, and of a type that AWS has not the product believes the listing.
 */
export const MISNAMED = ["vpc elastic ip", "nat gateway"];

/** The tasks of a stack. */
export function tasksOf({ stages }: Stack): readonly AnyTask[] {
  return stages.flatMap(({ tasks }) => tasks);
}

/** A stack with a way around what moto cannot do: for all of its tasks, or for all but one. */
export function aroundMoto(stack: Stack, but?: string): Stack {
  const shortcomings = SHORTCOMINGS[stack.name as keyof typeof SHORTCOMINGS];
  for (const task of tasksOf(stack)) {
    const shortcoming = shortcomings[task.id];
    // Tasks refer to each other as objects, so the one that stands in must be the same object.
    if (shortcoming && task.id !== but) Object.assign(task, { kind: shortcoming.around(task.kind) });
  }
  return stack;
}
