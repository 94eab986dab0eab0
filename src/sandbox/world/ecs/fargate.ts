import { randomUUID } from "node:crypto";
import type { EcsTask, TaskDefinition } from "../records.ts";
import type { Region, World } from "../world.ts";
import { nameIn } from "./names.ts";
import { taskOn } from "./new-task.ts";
import type { NoPlacement } from "./placement.ts";
import { fargateRuntimeId } from "./runtime-id.ts";
import { newProxy, type TaskProxy } from "./service-connect-proxy.ts";
import type { TaskOwner } from "./task-owner.ts";

/** The newest platform version, which LATEST stands for. (ECS Developer Guide, "Fargate platform versions") */
export const PLATFORM = { platformVersion: "1.4.0", platformFamily: "Linux" } as const;

/** A task on Fargate, in the subnet that has the fewest of its owner. There is always room, as far as the account's quota goes. */
export function fargateTask(
  world: World,
  region: Region,
  owner: TaskOwner,
  definition: TaskDefinition,
): EcsTask | NoPlacement {
  const { subnets = [], securityGroups = [], assignPublicIp } = owner.fargate ?? {};
  const subnet = emptiest(region, owner, subnets);
  const used = vcpusInUse(region);
  if (used + Number(definition.cpu) / 1024 > world.quotas.fargateVcpus) return { reason: QUOTA, lacks: [QUOTA_LACK] };
  const zone = subnet && region.ec2.subnets.get(subnet)?.AvailabilityZone;
  const network = {
    subnetId: subnet ?? "",
    groups: securityGroups.length > 0 ? securityGroups : defaultGroupOf(region, subnet),
    isPublic: assignPublicIp === "ENABLED",
  };
  const proxy = owner.connects && newProxy(owner.connects);
  const task = taskOn(world, region, owner, definition, {
    launched: {
      ...(zone !== undefined && { availabilityZone: zone }),
      attachments: [
        {
          id: randomUUID(),
          type: "ElasticNetworkInterface",
          status: "PRECREATED",
          details: [{ name: "subnetId", value: network.subnetId }],
        },
        ...(proxy ? [proxy.attachment] : []),
      ],
      connectivity: "CONNECTED",
      launchType: "FARGATE",
      ...PLATFORM,
      ephemeralStorage: { sizeInGiB: 20 },
    },
    network: () => ({ networkBindings: [], networkInterfaces: [] }),
    // Its address is known when its interface is there.
    targets: () => [],
    hidden: {
      network,
      loadBalancers: owner.loadBalancers.map((one) => ({ ...one })),
      ...(owner.connects && { connects: owner.connects.map((one) => ({ ...one })) }),
    },
  });
  return proxy ? withProxy(task, proxy) : task;
}

/** Beside the containers of its definition. */
function withProxy(task: EcsTask, { container }: TaskProxy): EcsTask {
  const [first] = task.containers;
  const containerArn = `${first?.containerArn?.replace(/[^/]+$/, "")}${randomUUID()}`;
  const runtimeId = fargateRuntimeId(task, container.name ?? "");
  return {
    ...task,
    containers: [...task.containers, { ...container, containerArn, taskArn: task.taskArn, runtimeId }],
  };
}

/** In the words of ECS's service events, and of RunTask's failures. */
const QUOTA =
  "was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.";
const QUOTA_LACK = {
  arn: "",
  reason: "You've reached the limit on the number of vCPUs you can run concurrently",
} as const;

/** vCPUs of all tasks on Fargate that have not ended. */
function vcpusInUse({ ecs }: Region): number {
  return ecs.tasks
    .filter(({ launchType, lastStatus }) => launchType === "FARGATE" && lastStatus !== "STOPPED")
    .reduce((sum, { cpu }) => sum + Number(cpu) / 1024, 0);
}

function emptiest({ ecs }: Region, { group, clusterArn }: TaskOwner, subnets: readonly string[]): string | undefined {
  const own = ecs.tasks.filter(
    (task) => task.group === group && task.clusterArn === clusterArn && task.desiredStatus === "RUNNING",
  );
  const count = (subnet: string) => own.filter(({ hidden }) => hidden.network?.subnetId === subnet).length;
  return subnets.toSorted((one, other) => count(one) - count(other))[0];
}

/** Where no group is named it is the VPC's own. (ecs:AwsVpcConfiguration, securityGroups) */
function defaultGroupOf({ ec2 }: Region, subnet: string | undefined): string[] {
  const vpc = ec2.subnets.get(subnet ?? "")?.VpcId;
  return ec2.securityGroups
    .filter(({ VpcId, GroupName }) => VpcId === vpc && GroupName === "default")
    .map(({ GroupId }) => GroupId);
}

/** What Fargate calls the machine of a task, which nobody sees. */
export function hostOf({ taskArn }: Pick<EcsTask, "taskArn">): string {
  return `fargate-${nameIn(taskArn)}`;
}
