import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  CreateServiceLinkedRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  type IAMClient,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { SSM_CORE, TRUST_EC2 } from "../ec2/fixtures.ts";

const RoleName = "role-acesso-ssm";
const create = (iam: IAMClient, input: Partial<CreateRoleCommandInput> = {}) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST_EC2, ...input }));
const get = async (iam: IAMClient) => (await iam.send(new GetRoleCommand({ RoleName }))).Role;
const trust = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: statement });

test("the caller is a user of the account", async () => {
  const { iam, sts, world } = await clientsOf();
  const identity = await sts.send(new GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({
    Account: world.account,
    Arn: `arn:aws:iam::${world.account}:user/sandbox`,
    UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
  });
  const { User } = await iam.send(new GetUserCommand({}));
  expect(User).toMatchObject({ Arn: identity.Arn, UserId: identity.UserId });
  expect(await refusal(iam.send(new GetUserCommand({ UserName: "bob" })))).toBe(
    "NoSuchEntity: The user with name bob cannot be found.",
  );
});

test("a role is answered with its trust policy URL-encoded", async () => {
  const { iam, world } = await clientsOf();
  const { Role } = await create(iam, { Description: "Acesso à máquina", Tags: [{ Key: "a", Value: "b" }] });
  expect(Role).toMatchObject({
    RoleName,
    RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
    Arn: `arn:aws:iam::${world.account}:role/${RoleName}`,
    AssumeRolePolicyDocument: encodeURIComponent(TRUST_EC2),
    MaxSessionDuration: 3600,
    Path: "/",
  });
  expect(await get(iam)).toMatchObject({ Description: "Acesso à máquina", Tags: [{ Key: "a", Value: "b" }] });
});

test("a role that is not there is no entity, with status 404", async () => {
  const { iam } = await clientsOf();
  await expect(get(iam)).rejects.toMatchObject({
    name: "NoSuchEntityException",
    Code: "NoSuchEntity",
    message: `The role with name ${RoleName} cannot be found.`,
    $metadata: { httpStatusCode: 404 },
  });
});

test("a role that is there exists already, whatever the case of its letters", async () => {
  const { iam } = await clientsOf();
  await create(iam);
  await expect(create(iam)).rejects.toMatchObject({ Code: "EntityAlreadyExists", $metadata: { httpStatusCode: 409 } });
  expect(await refusal(create(iam, { RoleName: RoleName.toUpperCase() }))).toMatch(/^EntityAlreadyExists: /);
});

describe("refused is a role", () => {
  test.each<[string, Partial<CreateRoleCommandInput>, RegExp]>([
    [
      "whose trust policy is not JSON",
      { AssumeRolePolicyDocument: "{" },
      /^MalformedPolicyDocument: This policy contains invalid Json$/,
    ],
    [
      "whose trust policy names nobody",
      { AssumeRolePolicyDocument: trust([{ Effect: "Allow", Action: "sts:AssumeRole" }]) },
      /^MalformedPolicyDocument: Missing required field Principal$/,
    ],
    [
      "whose trust policy has a resource",
      {
        AssumeRolePolicyDocument: trust([{ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole", Resource: "*" }]),
      },
      /^MalformedPolicyDocument: Has prohibited field Resource$/,
    ],
    [
      "whose trust policy allows something else",
      {
        AssumeRolePolicyDocument: trust([
          { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "s3:GetObject" },
        ]),
      },
      /^MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions\.$/,
    ],
    [
      "whose trust policy names no AWS service",
      {
        AssumeRolePolicyDocument: trust([{ Effect: "Allow", Principal: { Service: "ec2" }, Action: "sts:AssumeRole" }]),
      },
      /^MalformedPolicyDocument: Invalid principal in policy/,
    ],
    [
      "whose trust policy misspells a service",
      {
        AssumeRolePolicyDocument: trust([
          { Effect: "Allow", Principal: { Service: "ecs-task.amazonaws.com" }, Action: "sts:AssumeRole" },
        ]),
      },
      /^MalformedPolicyDocument: Invalid principal in policy: "SERVICE":"ecs-task\.amazonaws\.com"$/,
    ],
    [
      "whose trust policy has a condition with an operator that IAM does not have",
      {
        AssumeRolePolicyDocument: trust([
          {
            Effect: "Allow",
            Principal: { Service: "ecs-tasks.amazonaws.com" },
            Action: "sts:AssumeRole",
            Condition: { StringIs: { "aws:SourceAccount": "000000000000" } },
          },
        ]),
      },
      /^MalformedPolicyDocument: Syntax errors in policy\.$/,
    ],
    [
      "with a space in its name",
      { RoleName: "my role" },
      /^ValidationError: The specified value for roleName is invalid/,
    ],
    [
      "with a name of 65 characters",
      { RoleName: "r".repeat(65) },
      /^ValidationError: .*length less than or equal to 64/,
    ],
    ["with a session of a minute", { MaxSessionDuration: 60 }, /^ValidationError: .*maxSessionDuration/],
    ["with a path without slashes", { Path: "team" }, /^ValidationError: The specified value for path is invalid/],
    [
      "with a dash that IAM does not know in its description",
      { Description: "a — b" },
      /^ValidationError: .*description/,
    ],
    ["with a tag of AWS's own", { Tags: [{ Key: "aws:x", Value: "y" }] }, /^InvalidInput: /],
  ])("%s", async (_what, input, expected) => {
    const { iam } = await clientsOf();
    expect(await refusal(create(iam, input))).toMatch(expected);
    expect((await iam.send(new ListRolesCommand({}))).Roles ?? []).toEqual([]);
  });
});

describe("a role cannot be deleted", () => {
  const remove = (iam: IAMClient) => iam.send(new DeleteRoleCommand({ RoleName }));

  test("while it is in an instance profile, has policies attached or inline ones", async () => {
    const { iam } = await clientsOf();
    const InstanceProfileName = RoleName;
    const document = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] });
    await create(iam);
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: SSM_CORE }));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument: document }));

    const conflict = (what: string) => `DeleteConflict: Cannot delete entity, must ${what} first.`;
    expect(await refusal(remove(iam))).toBe(conflict("remove roles from instance profile"));
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    expect(await refusal(remove(iam))).toBe(conflict("detach all policies"));
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: SSM_CORE }));
    expect(await refusal(remove(iam))).toBe(conflict("delete policies"));
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "own" }));
    await remove(iam);
    expect(await refusal(remove(iam))).toMatch(/^NoSuchEntity: /);
  });

  test("if it is a service's own", async () => {
    const { iam } = await clientsOf();
    const linked = () => iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "ecs.amazonaws.com" }));
    const { Role } = await linked();
    expect(Role).toMatchObject({ RoleName: "AWSServiceRoleForECS", Path: "/aws-service-role/ecs.amazonaws.com/" });
    const name = { RoleName: "AWSServiceRoleForECS" };
    expect(await refusal(iam.send(new DeleteRoleCommand(name)))).toMatch(/^UnmodifiableEntity: /);
    expect(await refusal(iam.send(new AttachRolePolicyCommand({ ...name, PolicyArn: SSM_CORE })))).toMatch(
      /^UnmodifiableEntity: /,
    );
    expect(await refusal(linked())).toBe(
      "InvalidInput: Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.",
    );
  });
});

