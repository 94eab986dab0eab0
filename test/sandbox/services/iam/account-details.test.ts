import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  type EntityType,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  PutRolePolicyCommand,
  paginateGetAccountAuthorizationDetails,
  type RoleDetail,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { SSM_CORE, TRUST_EC2 } from "../ec2/fixtures.ts";

const ALLOW = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
});

test("authorization details show every role with its policies, profiles and tags, page by page", async () => {
  const { iam } = await clientsOf({ pageSize: 1 });
  const Tags = [{ Key: "a", Value: "b" }];
  await iam.send(new CreateRoleCommand({ RoleName: "one", AssumeRolePolicyDocument: TRUST_EC2, Tags }));
  await iam.send(new CreateRoleCommand({ RoleName: "two", AssumeRolePolicyDocument: TRUST_EC2 }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: "one", PolicyArn: SSM_CORE }));
  await iam.send(new PutRolePolicyCommand({ RoleName: "one", PolicyName: "own", PolicyDocument: ALLOW }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "profile" }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "profile", RoleName: "one" }));
  const roles: RoleDetail[] = [];
  for await (const page of paginateGetAccountAuthorizationDetails({ client: iam }, { Filter: ["Role"] })) {
    expect(page.RoleDetailList?.length).toBeLessThanOrEqual(1);
    roles.push(...(page.RoleDetailList ?? []));
  }
  expect(roles).toMatchObject([
    {
      RoleName: "one",
      AssumeRolePolicyDocument: encodeURIComponent(TRUST_EC2),
      AttachedManagedPolicies: [{ PolicyName: "AmazonSSMManagedInstanceCore", PolicyArn: SSM_CORE }],
      RolePolicyList: [{ PolicyName: "own", PolicyDocument: encodeURIComponent(ALLOW) }],
      InstanceProfileList: [{ InstanceProfileName: "profile", Roles: [{ RoleName: "one" }] }],
      Tags,
    },
    { RoleName: "two", AttachedManagedPolicies: [], RolePolicyList: [], InstanceProfileList: [], Tags: [] },
  ]);
});

test("authorization details of others than roles are not emulated", async () => {
  const { iam } = await clientsOf();
  const details = (Filter?: EntityType[]) => refusal(iam.send(new GetAccountAuthorizationDetailsCommand({ Filter })));
  expect(await details(["Role", "User"])).toMatch(/^SandboxNotEmulated: .*User/);
  expect(await details()).toMatch(/^SandboxNotEmulated: .*without a filter/);
});

test("the summary counts what is there beside the account's quotas", async () => {
  const { iam } = await clientsOf();
  await iam.send(new CreateRoleCommand({ RoleName: "one", AssumeRolePolicyDocument: TRUST_EC2 }));
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}));
  expect(SummaryMap).toMatchObject({ Roles: 1, RolesQuota: 1000, InstanceProfiles: 0, InstanceProfilesQuota: 1000 });
});
