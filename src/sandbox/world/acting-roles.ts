import { NotLookedAt } from "./policies/context.ts";
import { principalContext } from "./policies/principal.ts";
import { type AuthorizedRequest, requestContext } from "./policies/request.ts";
import type { Role } from "./records.ts";
import { trusts, whyDenied } from "./role-permissions.ts";
import { sessionArn } from "./role-sessions.ts";
import type { World } from "./world.ts";

/** A service of AWS that wants to act with a role's rights, for something of the account. */
interface AssumingService {
  /** E.g. `ec2.amazonaws.com`. */
  readonly principal: string;
  readonly region: string;
  /** Name of its session: an instance's id, or a task's. */
  readonly name: string;
  /** ARN of what it acts for; absent: it does not tell, nor for whose account. */
  readonly sourceArn?: string;
}

/** Whether a service may assume a role: its trust policy says so, and the conditions hold. */
export function mayAssume(world: World, role: Role, { principal, region, name, sourceArn }: AssumingService): boolean {
  const values = {
    "aws:PrincipalIsAWSService": "true",
    "aws:PrincipalServiceName": principal,
    "aws:PrincipalServiceNamesList": [principal],
    "sts:RoleSessionName": name,
    "sts:ExternalId": undefined,
    ...(sourceArn !== undefined && { "aws:SourceArn": sourceArn, "aws:SourceAccount": world.account }),
  };
  const request = { action: "sts:AssumeRole", resource: role.Arn, region, values };
  return trusts(role, principal, requestContext(world, request));
}

/** EC2 as it assumes the role of an instance. It is not documented to tell for what. */
export function ec2Service(region: string, instanceId: string): AssumingService {
  return { principal: "ec2.amazonaws.com", region, name: instanceId };
}

/**
 * ECS as it assumes the roles of a task. It tells the task, without its cluster: a condition can be for an account's tasks, not for
 * those of a cluster. (awsdocs/amazon-ecs-developer-guide#208)
 */
export function ecsTasksService(world: World, region: string, taskId: string): AssumingService {
  const sourceArn = `arn:aws:ecs:${region}:${world.account}:task/${taskId}`;
  return { principal: "ecs-tasks.amazonaws.com", region, name: taskId, sourceArn };
}

/** Somebody who acts with a role's rights. */
export interface ActingRole {
  readonly role: Role;
  /** Of the session: an instance's id, or a task's. */
  readonly name: string;
  /** The public address that its requests come from; undefined: it is not known. */
  readonly sourceIp: string | undefined;
}

/** Why a request is refused, in AWS's words or the sandbox's own; undefined: the role's policies allow it. */
export function refusalOf(world: World, acting: ActingRole, request: AuthorizedRequest): string | undefined {
  const { role, name, sourceIp } = acting;
  const { account } = world;
  const principal = { role, userId: `${role.RoleId}:${name}`, account, sourceIp };
  const context = principalContext(principal, requestContext(world, request));
  try {
    return whyDenied(role, sessionArn(account, role.RoleName, name), { ...request, context });
  } catch (error) {
    if (!(error instanceof NotLookedAt)) throw error;
    return `The sandbox does not emulate the condition key ${error.key} of ${request.action}. On AWS it exists.`;
  }
}
