import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, Role, TaskDefinition } from "../world/records.ts";
import { trusts, whyDenied } from "../world/role-permissions.ts";
import { sessionArn } from "../world/role-sessions.ts";
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
    return session(world, assumable(world, arn), nameIn(taskArn));
  }
  const instanceId = region.ecs.containerInstances.get(containerInstanceArn)?.ec2InstanceId ?? "";
  const role = world.iam.roles.get(roleNameOf(world, region, instanceId) ?? "");
  return role && session(world, role, instanceId);
}

/**
 * The role of a task's containers; undefined: it has none.
 *
 * @throws TaskFailure if it cannot be assumed
 */
export function taskRole(world: World, { taskRoleArn }: TaskDefinition): Role | undefined {
  return taskRoleArn === undefined ? undefined : assumable(world, taskRoleArn);
}

/** @param named by ARN or by name @throws TaskFailure */
function assumable({ iam }: World, named: string): Role {
  const role = iam.roles.find(({ Arn, RoleName }) => Arn === named || RoleName === named);
  if (role && trusts(role, "ecs-tasks.amazonaws.com")) return role;
  throw new TaskFailure(
    `ECS was unable to assume the role '${named}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
  );
}

function session({ account }: World, role: Role, name: string): Session {
  return { role, principal: sessionArn(account, role.RoleName, name) };
}

/** What AWS says to a session that may not do something; undefined: it may. */
export function denied(session: Session | undefined, action: string, resource: string): string | undefined {
  if (!session) return "NoCredentialProviders: no valid providers in chain. Deprecated.";
  const why = whyDenied(session.role, session.principal, action, resource);
  return why && `AccessDeniedException: ${why}`;
}
