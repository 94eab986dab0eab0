import type { Policy } from "@aws-sdk/client-iam";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { isManagedPolicy } from "../../world/catalogue/aws-names.ts";
import { type ManagedPolicy, managedPolicies, managedPolicy } from "../../world/catalogue/managed-policies.ts";
import { entry } from "../../world/entry.ts";
import { stableUniqueId } from "../../world/ids.ts";
import type { World } from "../../world/world.ts";
import { type IamOperations, paged, refuseLinked, roleOf } from "./operation.ts";
import { checkPermissionPolicy } from "./policy-document.ts";
import { byName } from "./roles.ts";

/** Managed policies on a role (IAM quotas; it can be raised to 20). */
const MOST_ATTACHED = 10;
/** Characters of all inline policies of a role, without their white space. */
const LONGEST_INLINE = 10_240;

/** What roles may do: AWS's managed policies, and inline ones. */
export function rolePolicyOperations(world: World): IamOperations {
  const { roles } = world.iam;
  return {
    AttachRolePolicy: {
      accepts: ["RoleName", "PolicyArn"],
      handle({ RoleName, PolicyArn = "" }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        checkArn(PolicyArn);
        if (!managedPolicy(PolicyArn)) throw missing(PolicyArn, "does not exist or is not attachable");
        const { attached } = role.hidden;
        if (attached.includes(PolicyArn)) return {};
        if (attached.length >= MOST_ATTACHED) {
          throw new AwsError("LimitExceeded", `Cannot exceed quota for PoliciesPerRole: ${MOST_ATTACHED}`);
        }
        roles.put({ ...role, hidden: { ...role.hidden, attached: [...attached, PolicyArn] } });
        return {};
      },
    },

    DetachRolePolicy: {
      accepts: ["RoleName", "PolicyArn"],
      handle({ RoleName, PolicyArn = "" }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        checkArn(PolicyArn);
        const { attached } = role.hidden;
        if (!attached.includes(PolicyArn)) throw new AwsError("NoSuchEntity", `Policy ${PolicyArn} was not found.`);
        roles.put({ ...role, hidden: { ...role.hidden, attached: attached.filter((arn) => arn !== PolicyArn) } });
        return {};
      },
    },

    ListAttachedRolePolicies: {
      accepts: ["RoleName", "PathPrefix", "Marker", "MaxItems"],
      handle(input) {
        const { PathPrefix = "/" } = input;
        const policies = roleOf(world, input.RoleName).hidden.attached.flatMap((arn) => managedPolicy(arn) ?? []);
        const found = policies.filter(({ path }) => path.startsWith(PathPrefix));
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest };
      },
    },

    PutRolePolicy: {
      accepts: ["RoleName", "PolicyName", "PolicyDocument"],
      handle({ RoleName, PolicyName = "", PolicyDocument = "" }) {
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        checkPermissionPolicy(PolicyDocument);
        const inline = { ...role.hidden.inline, [PolicyName]: PolicyDocument };
        const size = Object.values(inline).join("").replace(/\s/g, "").length;
        if (size > LONGEST_INLINE) {
          throw new AwsError(
            "LimitExceeded",
            `Maximum policy size of ${LONGEST_INLINE} bytes exceeded for role ${role.RoleName}`,
          );
        }
        roles.put({ ...role, hidden: { ...role.hidden, inline } });
        return {};
      },
    },

    GetRolePolicy: {
      accepts: ["RoleName", "PolicyName"],
      handle({ RoleName, PolicyName = "" }) {
        const document = inlinePolicy(world, RoleName, PolicyName);
        return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(document) };
      },
    },

    ListRolePolicies: {
      accepts: ["RoleName", "Marker", "MaxItems"],
      handle(input) {
        const names = Object.keys(roleOf(world, input.RoleName).hidden.inline).sort();
        const { items, ...rest } = paged(names, input, world.pageSize);
        return { PolicyNames: items, ...rest };
      },
    },

    DeleteRolePolicy: {
      accepts: ["RoleName", "PolicyName"],
      handle({ RoleName, PolicyName = "" }) {
        inlinePolicy(world, RoleName, PolicyName);
        const role = roleOf(world, RoleName);
        refuseLinked(role, "modifiable");
        const { [PolicyName]: _deleted, ...inline } = role.hidden.inline;
        roles.put({ ...role, hidden: { ...role.hidden, inline } });
        return {};
      },
    },

    GetPolicy: {
      accepts: ["PolicyArn"],
      handle({ PolicyArn = "" }) {
        checkArn(PolicyArn);
        const policy = managedPolicy(PolicyArn);
        if (!policy) throw missing(PolicyArn, "was not found");
        return { Policy: { ...policyShape(world, policy), Tags: [] } };
      },
    },

    ListPolicies: {
      accepts: ["Scope", "OnlyAttached", "PathPrefix", "Marker", "MaxItems"],
      handle(input) {
        const { PathPrefix = "/" } = input;
        // Nobody can make policies of their own here, so that scope Local is empty.
        const all = input.Scope === "Local" ? [] : managedPolicies().sort(byName(({ name }) => name));
        const found = all
          .filter(({ path }) => path.startsWith(PathPrefix))
          .map((policy) => policyShape(world, policy))
          .filter(({ AttachmentCount }) => !input.OnlyAttached || (AttachmentCount ?? 0) > 0);
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { Policies: items, ...rest };
      },
    },
  };
}

/** The refusal of a managed policy that the sandbox does not know. */
function missing(arn: string, inWords: string): AwsError {
  if (isManagedPolicy(arn)) return notEmulated(`the managed policy ${arn}`);
  return new AwsError("NoSuchEntity", `Policy ${arn} ${inWords}.`);
}

function checkArn(arn: string): void {
  if (/^arn:aws:iam::\d{12}:policy\/.+$/.test(arn)) throw notEmulated("managed policies of your own");
  if (!/^arn:aws:iam::aws:policy\/.+$/.test(arn)) {
    throw new AwsError("InvalidInput", `ARN ${arn} is not valid.`);
  }
}

function inlinePolicy(world: World, roleName: string | undefined, name: string): string {
  const document = entry(roleOf(world, roleName).hidden.inline, name);
  if (document === undefined) {
    throw new AwsError("NoSuchEntity", `The role policy with name ${name} cannot be found.`);
  }
  return document;
}

function policyShape(world: World, { name, path, arn }: ManagedPolicy): Policy {
  return {
    PolicyName: name,
    PolicyId: stableUniqueId("ANPA", arn),
    Arn: arn,
    Path: path,
    DefaultVersionId: "v1",
    AttachmentCount: world.iam.roles.filter(({ hidden }) => hidden.attached.includes(arn)).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date("2019-03-15T17:22:12Z"),
    UpdateDate: new Date("2019-05-23T16:54:21Z"),
  };
}
