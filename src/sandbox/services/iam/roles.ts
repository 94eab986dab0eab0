import type { Role as IamRole } from "@aws-sdk/client-iam";
import { AwsError } from "../../wire/service.ts";
import type { Role } from "../../world/records.ts";
import { newRole } from "../../world/roles.ts";
import type { World } from "../../world/world.ts";
import { type IamOperations, mergedTags, paged, refuseLinked, roleOf, withoutTags } from "./operation.ts";
import { checkTrustPolicy } from "./policy-document.ts";

/** Seconds. */
const SESSION = { least: 3600, most: 43200, usual: 3600 };
/** Characters of a trust policy without its white space. */
const LONGEST_TRUST = 2048;

/** Roles and their trust policies and tags. */
export function roleOperations(world: World): IamOperations {
  const { roles, instanceProfiles } = world.iam;
  return {
    CreateRole: {
      accepts: ["RoleName", "AssumeRolePolicyDocument", "Path", "Description", "MaxSessionDuration", "Tags"],
      handle({ RoleName = "", AssumeRolePolicyDocument = "", Path, Description, MaxSessionDuration, Tags }) {
        checkTrust(AssumeRolePolicyDocument);
        const role = newRole(world, {
          RoleName,
          Path: Path ?? "/",
          AssumeRolePolicyDocument,
          Tags: mergedTags([], Tags),
          ...(Description !== undefined && { Description }),
          MaxSessionDuration: MaxSessionDuration ?? SESSION.usual,
        });
        const taken = roles.find((one) => one.RoleName.toLowerCase() === RoleName.toLowerCase());
        if (taken) throw new AwsError("EntityAlreadyExists", `Role with name ${RoleName} already exists.`);
        return { Role: roleShape(roles.put(role)) };
      },
    },

    GetRole: {
      accepts: ["RoleName"],
      handle: ({ RoleName }) => ({ Role: roleShape(roleOf(world, RoleName)) }),
    },

    ListRoles: {
      accepts: ["PathPrefix", "Marker", "MaxItems"],
      handle(input) {
        const { PathPrefix = "/" } = input;
        const found = roles.filter(({ Path }) => Path.startsWith(PathPrefix)).sort(byName(({ RoleName }) => RoleName));
        const { items, ...rest } = paged(found, input, world.pageSize);
        // A listing leaves this out (iam:ListRoles).
        const without = { Tags: undefined, RoleLastUsed: undefined };
        return { Roles: items.map((role) => ({ ...roleShape(role), ...without })), ...rest };
      },
    },

    DeleteRole: {
      accepts: ["RoleName"],
      handle({ RoleName }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        const conflict = (what: string) => new AwsError("DeleteConflict", `Cannot delete entity, must ${what} first.`);
        if (instanceProfiles.find(({ hidden }) => hidden.roleName === RoleName)) {
          throw conflict("remove roles from instance profile");
        }
        if (role.hidden.attached.length > 0) throw conflict("detach all policies");
        if (Object.keys(role.hidden.inline).length > 0) throw conflict("delete policies");
        roles.delete(role.RoleName);
        return {};
      },
    },

    UpdateRole: {
      accepts: ["RoleName", "Description", "MaxSessionDuration"],
      handle({ RoleName, Description, MaxSessionDuration }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        roles.update(role.RoleName, (draft) => {
          if (Description !== undefined) draft.Description = Description;
          if (MaxSessionDuration !== undefined) draft.MaxSessionDuration = MaxSessionDuration;
        });
        return {};
      },
    },

    // Older than UpdateRole, and still what some clients call.
    UpdateRoleDescription: {
      accepts: ["RoleName", "Description"],
      handle({ RoleName, Description = "" }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        return { Role: roleShape(roles.put({ ...role, Description })) };
      },
    },

    UpdateAssumeRolePolicy: {
      accepts: ["RoleName", "PolicyDocument"],
      handle({ RoleName, PolicyDocument = "" }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        checkTrust(PolicyDocument);
        roles.put({ ...role, AssumeRolePolicyDocument: PolicyDocument });
        return {};
      },
    },

    TagRole: {
      accepts: ["RoleName", "Tags"],
      handle({ RoleName, Tags }) {
        const role = roleOf(world, RoleName);
        roles.put({ ...role, Tags: mergedTags(role.Tags, Tags) });
        return {};
      },
    },

    UntagRole: {
      accepts: ["RoleName", "TagKeys"],
      handle({ RoleName, TagKeys }) {
        const role = roleOf(world, RoleName);
        roles.put({ ...role, Tags: withoutTags(role.Tags, TagKeys) });
        return {};
      },
    },

    ListRoleTags: {
      accepts: ["RoleName", "Marker", "MaxItems"],
      handle(input) {
        const { items, ...rest } = paged(roleOf(world, input.RoleName).Tags, input, world.pageSize);
        return { Tags: items, ...rest };
      },
    },
  };
}

/** A role as IAM answers it: its trust policy is URL-encoded. */
export function roleShape({ hidden: _hidden, AssumeRolePolicyDocument, ...role }: Role): IamRole & Pick<Role, "Tags"> {
  return { ...role, AssumeRolePolicyDocument: encodeURIComponent(AssumeRolePolicyDocument), RoleLastUsed: {} };
}

/** An order of records by their names, as IAM lists them. */
export function byName<Record>(nameOf: (record: Record) => string): (one: Record, other: Record) => number {
  return (one, other) => (nameOf(one) < nameOf(other) ? -1 : 1);
}

function checkTrust(document: string): void {
  checkTrustPolicy(document);
  if (document.replace(/\s/g, "").length > LONGEST_TRUST) {
    throw new AwsError("LimitExceeded", `Cannot exceed quota for ACLSizePerRole: ${LONGEST_TRUST}`);
  }
}
