import type { IamInstanceProfileSpecification } from "@aws-sdk/client-ec2";
import type { Delay } from "../delays.ts";
import { newId } from "../ids.ts";
import type { InstanceProfile, ProfileAssociation } from "../records.ts";
import type { Region, World } from "../world.ts";
import { invalidCombination, invalidValue, missingParameter } from "./refusals.ts";

/** Puts a profile on an instance. */
export function associate(
  world: World,
  region: Region,
  InstanceId: string,
  { Arn, InstanceProfileId: Id, hidden: { roleName } }: InstanceProfile,
): ProfileAssociation {
  return region.ec2.profileAssociations.put({
    AssociationId: newId("iip-assoc"),
    InstanceId,
    IamInstanceProfile: { Arn, Id },
    State: "associated",
    Timestamp: world.now(),
    hidden: { ...(roleName !== undefined && { roleName }) },
  });
}

/**
 * Name of the role whose credentials an instance has; undefined: it has no profile, an empty one, or one that was deleted.
 * It is tied to its profile by id: another one of the same name gives it nothing. Another role in the profile takes a while
 * to reach it.
 */
export function roleNameOf(
  world: World,
  { ec2 }: Pick<Region, "name" | "ec2">,
  instanceId: string,
): string | undefined {
  const association = ec2.profileAssociations.find(({ InstanceId }) => InstanceId === instanceId);
  if (!association) return undefined;
  const { Id } = association.IamInstanceProfile;
  const profile = world.iam.instanceProfiles.find(({ InstanceProfileId }) => InstanceProfileId === Id);
  if (profile?.hidden.roleName === undefined) return undefined;
  const former = association.hidden.roleName;
  return isYoung(world, profile, "role in a profile reaches running instances") ? former : profile.hidden.roleName;
}

/** Lets an instance that boots see its profile as it is. */
export function readProfileAnew(world: World, { ec2 }: Pick<Region, "name" | "ec2">, instanceId: string): void {
  for (const { AssociationId, IamInstanceProfile } of ec2.profileAssociations.filter(
    ({ InstanceId }) => InstanceId === instanceId,
  )) {
    const profile = world.iam.instanceProfiles.find(({ InstanceProfileId: id }) => id === IamInstanceProfile.Id);
    ec2.profileAssociations.update(AssociationId, ({ hidden }) => {
      if (profile?.hidden.roleName !== undefined) hidden.roleName = profile.hidden.roleName;
    });
  }
}

/** Whether the role has come into a profile only now, as seen by those to whom that takes this long. */
function isYoung(world: World, { hidden }: InstanceProfile, delay: Delay): boolean {
  const since = hidden.roleSince?.getTime() ?? 0;
  return since + world.delay(delay) > world.now().getTime();
}

/**
 * The profile that a request names, by name or ARN.
 *
 * @throws AwsError if there is none, it holds no role, or EC2 does not know of it yet
 */
export function profileFor(world: World, given: IamInstanceProfileSpecification | undefined): InstanceProfile {
  const { Name, Arn } = given ?? {};
  if (Name !== undefined && Arn !== undefined) {
    throw invalidCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  if (Name === undefined && Arn === undefined) throw missingParameter("iamInstanceProfile.name");
  const [part, value, noun] = Name === undefined ? ["arn", Arn, "ARN"] : ["name", Name, "name"];
  const profile = world.iam.instanceProfiles.find((one) => one.InstanceProfileName === Name || one.Arn === Arn);
  if (!profile || profile.hidden.visibleAt > world.now()) {
    throw invalidValue(
      `Value (${value}) for parameter iamInstanceProfile.${part} is invalid. Invalid IAM Instance Profile ${noun}`,
    );
  }
  if (profile.hidden.roleName === undefined || isYoung(world, profile, "role in a profile visible to EC2")) {
    throw invalidValue(`IAM Instance Profile "${profile.Arn}" has no associated IAM Roles`);
  }
  return profile;
}
