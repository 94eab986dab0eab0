import {
  type ContainerInstance,
  type Deployment,
  DescribeContainerInstancesCommand,
  type Service as EcsService,
  paginateListContainerInstances,
} from "@aws-sdk/client-ecs";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";
import { revisionOf } from "./revisions.ts";

/** That ECS finds no machine for a task. */
export interface Unplaced {
  /** In ECS's words. */
  readonly why: string;
  /** What a person can do. */
  readonly next: string;
  /** No machine of the cluster is large enough, even without anything else on it. */
  readonly isHopeless: boolean;
}

/** What to do, by the words of ECS's events. (ECS Developer Guide, "Amazon ECS service event messages") */
const REMEDIES: readonly { readonly words: RegExp; readonly next: string }[] = [
  {
    words: /insufficient (memory|CPU)/i,
    next: "Let the container take less (taskDefinition.container.memory and .cpu in the variables), or give the cluster more or larger machines (autoScalingGroup, launchTemplate.instanceType).",
  },
  {
    words: /already using a port/i,
    next: "Let each task have a port of its own: taskDefinition.container.hostPort 0 in the variables.",
  },
  {
    words: /limit on the number of vCPUs/i,
    next: "The account's quota of vCPUs on Fargate is full: let the tasks take less (cpu in the variables), stop those that are not needed, or ask for more in the console under Service Quotas, AWS Fargate, Fargate On-Demand vCPU resource count (L-3032A538).",
  },
  {
    words: /No Container Instances/i,
    next: "No machine is in the cluster: `bia-infra create --all` makes what is missing, `bia-infra status` says how it is.",
  },
];

/**
 * Why the tasks of a service's primary deployment find no place; undefined: they do, or ECS has not said so since it began.
 *
 * @param events newest first
 */
export async function unplacedOf(
  aws: Aws,
  { clusterArn = "", desiredCount = 0 }: EcsService,
  { createdAt, runningCount = 0, pendingCount = 0, taskDefinition = "" }: Deployment,
  events: readonly { readonly at: Date | undefined; readonly text: string }[],
): Promise<Unplaced | undefined> {
  if (runningCount + pendingCount >= desiredCount) return undefined;
  const last = events.find(
    ({ at, text }) => at && createdAt && at >= createdAt && /unable to place|has started/.test(text),
  );
  if (!last || !/unable to place/.test(last.text)) return undefined;
  const next =
    REMEDIES.find(({ words }) => words.test(last.text))?.next ?? "`bia-infra status` says how the cluster is.";
  return { why: last.text, next, isHopeless: await isTooLarge(aws, clusterArn, taskDefinition) };
}

/** Whether a task of this revision takes more than any machine has in all. */
async function isTooLarge(aws: Aws, cluster: string, revision: string): Promise<boolean> {
  const [{ definition } = {}, machines] = await Promise.all([revisionOf(aws, revision), machinesOf(aws, cluster)]);
  const { containerDefinitions = [] } = definition ?? {};
  const sum = (of: (one: (typeof containerDefinitions)[number]) => number | undefined) =>
    containerDefinitions.reduce((total, one) => total + (of(one) ?? 0), 0);
  const memory = Number(definition?.memory ?? sum((one) => one.memoryReservation ?? one.memory));
  const cpu = Number(definition?.cpu ?? sum((one) => one.cpu));
  const fits = machines.some((one) => registered(one, "MEMORY") >= memory && registered(one, "CPU") >= cpu);
  return machines.length > 0 && !fits;
}

async function machinesOf({ ecs }: Aws, cluster: string): Promise<ContainerInstance[]> {
  const arns: string[] = [];
  for await (const page of paginateListContainerInstances({ client: ecs }, { cluster }))
    arns.push(...(page.containerInstanceArns ?? []));
  const answers = chunks(arns, 100).map((containerInstances) =>
    ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })),
  );
  return (await Promise.all(answers)).flatMap(({ containerInstances = [] }) => containerInstances);
}

function registered({ registeredResources = [] }: ContainerInstance, name: string): number {
  return registeredResources.find((one) => one.name === name)?.integerValue ?? 0;
}
