import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { definitionArn } from "./task-definitions.ts";

/** A role that a call gives to a service. */
export interface PassedRole {
  /** ARN. */
  readonly role: string;
  /** Whom it is given to; undefined: the call does not tell. */
  readonly to: string | undefined;
}

const TASKS = "ecs-tasks.amazonaws.com";
const INSTANCES = "ec2.amazonaws.com";

/** Roles for which the caller needs `iam:PassRole`: those that the call names, or what it names has. ("Grant permissions to pass a role") */
export function passedRoles(world: World, asked: Asked): PassedRole[] {
  return PASSING[`${asked.service}:${asked.operation}`]?.(world, asked) ?? [];
}

const PASSING: Readonly<Record<string, (world: World, asked: Asked) => PassedRole[]>> = {
  "ecs:RegisterTaskDefinition": (world, { input }) => rolesOf(world, input),
  // Asked for again, of what the definition has. (LBHackney-IT/Data-Platform#1992)
  "ecs:RunTask"(world, asked) {
    const arn = definitionArn(world, asked) ?? "";
    const { taskDefinitions } = world.region(asked.region).ecs;
    return rolesOf(world, taskDefinitions.get(arn.slice(arn.lastIndexOf("/") + 1)) ?? {});
  },
  "iam:AddRoleToInstanceProfile"(world, { input }) {
    const { RoleName = "" } = input as { RoleName?: string };
    return [{ role: roleArn(world, RoleName), to: undefined }];
  },
  "ec2:RunInstances": passedWithProfile,
  "ec2:AssociateIamInstanceProfile": passedWithProfile,
  "ec2:ReplaceIamInstanceProfileAssociation": passedWithProfile,
};

type TaskRoles = Pick<RegisterTaskDefinitionRequest, "taskRoleArn" | "executionRoleArn">;

function rolesOf(world: World, { taskRoleArn, executionRoleArn }: TaskRoles): PassedRole[] {
  return [taskRoleArn, executionRoleArn].flatMap((named) =>
    named === undefined ? [] : { role: roleArn(world, named), to: TASKS },
  );
}

function passedWithProfile({ iam }: World, { input }: Asked): PassedRole[] {
  const { Arn, Name } = (input as { IamInstanceProfile?: { Arn?: string; Name?: string } }).IamInstanceProfile ?? {};
  const profile = iam.instanceProfiles.find((one) => one.Arn === Arn || one.InstanceProfileName === Name);
  const role = iam.roles.get(profile?.hidden.roleName ?? "");
  return role ? [{ role: role.Arn, to: INSTANCES }] : [];
}

/** Roles are called by their names, too. */
function roleArn({ iam, account }: World, named: string): string {
  return named.startsWith("arn:") ? named : (iam.roles.get(named)?.Arn ?? `arn:aws:iam::${account}:role/${named}`);
}
