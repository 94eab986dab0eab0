import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { findsInternet } from "../world/ec2/way-out.ts";
import { keepDigest, resolvedDigest } from "../world/ecs/service-deployments.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import { registryHost } from "../world/registry.ts";
import type { Region, World } from "../world/world.ts";
import { TaskFailure } from "./ecs-task-failure.ts";
import { interfaceOf } from "./ecs-task-interfaces.ts";
import { agentSession, denied, type Session } from "./ecs-task-roles.ts";

/** An image of the account's registry, as the agent is to pull it. */
export interface RegistryImage {
  readonly region: Region;
  readonly session: Session | undefined;
  /** Without tag and digest. */
  readonly name: string;
  /** `sha256:...` */
  readonly digest: string;
}

/**
 * What a container's image is in the account's registry; undefined: it is of another registry. A tag is looked up once per
 * deployment, and all its tasks run what it was then ("Container image resolution").
 *
 * @throws TaskFailure if it is not there, or the agent may not pull it
 */
export function registryImage(
  world: World,
  here: Region,
  task: EcsTask,
  definition: TaskDefinition,
  { name: container = "", image = "", versionConsistency }: ContainerDefinition,
): RegistryImage | undefined {
  const region = regionOf(world, image);
  if (!region) return undefined;
  const session = agentSession(world, here, task, definition);
  const noToken = denied(session, "ecr:GetAuthorizationToken", "*");
  if (noToken !== undefined) throw new TaskFailure(`CannotPullECRContainerError: ${noToken}`, container);
  const { name, repository, tag, digest: asked } = partsOf(image);
  const failed = (why: string) =>
    new TaskFailure(`CannotPullImageManifestError: Error response from daemon: ${why}`, container);
  const arn = `arn:aws:ecr:${region.name}:${world.account}:repository/${repository}`;
  const refused = denied(session, "ecr:BatchGetImage", arn);
  if (refused !== undefined) {
    const said = `denied: ${refused.replace("AccessDeniedException: ", "")}`;
    throw failed(`pull access denied for ${name}, repository does not exist or may require 'docker login': ${said}`);
  }
  const isConsistent = versionConsistency !== "disabled";
  const resolved = isConsistent ? resolvedDigest(here, task, container) : undefined;
  const digest = asked ?? resolved ?? digestOf(region, repository, tag);
  if (digest !== undefined) {
    if (isConsistent) keepDigest(here, task, container, image, digest);
    return { region, session, name, digest };
  }
  const isThere = region.ecr.repositories.get(repository) !== undefined;
  throw failed(
    isThere
      ? "manifest unknown: Requested image not found"
      : `name unknown: The repository with name '${repository}' does not exist in the registry with id '${world.account}'`,
  );
}

/**
 * Where a task on Fargate does not reach the registry, it is given up after five tries. (ECS Developer Guide, "Stopped tasks error
 * messages")
 *
 * @throws TaskFailure
 */
export function checkWayOut(region: Region, task: EcsTask, { name, image = "" }: ContainerDefinition): void {
  if (task.launchType !== "FARGATE") return;
  const own = interfaceOf(region, task);
  if (own && findsInternet(region, own)) return;
  const registry = image.slice(0, image.indexOf("/"));
  throw new TaskFailure(
    `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${image}: failed to do request: Head "https://${registry}/v2/": dial tcp: i/o timeout`,
    name,
  );
}

/** The region whose registry of this account an image is of. */
function regionOf(world: World, image: string): Region | undefined {
  const [, name = ""] = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\//.exec(image) ?? [];
  return image.startsWith(`${registryHost(world.account, name)}/`) ? world.region(name) : undefined;
}

function partsOf(image: string) {
  const [named = "", digest] = image.split("@");
  const [, name = named, tag = "latest"] = /^(.*?)(?::([\w][\w.-]*))?$/.exec(named) ?? [];
  return { name, repository: name.slice(name.indexOf("/") + 1), tag, digest };
}

function digestOf({ ecr }: Region, repository: string, tag: string): string | undefined {
  return ecr.images.find(({ repositoryName, imageTags }) => repositoryName === repository && imageTags.includes(tag))
    ?.imageDigest;
}