test("trust, description, session and tags can be changed", async () => {
  const { iam } = await clientsOf();
  await create(iam);
  const document = TRUST_EC2.replace("ec2.", "ecs-tasks.");
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document }));
  await iam.send(new UpdateRoleCommand({ RoleName, Description: "new", MaxSessionDuration: 7200 }));
  await iam.send(
    new TagRoleCommand({
      RoleName,
      Tags: [
        { Key: "Stage", Value: "1" },
        { Key: "x", Value: "y" },
      ],
    }),
  );
  await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "stage", Value: "2" }] }));
  await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["x"] }));
  expect(await get(iam)).toMatchObject({
    AssumeRolePolicyDocument: encodeURIComponent(document),
    Description: "new",
    MaxSessionDuration: 7200,
  });
  expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([{ Key: "stage", Value: "2" }]);
  expect(await refusal(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: "x" })))).toMatch(
    /^MalformedPolicyDocument: /,
  );
});

test("roles are listed in pages by name, without tags", async () => {
  const { iam } = await clientsOf({ pageSize: 2 });
  for (const name of ["c", "a", "b"]) await create(iam, { RoleName: name, Tags: [{ Key: "k", Value: "v" }] });
  const first = await iam.send(new ListRolesCommand({}));
  expect(first).toMatchObject({ IsTruncated: true, Roles: [{ RoleName: "a" }, { RoleName: "b" }] });
  expect(first.Roles?.[0]?.Tags).toBeUndefined();
  const second = await iam.send(new ListRolesCommand({ Marker: first.Marker }));
  expect(second).toMatchObject({ IsTruncated: false, Roles: [{ RoleName: "c" }] });
  expect(await refusal(iam.send(new ListRolesCommand({ Marker: "x" })))).toMatch(/^ValidationError: /);
  expect(await refusal(iam.send(new ListRolesCommand({ MaxItems: 0 })))).toMatch(/^ValidationError: /);
});
