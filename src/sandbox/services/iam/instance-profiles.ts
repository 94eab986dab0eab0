import type { InstanceProfile as IamInstanceProfile } from "@aws-sdk/client-iam";
import { AwsError } from "../../wire/service.ts";
import { newUniqueId } from "../../world/ids.ts";
import type { InstanceProfile } from "../../world/records.ts";
import { secondsOnly } from "../../world/roles.ts";
import type { World } from "../../world/world.ts";
import {
  type IamOperations,
  instanceProfileOf,
  mergedTags,
  paged,
  refuseLinked,
  roleOf,
  withoutTags,
} from "./operation.ts";
import { byName, roleShape } from "./roles.ts";

/** Instance profiles, each with at most one role. */
export function instanceProfileOperations(world: World): IamOperations {
  const { instanceProfiles } = world.iam;
  return {
    CreateInstanceProfile: {
      accepts: ["InstanceProfileName", "Path", "Tags"],
      handle({ InstanceProfileName = "", Path = "/", Tags }) {
        const tags = mergedTags([], Tags);
        const name = InstanceProfileName.toLowerCase();
        if (instanceProfiles.find((one) => one.InstanceProfileName.toLowerCase() === name)) {
          throw new AwsError("EntityAlreadyExists", `Instance Profile ${InstanceProfileName} already exists.`);
        }
        const profile = instanceProfiles.put({
          InstanceProfileName,
          InstanceProfileId: newUniqueId("AIPA"),
          Arn: `arn:aws:iam::${world.account}:instance-profile${Path}${InstanceProfileName}`,
          Path,
          CreateDate: secondsOnly(world.now()),
          Tags: tags,
          hidden: { visibleAt: world.later("instance profile visible to EC2") },
        });
        return { InstanceProfile: profileShape(world, profile) };
      },
    },

    GetInstanceProfile: {
      accepts: ["InstanceProfileName"],
      handle: ({ InstanceProfileName }) => ({
        InstanceProfile: profileShape(world, instanceProfileOf(world, InstanceProfileName)),
      }),
    },

    ListInstanceProfiles: {
      accepts: ["PathPrefix", "Marker", "MaxItems"],
      handle(input) {
        const { PathPrefix = "/" } = input;
        const found = instanceProfiles.filter(({ Path }) => Path.startsWith(PathPrefix));
        return list(world, found, input);
      },
    },

    ListInstanceProfilesForRole: {
      accepts: ["RoleName", "Marker", "MaxItems"],
      handle(input) {
        const { RoleName } = roleOf(world, input.RoleName);
        return list(
          world,
          instanceProfiles.filter(({ hidden }) => hidden.roleName === RoleName),
          input,
        );
      },
    },

    AddRoleToInstanceProfile: {
      accepts: ["InstanceProfileName", "RoleName"],
      handle({ InstanceProfileName, RoleName }) {
        const profile = instanceProfileOf(world, InstanceProfileName);
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        if (profile.hidden.roleName !== undefined) {
          throw new AwsError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
        }
        const { visibleAt } = profile.hidden;
        const hidden = { roleName: role.RoleName, roleSince: world.now(), visibleAt };
        instanceProfiles.put({ ...profile, hidden });
        return {};
      },
    },

    RemoveRoleFromInstanceProfile: {
      accepts: ["InstanceProfileName", "RoleName"],
      handle({ InstanceProfileName, RoleName }) {
        const profile = instanceProfileOf(world, InstanceProfileName);
        roleOf(world, RoleName);
        if (profile.hidden.roleName !== RoleName) {
          throw new AwsError(
            "NoSuchEntity",
            `The role with name ${RoleName} is not in the instance profile ${InstanceProfileName}.`,
          );
        }
        instanceProfiles.put({ ...profile, hidden: { visibleAt: profile.hidden.visibleAt } });
        return {};
      },
    },

    DeleteInstanceProfile: {
      accepts: ["InstanceProfileName"],
      handle({ InstanceProfileName }) {
        const profile = instanceProfileOf(world, InstanceProfileName);
        if (profile.hidden.roleName !== undefined) {
          throw new AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.");
        }
        instanceProfiles.delete(profile.InstanceProfileName);
        return {};
      },
    },

    TagInstanceProfile: {
      accepts: ["InstanceProfileName", "Tags"],
      handle({ InstanceProfileName, Tags }) {
        const profile = instanceProfileOf(world, InstanceProfileName);
        instanceProfiles.put({ ...profile, Tags: mergedTags(profile.Tags, Tags) });
        return {};
      },
    },

    UntagInstanceProfile: {
      accepts: ["InstanceProfileName", "TagKeys"],
      handle({ InstanceProfileName, TagKeys }) {
        const profile = instanceProfileOf(world, InstanceProfileName);
        instanceProfiles.put({ ...profile, Tags: withoutTags(profile.Tags, TagKeys) });
        return {};
      },
    },

    ListInstanceProfileTags: {
      accepts: ["InstanceProfileName", "Marker", "MaxItems"],
      handle(input) {
        const { Tags } = instanceProfileOf(world, input.InstanceProfileName);
        const { items, ...rest } = paged(Tags, input, world.pageSize);
        return { Tags: items, ...rest };
      },
    },
  };
}

function list(
  world: World,
  profiles: InstanceProfile[],
  input: { Marker?: string | undefined; MaxItems?: number | undefined },
) {
  const sorted = profiles.sort(byName(({ InstanceProfileName }) => InstanceProfileName));
  const { items, ...rest } = paged(sorted, input, world.pageSize);
  // A listing leaves tags out (iam:ListInstanceProfiles).
  return { InstanceProfiles: items.map((profile) => ({ ...profileShape(world, profile), Tags: undefined })), ...rest };
}

/** An instance profile as IAM answers it: with its role. */
export function profileShape(
  world: World,
  { hidden, ...profile }: InstanceProfile,
): IamInstanceProfile & { Arn: string } {
  const role = hidden.roleName === undefined ? undefined : world.iam.roles.get(hidden.roleName);
  const { Tags: _tags, ...shapeOfRole } = role ? roleShape(role) : { Tags: [] };
  return { ...profile, Roles: role ? [shapeOfRole as ReturnType<typeof roleShape>] : [] } as IamInstanceProfile & {
    Arn: string;
  };
}
