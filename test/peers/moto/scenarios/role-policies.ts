import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import type { Scenario } from "../transcript.ts";

const RoleName = "shopTaskRole";
const trusting = (Service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
  });
const PolicyDocument = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "ssmmessages:OpenDataChannel", Resource: "*" }],
});

/** Roles with policies of their own. */
export const rolePolicies: Scenario = {
  title: "roles with inline policies",
  async run({ iam }, call) {
    const PolicyName = "ecs-exec";
    const made = {
      RoleName,
      AssumeRolePolicyDocument: trusting("ecs-tasks.amazonaws.com"),
      Tags: [{ Key: "owner", Value: "me" }],
    };
    await call("CreateRole", iam.send(new CreateRoleCommand(made)));
    await call("CreateRole, again", iam.send(new CreateRoleCommand(made)));
    await call("PutRolePolicy", iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument })));
    await call(
      "PutRolePolicy, no JSON",
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: "{" })),
    );
    await call(
      "PutRolePolicy, unknown",
      iam.send(new PutRolePolicyCommand({ RoleName: "nobody", PolicyName, PolicyDocument })),
    );
    await call("GetRolePolicy", iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })));
    await call("GetRolePolicy, unknown", iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "nothing" })));
    await call("ListRolePolicies", iam.send(new ListRolePoliciesCommand({ RoleName })));
    const PolicyArn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    await call("AttachRolePolicy", iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })));
    await call("ListAttachedRolePolicies", iam.send(new ListAttachedRolePoliciesCommand({ RoleName })));
    await call(
      "UpdateAssumeRolePolicy",
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trusting("ec2.amazonaws.com") })),
    );
    await call("TagRole", iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "stage", Value: "one" }] })));
    await call("ListRoleTags", iam.send(new ListRoleTagsCommand({ RoleName })));
    await call("UntagRole", iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["stage"] })));
    await call("GetRole", iam.send(new GetRoleCommand({ RoleName })));
    await call("DeleteRole, with policies", iam.send(new DeleteRoleCommand({ RoleName })));
    await call("DeleteRolePolicy", iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
    await call("DeleteRolePolicy, again", iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
    await call("DeleteRole, with one attached", iam.send(new DeleteRoleCommand({ RoleName })));
    await call("DetachRolePolicy", iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
    await call("DetachRolePolicy, again", iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
    await call("DeleteRole", iam.send(new DeleteRoleCommand({ RoleName })));
    await call("GetRole, deleted", iam.send(new GetRoleCommand({ RoleName })));
  },
  differences: [],
};
