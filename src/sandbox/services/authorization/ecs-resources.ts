import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import type { Input } from "./named-input.ts";
import { definitionArn } from "./task-definitions.ts";

/** Operations that are about the cluster itself. */
const OF_CLUSTERS =
  /^(CreateCluster|DeleteCluster|DescribeClusters|UpdateCluster(Settings)?|PutClusterCapacityProviders|DeregisterContainerInstance|ListContainerInstances)$/;
/** Those that no policy can narrow to what they are about. */
const UNSCOPED = /^(DeregisterTaskDefinition|DescribeTaskDefinition|\w+AccountSettings?(Default)?)$/;

/** ARNs, or what they end in, of what a call of ECS is about. (Service Authorization Reference, Amazon ECS) */
export function ecsResources(world: World, asked: Asked, input: Input, operation: string): readonly string[] {
  if (UNSCOPED.test(operation)) return ["*"];
  if (operation === "RegisterTaskDefinition") return [`task-definition/${input.family}:*`];
  if (operation === "RunTask") return [definitionArn(world, asked) ?? "*"];
  const found = OF_CLUSTERS.test(operation) ? clusters(input) : named(input);
  return found.length > 0 ? found : ["*"];
}

function clusters({ cluster, clusters: several, clusterName }: Input): string[] {
  return [several ?? cluster ?? clusterName ?? "default"].flat().map((name) => called("cluster", name));
}

/** What a call names in its input, by one of the members for that. */
function named(input: Input): string[] {
  const cluster = String(input.cluster ?? "default").replace(/^arn:.*:cluster\//, "");
  const arns = [
    input.resourceArn ?? input.serviceDeploymentArn ?? input.serviceDeploymentArns ?? input.serviceRevisionArns ?? [],
  ].flat();
  if (arns.length > 0) return arns;
  const of = (type: string, names: Input[string]) => [names ?? []].flat().map((name) => called(type, name));
  return (
    [
      of(`service/${cluster}`, input.service ?? input.serviceName ?? input.services),
      of(`task/${cluster}`, input.task ?? input.tasks),
      of(`container-instance/${cluster}`, input.containerInstances),
      of("capacity-provider", input.capacityProvider ?? input.capacityProviders ?? input.name),
      of("task-definition", input.taskDefinitions),
    ].find((some) => some.length > 0) ?? []
  );
}

/** Most things are called by their ARN, too. */
function called(type: string, name: string): string {
  return name.startsWith("arn:") ? name : `${type}/${name}`;
}
