import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  paginateListContainerInstances,
  type Resource,
} from "@aws-sdk/client-ecs";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";

/** What a task takes of its machine, or a machine has. */
export interface Size {
  /** CPU units, 1024 a core. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

/** The active container instances of a cluster. DescribeContainerInstances takes 100. */
export async function machinesIn({ ecs }: Aws, cluster: string): Promise<ContainerInstance[]> {
  const arns: string[] = [];
  const asked = { cluster, status: "ACTIVE" } as const;
  for await (const page of paginateListContainerInstances({ client: ecs }, asked))
    arns.push(...(page.containerInstanceArns ?? []));
  const answers = chunks(arns, 100).map((containerInstances) =>
    ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })),
  );
  return (await Promise.all(answers)).flatMap(({ containerInstances = [] }) => containerInstances);
}

/** What is left on a machine for further tasks. */
export function leftOn({ remainingResources = [] }: ContainerInstance): Size {
  return sizeOf(remainingResources);
}

/** What an empty machine has for tasks. */
export function wholeOf({ registeredResources = [] }: ContainerInstance): Size {
  return sizeOf(registeredResources);
}

/** E.g. `512 MiB and 1024 CPU units`. */
export function inWords({ cpu, memory }: Size): string {
  return `${memory} MiB and ${cpu} CPU units`;
}

function sizeOf(resources: readonly Resource[]): Size {
  return { cpu: amount(resources, "CPU"), memory: amount(resources, "MEMORY") };
}

function amount(resources: readonly Resource[], name: string): number {
  return resources.find((one) => one.name === name)?.integerValue ?? 0;
}
