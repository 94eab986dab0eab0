import type { Resource, ContainerInstance as WireInstance } from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import { freeOn, tasksOn } from "../../world/ecs/capacity.ts";
import { nameIn } from "../../world/ecs/names.ts";
import type { Cluster, ContainerInstance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { isPending } from "./cluster-shape.ts";
import { arnOf, clusterOf, type EcsOperations, invalid, paged } from "./operation.ts";

const MOST_INSTANCES = 100;

/** Machines on which tasks run. They register themselves. */
export function containerInstanceOperations(world: World): EcsOperations {
  return {
    ListContainerInstances: {
      accepts: ["cluster", "status", "nextToken", "maxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const all = instancesOf(region, clusterOf(region, input.cluster));
        const found = all.filter(({ status }) => (input.status ? status === input.status : status !== "INACTIVE"));
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { containerInstanceArns: items.map(({ containerInstanceArn }) => containerInstanceArn), ...rest };
      },
    },

    DescribeContainerInstances: {
      accepts: ["cluster", "containerInstances", "include"],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const { containerInstances: asked = [], include = [] } = input;
        if (asked.length === 0) throw invalid("Container instances cannot be empty.");
        if (asked.length > MOST_INSTANCES) throw invalid(`At most ${MOST_INSTANCES} can be described at once.`);
        if (include.some((field) => field !== "TAGS")) throw notEmulated("the health of container instances");
        const found = asked.map((one) => ({ one, instance: find(region, cluster, one) }));
        return {
          containerInstances: found.flatMap(({ instance }) =>
            instance ? shape(region, instance, include.includes("TAGS")) : [],
          ),
          failures: found.flatMap(({ one, instance }) =>
            instance ? [] : { arn: instanceArn(region, account, cluster, one), reason: "MISSING" },
          ),
        };
      },
    },

    UpdateContainerInstancesState: {
      accepts: ["cluster", "containerInstances", "status"],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, input.cluster);
        const { containerInstances: asked = [], status = "ACTIVE" } = input;
        if (status !== "ACTIVE" && status !== "DRAINING") {
          throw invalid("Container instance status should be one of [ACTIVE, DRAINING].");
        }
        const found = asked.map((one) => ({ one, instance: find(region, cluster, one) }));
        return {
          containerInstances: found.flatMap(({ instance }) =>
            instance ? shape(region, region.ecs.containerInstances.put({ ...instance, status }), false) : [],
          ),
          failures: found.flatMap(({ one, instance }) =>
            instance ? [] : { arn: instanceArn(region, account, cluster, one), reason: "MISSING" },
          ),
        };
      },
    },

    DeregisterContainerInstance: {
      accepts: ["cluster", "containerInstance", "force"],
      handle({ cluster: asked, containerInstance = "", force = false }, { region: name }) {
        const region = world.region(name);
        const cluster = clusterOf(region, asked);
        const instance = find(region, cluster, containerInstance);
        if (!instance) throw invalid("Referenced container instance not found.");
        if (!force && tasksOn(region, instance.containerInstanceArn).length > 0) {
          throw invalid("Found running tasks on the instance.");
        }
        const described = shape(region, { ...instance, status: "INACTIVE" }, false);
        region.ecs.containerInstances.delete(instance.containerInstanceArn);
        return { containerInstance: described };
      },
    },
  };
}

function instancesOf({ ecs }: Region, { clusterArn }: Cluster): ContainerInstance[] {
  return ecs.containerInstances.filter(({ hidden }) => hidden.clusterArn === clusterArn);
}

function find(region: Region, cluster: Cluster, asked: string): ContainerInstance | undefined {
  return instancesOf(region, cluster).find(
    ({ containerInstanceArn }) => nameIn(containerInstanceArn) === nameIn(asked),
  );
}

function instanceArn(region: Region, account: string, { clusterName }: Cluster, asked: string): string {
  return arnOf(region, account, `container-instance/${clusterName}/${nameIn(asked)}`);
}

function shape(region: Region, instance: ContainerInstance, withTags: boolean): WireInstance {
  const { hidden: _hidden, tags, ...rest } = instance;
  const tasks = tasksOn(region, instance.containerInstanceArn);
  return {
    ...rest,
    remainingResources: remaining(region, instance),
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => isPending(lastStatus)).length,
    tags: withTags ? tags : [],
  };
}

function remaining(region: Region, instance: ContainerInstance): Resource[] {
  const { cpu, memory, taken } = freeOn(region, instance);
  const portsOf = (protocol: string) => taken.flatMap((one) => (one.protocol === protocol ? String(one.port) : []));
  return instance.registeredResources.map((resource) => {
    switch (resource.name) {
      case "CPU":
        return { ...resource, integerValue: cpu };
      case "MEMORY":
        return { ...resource, integerValue: memory };
      case "PORTS":
        return { ...resource, stringSetValue: portsOf("tcp") };
      default:
        return { ...resource, stringSetValue: portsOf("udp") };
    }
  });
}
