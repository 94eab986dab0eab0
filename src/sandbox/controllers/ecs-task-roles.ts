import { ec2Service, ecsTasksService, mayAssume, refusalOf } from "../world/acting-roles.ts";
import { roleNameOf } from "../world/ec2/instance-profiles.ts";
import { publicAddressOf } from "../world/ec2/way-out.ts";
import { hostOf } from "../world/ecs/fargate.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { Values } from "../world/policies/context.ts";
import type { EcsTask, Role, TaskDefinition } from "../world/records.ts";
import { sessionArn } from "../world/role-sessions.ts";
import type { Region, World } from "../world/world.ts";
import { TaskFailure } from "./ecs-task-failure.ts";

/** The agent that starts a task, as somebody who acts with a role's rights. */
export interface Session {
  /** ARN, as registries name it. */
  readonly principal: string;
  /** Why it may not do something, in AWS's words; undefined: it may. @param values of the service's own condition keys */
  denial(action: string, resource: string, values?: Values): string | undefined;
}

/**
 * With whose rights the agent does what a task needs before it starts: those of its execution role, or of its instance.
 *
 * @throws TaskFailure if the execution role cannot be assumed ("task execution IAM role")
 */
export function agentSession(
  world: World,
  region: Region,
  task: EcsTask,
  { executionRoleArn: arn }: TaskDefinition,
): Session | undefined {
  const instanceId = instanceOf(region, task);
  if (arn !== undefined) {
    const id = nameIn(task.taskArn);
    return session(world, region, task, { role: assumable(world, region, id, arn), name: id });
  }
  const role = world.iam.roles.get(roleNameOf(world, region, instanceId) ?? "");
  const isAssumed = role && mayAssume(world, role, ec2Service(region.name, instanceId));
  return isAssumed ? session(world, region, task, { role, name: instanceId }) : undefined;
}

/**
 * The role of a task's containers; undefined: it has none.
 *
 * @throws TaskFailure if it cannot be assumed
 */
export function taskRole(
  world: World,
  region: Region,
  { taskArn }: EcsTask,
  { taskRoleArn }: TaskDefinition,
): Role | undefined {
  return taskRoleArn === undefined ? undefined : assumable(world, region, nameIn(taskArn), taskRoleArn);
}

/** The public address that a task's requests come from; undefined: it reaches nobody. */
export function sourceOf(region: Region, task: EcsTask): string | undefined {
  return publicAddressOf(region, instanceOf(region, task) || hostOf(task));
}

/** Id of the instance that a task is on; empty: it is on none. */
function instanceOf({ ecs }: Region, { containerInstanceArn = "" }: EcsTask): string {
  return ecs.containerInstances.get(containerInstanceArn)?.ec2InstanceId ?? "";
}

/** @param named by ARN or by name @throws TaskFailure */
function assumable(world: World, region: Region, taskId: string, named: string): Role {
  const role = world.iam.roles.find(({ Arn, RoleName }) => Arn === named || RoleName === named);
  if (role && mayAssume(world, role, ecsTasksService(world, region.name, taskId))) return role;
  throw new TaskFailure(
    `ECS was unable to assume the role '${named}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
  );
}

function session(world: World, region: Region, task: EcsTask, { role, name }: { role: Role; name: string }): Session {
  return {
    principal: sessionArn(world.account, role.RoleName, name),
    denial(action, resource, values) {
      const acting = { role, name, sourceIp: sourceOf(region, task) };
      const request = { action, resource, region: region.name, ...(values && { values }) };
      return refusalOf(world, acting, request);
    },
  };
}

/**
 * What AWS says to a session that may not do something; undefined: it may.
 *
 * @param values of the service's own condition keys
 */
export function denied(
  session: Session | undefined,
  action: string,
  resource: string,
  values?: Values,
): string | undefined {
  if (!session) return "NoCredentialProviders: no valid providers in chain. Deprecated.";
  const why = session.denial(action, resource, values);
  return why && `AccessDeniedException: ${why}`;
}
