import { entry } from "./entry.ts";
import type { Role } from "./records.ts";
import { newRole } from "./roles.ts";
import type { World } from "./world.ts";

/** Roles that services make for themselves, by the service's principal: name and managed policy. */
const LINKED_ROLES: Readonly<Record<string, readonly [roleName: string, policy: string]>> = {
  "ecs.amazonaws.com": ["AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"],
  "autoscaling.amazonaws.com": ["AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"],
  "elasticloadbalancing.amazonaws.com": [
    "AWSServiceRoleForElasticLoadBalancing",
    "AWSElasticLoadBalancingServiceRolePolicy",
  ],
  "rds.amazonaws.com": ["AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"],
  "ecs.application-autoscaling.amazonaws.com": [
    "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "AWSApplicationAutoscalingECSServicePolicy",
  ],
};

/** Name of the role that the service of this principal makes for itself; undefined: it makes none. */
export function linkedRoleName(principal: string): string | undefined {
  return entry(LINKED_ROLES, principal)?.[0];
}

/**
 * The service-linked role of a service, made if it is not there: services make theirs when they are first used, if the
 * caller may create it (IAM, "Using service-linked roles").
 *
 * @param principal e.g. `ecs.amazonaws.com`; throws for one that has none
 */
export function ensureLinkedRole(world: World, principal: string, Description?: string): Role {
  const [RoleName, policy] = entry(LINKED_ROLES, principal) ?? [];
  if (!RoleName) throw new Error(`no service-linked role for ${principal}`);
  const known = world.iam.roles.get(RoleName);
  if (known) return known;
  const trusted = { Effect: "Allow", Principal: { Service: principal }, Action: "sts:AssumeRole" };
  const role = newRole(world, {
    RoleName,
    Path: `/aws-service-role/${principal}/`,
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trusted] }),
    Tags: [],
    ...(Description !== undefined && { Description }),
    MaxSessionDuration: 3600,
  });
  const attached = [`arn:aws:iam::aws:policy/aws-service-role/${policy}`];
  return world.iam.roles.put({ ...role, hidden: { attached, inline: {}, linkedTo: principal } });
}
