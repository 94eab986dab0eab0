import type { Region, World } from "../world/world.ts";

/** Name of the role in an instance's profile; undefined: it has no profile, or an empty one. */
export function roleNameOf(
  world: World,
  { ec2 }: Pick<Region, "name" | "ec2">,
  instanceId: string,
): string | undefined {
  const association = ec2.profileAssociations.find(({ InstanceId }) => InstanceId === instanceId);
  const profile = world.iam.instanceProfiles.find(({ Arn }) => Arn === association?.IamInstanceProfile.Arn);
  return profile?.hidden.roleName;
}
