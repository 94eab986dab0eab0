import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  type Filter,
  type IamInstanceProfileAssociation,
  paginateDescribeIamInstanceProfileAssociations,
  ReplaceIamInstanceProfileAssociationCommand,
} from "@aws-sdk/client-ec2";
import type { Aws } from "./clients.ts";
import { isCode } from "./errors.ts";

type Ec2 = Pick<Aws, "ec2">;

/**
 * Gives an instance a profile, whatever it has until now: one that was deleted, or the same one, whose role it then has at
 * once. A stopped instance's association cannot be replaced (`IncorrectState`), only taken off and put on.
 */
export async function giveProfile({ ec2 }: Ec2, InstanceId: string, Name: string): Promise<void> {
  const IamInstanceProfile = { Name };
  const Filters = [{ Name: "instance-id", Values: [InstanceId] }, LIVING];
  const there = await ec2.send(new DescribeIamInstanceProfileAssociationsCommand({ Filters }));
  const AssociationId = there.IamInstanceProfileAssociations?.[0]?.AssociationId;
  if (AssociationId !== undefined) {
    try {
      await ec2.send(new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, IamInstanceProfile }));
      return;
    } catch (error) {
      if (!isCode(error, "IncorrectState")) throw error;
    }
    await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
  }
  await ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile }));
}

/** Ids of the region's instances that are tied to a profile, by the profile's id (`AIPA...`). */
export async function instancesWithProfile({ ec2 }: Ec2, profileId: string): Promise<string[]> {
  const found: IamInstanceProfileAssociation[] = [];
  for await (const page of paginateDescribeIamInstanceProfileAssociations({ client: ec2 }, { Filters: [LIVING] })) {
    found.push(...(page.IamInstanceProfileAssociations ?? []));
  }
  const tied = found.filter(({ IamInstanceProfile }) => IamInstanceProfile?.Id === profileId);
  return tied.flatMap(({ InstanceId }) => InstanceId ?? []);
}

const LIVING: Filter = { Name: "state", Values: ["associating", "associated"] };
