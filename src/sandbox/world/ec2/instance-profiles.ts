import type { IamInstanceProfileSpecification } from "@aws-sdk/client-ec2";
import { newId } from "../ids.ts";
import type { InstanceProfile, ProfileAssociation } from "../records.ts";
import type { Region, World } from "../world.ts";
import { invalidCombination, invalidValue, missingParameter } from "./refusals.ts";

/** Puts a profile on an instance. */
export function associate(
  world: World,
  region: Region,
  InstanceId: string,
  { Arn, InstanceProfileId: Id }: InstanceProfile,
): ProfileAssociation {
  return region.ec2.profileAssociations.put({
    AssociationId: newId("iip-assoc"),
    InstanceId,
    IamInstanceProfile: { Arn, Id },
    State: "associated",
    Timestamp: world.now(),
  });
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
  if (!profile.hidden.roleName) {
    throw invalidValue(`IAM Instance Profile "${profile.Arn}" has no associated IAM Roles`);
  }
  return profile;
}
