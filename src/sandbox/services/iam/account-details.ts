import type { RoleDetail } from "@aws-sdk/client-iam";
import { notEmulated } from "../../wire/service.ts";
import { managedPolicies, managedPolicy } from "../../world/catalogue/managed-policies.ts";
import type { Role } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { profileShape } from "./instance-profiles.ts";
import { type IamOperations, paged } from "./operation.ts";
import { byName } from "./roles.ts";

/** IAM quotas of an account (IAM, "IAM and STS quotas"). */
const QUOTAS = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: 1500,
  PolicySizeQuota: 6144,
  PolicyVersionsInUseQuota: 10_000,
  RolePolicySizeQuota: 10_240,
  RolesQuota: 1000,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  UsersQuota: 5000,
  VersionsPerPolicyQuota: 5,
};

/** The account as a whole. */
export function accountDetailOperations(world: World): IamOperations {
  const { roles, instanceProfiles, openIdConnectProviders } = world.iam;
  return {
    GetAccountAuthorizationDetails: {
      accepts: ["Filter", "Marker", "MaxItems"],
      handle(input) {
        const { Filter = [] } = input;
        if (Filter.length === 0) throw notEmulated("GetAccountAuthorizationDetails (iam) without a filter");
        for (const entity of Filter) if (entity !== "Role") throw notEmulated(`authorization details of a ${entity}`);
        const all = roles.all().sort(byName(({ RoleName }) => RoleName));
        const { items, ...rest } = paged(all, input, world.pageSize);
        return {
          RoleDetailList: items.map((role) => roleDetail(world, role)),
          UserDetailList: [],
          GroupDetailList: [],
          Policies: [],
          ...rest,
        };
      },
    },

    GetAccountSummary: {
      accepts: [],
      handle: () => ({
        SummaryMap: {
          ...QUOTAS,
          AccountAccessKeysPresent: 0,
          AccountMFAEnabled: 0,
          AccountPasswordPresent: 1,
          AccountSigningCertificatesPresent: 0,
          GlobalEndpointTokenVersion: 1,
          Groups: 0,
          InstanceProfiles: instanceProfiles.all().length,
          MFADevices: 0,
          MFADevicesInUse: 0,
          Policies: 0,
          PolicyVersionsInUse: managedPolicies().filter(({ arn }) => isAttached(world, arn)).length,
          Providers: openIdConnectProviders.all().length,
          Roles: roles.all().length,
          ServerCertificates: 0,
          Users: 1,
        },
      }),
    },
  };
}

/** A role with all that belongs to it. Policies are URL-encoded. (iam:GetAccountAuthorizationDetails) */
function roleDetail(world: World, { hidden, ...role }: Role): RoleDetail {
  const profiles = world.iam.instanceProfiles.filter((profile) => profile.hidden.roleName === role.RoleName);
  return {
    Path: role.Path,
    RoleName: role.RoleName,
    RoleId: role.RoleId,
    Arn: role.Arn,
    CreateDate: role.CreateDate,
    AssumeRolePolicyDocument: encodeURIComponent(role.AssumeRolePolicyDocument),
    InstanceProfileList: profiles.map((profile) => profileShape(world, profile)),
    RolePolicyList: Object.entries(hidden.inline).map(([PolicyName, document]) => ({
      PolicyName,
      PolicyDocument: encodeURIComponent(document),
    })),
    AttachedManagedPolicies: hidden.attached
      .flatMap((arn) => managedPolicy(arn) ?? [])
      .map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
    Tags: role.Tags,
    RoleLastUsed: {},
  };
}

function isAttached(world: World, arn: string): boolean {
  return world.iam.roles.find(({ hidden }) => hidden.attached.includes(arn)) !== undefined;
}
