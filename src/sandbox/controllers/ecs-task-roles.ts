import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, Role, TaskDefinition } from "../world/records.ts";
import { allows, denial, trusts } from "../world/role-permissions.ts";
import type { Region, World } from "../world/world.ts";
import { TaskFailure } from "./ecs-task-failure.ts";

/** Somebody who acts with a role's rights. */
export interface Session {
  readonly role: Role;
  /** ARN, as refusals and registries name it. */
  readonly principal: string;
}

/**
 * With whose rights the agent does what a task needs before it starts: those of its execution role, or of its instance.
 *
 * @throws TaskFailure if the execution role cannot be assumed ("task execution IAM role")
 */
export function agentSession(
  world: World,
  region: Region,
  { taskArn, containerInstanceArn = "" }: EcsTask,
  { executionRoleArn: arn }: TaskDefinition,
): Session | undefined {
  if (arn !== undefined) {
    const role = world.iam.roles.find(({ Arn }) => Arn === arn);
    if (role && trusts(role, "ecs-tasks.amazonaws.com")) return session(world, role, nameIn(taskArn));
    throw new TaskFailure(
      `ECS was unable to assume the role '${arn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    );
  }
  const instanceId = region.ecs.containerInstances.get(containerInstanceArn)?.ec2InstanceId ?? "";
  const role = world.iam.roles.get(roleNameOf(world, region, instanceId) ?? "");
  return role && session(world, role, instanceId);
}

function session({ account }: World, role: Role, name: string): Session {
  return { role, principal: `arn:aws:sts::${account}:assumed-role/${role.RoleName}/${name}` };
}

/** What AWS says to a session that may not do something; undefined: it may. */
export function denied(session: Session | undefined, action: string, resource: string): string | undefined {
  if (!session) return "NoCredentialProviders: no valid providers in chain. Deprecated.";
  if (allows(session.role, action, resource)) return undefined;
  return `AccessDeniedException: ${denial(session.principal, action, resource)}`;
}
