import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListPoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { SSM_CORE, TRUST_EC2 } from "../ec2/fixtures.ts";

const RoleName = "role-acesso-ssm";
const managed = (name: string) => `arn:aws:iam::aws:policy/${name}`;
const attach = (iam: IAMClient, PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
const detach = (iam: IAMClient, PolicyArn: string) => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));

async function withRole(options: Parameters<typeof clientsOf>[0] = {}) {
  const clients = await clientsOf(options);
  await clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST_EC2 }));
  return clients;
}

async function attached(iam: IAMClient): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName })) {
    names.push(...(page.AttachedPolicies ?? []).map(({ PolicyName }) => PolicyName));
  }
  return names;
}

test("managed policies of AWS are attached, in small pages, and detached", async () => {
  const { iam } = await withRole({ pageSize: 1 });
  const names = ["AmazonSSMManagedInstanceCore", "AmazonECS_FullAccess", "AmazonEC2ContainerRegistryFullAccess"];
  for (const name of names) await attach(iam, managed(name));
  expect(await attached(iam)).toEqual(names);
  await detach(iam, SSM_CORE);
  expect(await attached(iam)).toEqual(names.slice(1));
});

test("attaching a policy again succeeds, detaching it again does not", async () => {
  const { iam } = await withRole();
  await attach(iam, SSM_CORE);
  await attach(iam, SSM_CORE);
  expect(await attached(iam)).toHaveLength(1);
  await detach(iam, SSM_CORE);
  expect(await refusal(detach(iam, SSM_CORE))).toBe(`NoSuchEntity: Policy ${SSM_CORE} was not found.`);
});

test("a policy under the wrong path is not there, as with the course's own script", async () => {
  const { iam } = await withRole();
  const wrong = managed("AmazonECSTaskExecutionRolePolicy");
  expect(await refusal(attach(iam, wrong))).toBe(`NoSuchEntity: Policy ${wrong} does not exist or is not attachable.`);
  await attach(iam, managed("service-role/AmazonECSTaskExecutionRolePolicy"));
});

test("an ARN that is none, and the eleventh policy, are refused", async () => {
  const { iam } = await withRole();
  expect(await refusal(attach(iam, "AmazonSSMManagedInstanceCore"))).toMatch(/^InvalidInput: /);
  const { Policies = [] } = await iam.send(new ListPoliciesCommand({ PathPrefix: "/service-role/" }));
  for (const { Arn = "" } of Policies.slice(0, 10)) await attach(iam, Arn);
  expect(await refusal(attach(iam, SSM_CORE))).toBe("LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
});

test("policies of AWS can be looked up and listed", async () => {
  const { iam } = await withRole();
  await attach(iam, SSM_CORE);
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: SSM_CORE }));
  expect(Policy).toMatchObject({ PolicyName: "AmazonSSMManagedInstanceCore", AttachmentCount: 1, IsAttachable: true });
  expect(await refusal(iam.send(new GetPolicyCommand({ PolicyArn: managed("Ghost") })))).toMatch(/^NoSuchEntity: /);
  const names: (string | undefined)[] = [];
  for await (const page of paginateListPolicies({ client: iam }, { Scope: "AWS" })) {
    names.push(...(page.Policies ?? []).map(({ PolicyName }) => PolicyName));
  }
  expect(names.length).toBeGreaterThan(50);
  expect(new Set(names).size).toBe(names.length);
  expect((await iam.send(new ListPoliciesCommand({ OnlyAttached: true }))).Policies).toMatchObject([{ Arn: SSM_CORE }]);
});

test("inline policies are put, answered URL-encoded, listed and deleted", async () => {
  const { iam } = await withRole();
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" }],
  });
  const own = { RoleName, PolicyName: "own" };
  await iam.send(new PutRolePolicyCommand({ ...own, PolicyDocument }));
  expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(["own"]);
  expect((await iam.send(new GetRolePolicyCommand(own))).PolicyDocument).toBe(encodeURIComponent(PolicyDocument));
  await iam.send(new DeleteRolePolicyCommand(own));
  const missing = "NoSuchEntity: The role policy with name own cannot be found.";
  expect(await refusal(iam.send(new GetRolePolicyCommand(own)))).toBe(missing);
  expect(await refusal(iam.send(new DeleteRolePolicyCommand(own)))).toBe(missing);
});

test.each([
  ["{", "This policy contains invalid Json"],
  [`{"Statement":[]}`, "Syntax errors in policy."],
  [`{"Statement":{"Effect":"Allow","Action":"s3:*"}}`, "Policy statement must contain resources."],
  [`{"Statement":{"Effect":"Allow","Resource":"*"}}`, "Policy statement must contain actions."],
  [`{"Statement":{"Effect":"Permit","Action":"s3:*","Resource":"*"}}`, "Syntax errors in policy."],
  [
    `{"Statement":{"Effect":"Allow","Action":"GetObject","Resource":"*"}}`,
    "Actions/Conditions must be prefaced by a vendor",
  ],
  [
    `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}}`,
    "Policy document should not specify a principal.",
  ],
])("the inline policy %s is malformed", async (PolicyDocument, message) => {
  const { iam } = await withRole();
  const said = await refusal(iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument })));
  expect(said.startsWith(`MalformedPolicyDocument: ${message}`)).toBe(true);
});

test("conditions are refused whose operator IAM does not have, or whose key the sandbox does not know, and none is ignored", async () => {
  const { iam } = await withRole();
  const put = (Condition: unknown, Resource = "*") => {
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "s3:*", Resource, Condition },
    });
    return refusal(iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument })));
  };
  const syntax = "MalformedPolicyDocument: Syntax errors in policy.";
  expect(await put({ StringEqual: { "aws:username": "a" } })).toBe(syntax);
  expect(await put({ NullIfExists: { "aws:username": "true" } })).toBe(syntax);
  expect(await put({ StringEquals: "aws:username" })).toBe(syntax);
  expect(await put([{ StringEquals: { "aws:username": "a" } }])).toBe(syntax);
  expect(await put({ StringEquals: { "aws:username": { a: "b" } } })).toBe(syntax);
  expect(await put({ StringEquals: { username: "a" } })).toMatch(
    /^MalformedPolicyDocument: Actions\/Conditions must be prefaced by a vendor/,
  );
  // A cluster's name instead of its ARN.
  expect(await put({ ArnEquals: { "ecs:cluster": "shop" } })).toBe(
    "MalformedPolicyDocument: The policy failed legacy parsing",
  );
  const unknown = (key: string) =>
    `SandboxNotEmulated: The sandbox does not know the condition key ${key}; AWS may have it.`;
  expect(await put({ StringEquals: { "s3:prefix": "a" } })).toBe(unknown("s3:prefix"));
  expect(await put({ StringEquals: { "aws:RequestedRegions": "a" } })).toBe(unknown("aws:RequestedRegions"));
  expect(await put({}, "arn:aws:s3:::a/$" + "{s3:prefix}")).toBe(unknown("s3:prefix"));
  const all = {
    StringEquals: { "aws:requestedregion": ["us-east-1"], "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    "ForAllValues:StringLikeIfExists": { "dynamodb:LeadingKeys": ["$" + "{aws:PrincipalTag/team}*", "$" + "{*}"] },
    Bool: { "aws:SecureTransport": false },
    ArnLike: { "ecs:cluster": "arn:aws:ecs:*:*:cluster/shop" },
    Null: { "ssm:resourceTag/team": "true", "token.actions.githubusercontent.com:sub": "true" },
  };
  await expect(put(all)).rejects.toThrow("The call was not refused.");
});
