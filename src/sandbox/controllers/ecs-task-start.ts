import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import { registryHost } from "../world/registry.ts";
import type { Region, World } from "../world/world.ts";
import { allows, trusts } from "./role-permissions.ts";

/** Why the containers of a task cannot be started, in the words of the ECS agent; undefined: they can. */
export function whyNotStart(
  world: World,
  region: Region,
  task: EcsTask,
  definition: TaskDefinition,
): string | undefined {
  return whyNoSecrets(world, region, task, definition) ?? whyNoImages(world, region, task, definition);
}

/** Secrets are read by the execution role before anything else ("Pass Systems Manager parameters"). */
function whyNoSecrets(
  world: World,
  region: Region,
  { taskArn }: EcsTask,
  { containerDefinitions, executionRoleArn }: TaskDefinition,
): string | undefined {
  const names = containerDefinitions.flatMap(({ secrets = [] }) => secrets.flatMap(({ valueFrom }) => valueFrom ?? []));
  if (names.length === 0) return undefined;
  const failed = (why: string) =>
    `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: ${why}`;
  const role = roleOf(world, executionRoleArn);
  if (!role || !trusts(role, "ecs-tasks.amazonaws.com")) {
    return failed(`ECS was unable to assume the role '${executionRoleArn}' that was provided for this task.`);
  }
  const prefix = `arn:aws:ssm:${region.name}:${world.account}:parameter`;
  const arns = names.map((name) => (name.startsWith("arn:") ? name : `${prefix}/${name.replace(/^\//, "")}`));
  const forbidden = arns.find((arn) => !allows(role, "ssm:GetParameters", arn));
  if (forbidden !== undefined) {
    const session = `arn:aws:sts::${world.account}:assumed-role/${role.RoleName}/${nameIn(taskArn)}`;
    return failed(
      `service call has been retried 1 time(s): AccessDeniedException: User: ${session} is not authorized to perform: ssm:GetParameters on resource: ${forbidden} because no identity-based policy allows the ssm:GetParameters action`,
    );
  }
  const missing = arns
    .map((arn) => arn.slice(prefix.length))
    .filter((name) => !region.ssm.parameters.get(name) && !region.ssm.parameters.get(name.slice(1)));
  return missing.length === 0 ? undefined : failed(`invalid parameters: ${missing.join(", ")}`);
}

/** Images of registries that are not the account's are taken to be there. */
function whyNoImages(
  world: World,
  region: Region,
  task: EcsTask,
  { containerDefinitions, executionRoleArn }: TaskDefinition,
): string | undefined {
  const registry = `${registryHost(world.account, region.name)}/`;
  const ours = containerDefinitions.flatMap(({ image = "" }) => (image.startsWith(registry) ? image : []));
  const [first] = ours;
  if (first === undefined) return undefined;
  // Without an execution role the agent pulls with the role of its instance.
  const instanceId = region.ecs.containerInstances.get(task.containerInstanceArn ?? "")?.ec2InstanceId ?? "";
  const role =
    executionRoleArn === undefined
      ? world.iam.roles.get(roleNameOf(world, region, instanceId) ?? "")
      : roleOf(world, executionRoleArn);
  if (!role || !allows(role, "ecr:BatchGetImage")) {
    return `CannotPullECRContainerError: AccessDeniedException: the role of task ${task.taskArn} is not authorized to perform: ecr:BatchGetImage on ${first}`;
  }
  const missing = ours.find((image) => !hasImage(region, image.slice(registry.length)));
  return missing === undefined
    ? undefined
    : `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${missing}: ${missing}: not found`;
}

function hasImage({ ecr }: Region, reference: string): boolean {
  const [named = "", digest] = reference.split("@");
  const [repository = "", tag = "latest"] = named.split(":");
  return ecr.images
    .filter(({ repositoryName }) => repositoryName === repository)
    .some(({ imageDigest, imageTags }) => (digest === undefined ? imageTags.includes(tag) : imageDigest === digest));
}

function roleOf(world: World, arn: string | undefined) {
  return world.iam.roles.find(({ Arn }) => Arn === arn);
}
