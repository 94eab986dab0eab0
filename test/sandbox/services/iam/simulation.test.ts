import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  type IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { TRUST_EC2 } from "../ec2/fixtures.ts";

const RoleName = "reader";
const PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/secret";

async function withRole() {
  const { iam } = await clientsOf();
  const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST_EC2 }));
  return { iam, arn: made.Role?.Arn ?? "" };
}

function put(iam: IAMClient, name: string, statement: object) {
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument }));
}

async function ask(iam: IAMClient, arn: string, action: string, ResourceArns?: string[]) {
  const asked = { PolicySourceArn: arn, ActionNames: [action], ...(ResourceArns && { ResourceArns }) };
  return (await iam.send(new SimulatePrincipalPolicyCommand(asked))).EvaluationResults?.[0];
}

test("what a role may do follows from its policies, and a statement that denies wins", async () => {
  const { iam, arn } = await withRole();
  const decision = async () => (await ask(iam, arn, "ssm:GetParameters", [PARAMETER]))?.EvalDecision;
  expect(await decision()).toBe("implicitDeny");
  await put(iam, "read", { Effect: "Allow", Action: "ssm:GetParameters", Resource: PARAMETER });
  expect(await ask(iam, arn, "ssm:GetParameters", [PARAMETER])).toMatchObject({
    EvalActionName: "ssm:GetParameters",
    EvalResourceName: PARAMETER,
    EvalDecision: "allowed",
    MatchedStatements: [{ SourcePolicyId: "read" }],
  });
  expect((await ask(iam, arn, "ssm:GetParameters"))?.EvalDecision).toBe("implicitDeny");
  await put(iam, "not", { Effect: "Deny", Action: "ssm:*", Resource: "*" });
  expect(await decision()).toBe("explicitDeny");
});

test("managed policies of AWS count", async () => {
  const { iam, arn } = await withRole();
  const PolicyArn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  expect(await ask(iam, arn, "ecr:BatchGetImage")).toMatchObject({
    EvalDecision: "allowed",
    MatchedStatements: [{ SourcePolicyId: "AmazonECSTaskExecutionRolePolicy" }],
  });
});

test("a statement whose condition has no value does not count, and its key is named", async () => {
  const { iam, arn } = await withRole();
  const Condition = { StringEquals: { "aws:SourceVpc": "vpc-1" } };
  await put(iam, "read", { Effect: "Allow", Action: "ssm:*", Resource: "*", Condition });
  expect(await ask(iam, arn, "ssm:GetParameters")).toMatchObject({
    EvalDecision: "implicitDeny",
    MissingContextValues: ["aws:SourceVpc"],
  });
  const named = await ask(iam, arn, "ssm:GetParameters", [PARAMETER]);
  expect(named?.ResourceSpecificResults?.[0]?.MissingContextValues).toEqual(["aws:SourceVpc"]);
});

test("conditions are judged by the values that are given, and variables need one, too", async () => {
  const { iam, arn } = await withRole();
  const Condition = { StringLike: { "aws:PrincipalTag/team": ["sh*"] }, Bool: { "aws:SecureTransport": "true" } };
  const Resource = PARAMETER.replace("secret", "$" + "{aws:username}");
  await put(iam, "read", { Effect: "Allow", Action: "ssm:*", Resource, Condition });
  const given = async (values: Record<string, string>) => {
    const ContextEntries = Object.entries(values).map(([ContextKeyName, value]) => ({
      ContextKeyName,
      ContextKeyType: "string" as const,
      ContextKeyValues: [value],
    }));
    const asked = {
      PolicySourceArn: arn,
      ActionNames: ["ssm:GetParameter"],
      ResourceArns: [PARAMETER],
      ContextEntries,
    };
    const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand(asked));
    return EvaluationResults?.[0];
  };
  const all = { "AWS:PrincipalTag/Team": "shop", "aws:SecureTransport": "true", "aws:username": "secret" };
  expect(await given(all)).toMatchObject({ EvalDecision: "allowed" });
  expect(await given({ ...all, "aws:SecureTransport": "false" })).toMatchObject({ EvalDecision: "implicitDeny" });
  expect(await given({ ...all, "aws:username": "other" })).toMatchObject({ EvalDecision: "implicitDeny" });
  const missing = (await given({ "aws:SecureTransport": "true" }))?.ResourceSpecificResults?.[0];
  expect(missing).toMatchObject({
    EvalResourceDecision: "implicitDeny",
    MissingContextValues: ["aws:PrincipalTag/team", "aws:username"],
  });
});

test("what is no role of the account, or no ARN, is refused", async () => {
  const { iam, arn } = await withRole();
  expect(await refusal(ask(iam, arn.replace(RoleName, "nobody"), "ssm:GetParameters"))).toBe(
    "NoSuchEntity: The role with name nobody cannot be found.",
  );
  const session = "arn:aws:sts::123456789012:assumed-role/reader/me";
  expect(await refusal(ask(iam, session, "ssm:GetParameters"))).toBe(`InvalidInput: Invalid Entity Arn: ${session}`);
  expect(await refusal(ask(iam, arn, "ssm:GetParameters", ["secret"]))).toContain("not in a valid ARN format: secret");
});
