import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  type InstanceProfile as IamProfile,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { giveProfile, instancesWithProfile } from "../../aws/instance-profiles.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";

/** What hands a role to EC2 instances. Names are unique in the account. */
export interface InstanceProfileDesired {
  readonly name: string;
  /** Name of the one role that it holds. */
  readonly role: string;
}

/** An instance profile as IAM has it. */
export interface InstanceProfile {
  readonly name: string;
  readonly arn: string;
  /** `AIPA...`: what instances are tied to. A profile that is made anew has the same name and ARN, and another id. */
  readonly id: string;
  /** The role in it; undefined: it is empty. */
  readonly role: string | undefined;
  readonly tags: Tags;
}

/** An instance profile with its role. It can hold one role only, and that is no quota that can be raised. */
export const instanceProfile: Kind<InstanceProfileDesired, InstanceProfile, Aws> = {
  type: "iam.instance-profile",
  global: true,
  async find({ iam }, { name }) {
    try {
      const { InstanceProfile: found } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
      return found?.Arn === undefined ? undefined : fromAws(found);
    } catch (error) {
      if (isCode(error, "NoSuchEntity")) return undefined;
      throw error;
    }
  },
  diff({ role: wanted }, { role: actual }) {
    if (wanted === actual) return [];
    return [{ field: "role", ...(actual === undefined ? {} : { from: actual }), to: wanted }];
  },
  async create({ iam, ownership }, { name, role }) {
    const Tags = toTagList(ownership);
    const request = { InstanceProfileName: name, Tags };
    const { InstanceProfile: made } = await iam.send(new CreateInstanceProfileCommand(request));
    const isIn = await putRole(iam, name, role);
    return made && isIn ? { ...fromAws({ ...made, Tags }), role } : undefined;
  },
  async update(aws, desired, { name, id, role }, _changes, note) {
    const { iam } = aws;
    if (role !== undefined) await takeRole(iam, name, role);
    await putRole(iam, name, desired.role);
    if (role === undefined) return;
    // By itself another role in the profile may take up to an hour to reach them (IAM User Guide, "Use instance profiles").
    const instances = await instancesWithProfile(aws, id);
    for (const instance of instances) await giveProfile(aws, instance, name);
    if (instances.length > 0) note(`${instances.join(", ")} tied to it anew, to have the role at once`);
  },
  async remove({ iam }, { name, role }) {
    if (role !== undefined) await takeRole(iam, name, role);
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ iam }, { name }, tags) {
    await iam.send(new TagInstanceProfileCommand({ InstanceProfileName: name, Tags: toTagList(tags) }));
  },
  // A role that goes is taken out of its profiles.
  outlives: ["iam.role"],
  describe: ({ role }) => `holds ${role ?? "no role"}`,
  goneAtOnce: true,
  limits: { usually: 2, ready: 120, gone: 120 },
};

function fromAws({ InstanceProfileName, Arn, InstanceProfileId, Roles, Tags }: Partial<IamProfile>): InstanceProfile {
  return {
    name: InstanceProfileName ?? "",
    arn: Arn ?? "",
    id: InstanceProfileId ?? "",
    role: Roles?.[0]?.RoleName,
    tags: fromTagList(Tags),
  };
}

/** Answers false where there is a role in it already. */
async function putRole(iam: IAMClient, InstanceProfileName: string, RoleName: string): Promise<boolean> {
  try {
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    return true;
  } catch (error) {
    // If that is ours (an answer was lost), all is well; if not, the next look finds it.
    if (!isCode(error, "LimitExceeded")) throw error;
    return false;
  }
}

async function takeRole(iam: IAMClient, InstanceProfileName: string, RoleName: string): Promise<void> {
  try {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
  } catch (error) {
    if (!isCode(error, "NoSuchEntity")) throw error;
  }
}
