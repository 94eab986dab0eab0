import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { instancesOf } from "../../aws/listings.ts";

/** An instance profile. */
export interface Profile {
  readonly name: string;
  /** `AIPA...`: one that is deleted and made again has the same name and another id. */
  readonly id: string;
}

/** An instance of a group, with the profile that it was launched with. */
export interface MemberProfile extends Profile {
  readonly instanceId: string;
}

/** The profiles that these instances are tied to; those without one are left out. */
export async function profilesOf(aws: Aws, instanceIds: readonly string[]): Promise<readonly MemberProfile[]> {
  if (instanceIds.length === 0) return [];
  const found = await instancesOf(aws, instanceIds);
  return found.flatMap(({ InstanceId: instanceId, IamInstanceProfile }) => {
    const { Arn, Id: id } = IamInstanceProfile ?? {};
    // IAM's ids of profiles begin so (IAM User Guide, "Unique identifiers"); an emulator's own say nothing.
    return instanceId && Arn && id?.startsWith("AIPA") ? [{ instanceId, name: nameIn(Arn), id }] : [];
  });
}

/**
 * Those that have no credentials, because they are tied to a profile of this name which was deleted and made again since.
 * Instances with another profile are what an earlier version of the template has launched, and stay so.
 */
export function withDeadProfile(members: readonly MemberProfile[], wanted: Profile): readonly string[] {
  const dead = members.filter(({ name, id }) => name === wanted.name && id !== wanted.id);
  return dead.map(({ instanceId }) => instanceId).sort();
}
