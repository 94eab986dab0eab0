import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

describeOnAwsCli("the aws CLI on IAM of the sandbox", () => {
  it.each([
    [
      "role-acesso-ssm",
      "ec2.amazonaws.com",
      ["AmazonEC2ContainerRegistryFullAccess", "AmazonECS_FullAccess", "AmazonSSMManagedInstanceCore"],
    ],
    ["ecs-ec2InstanceRole", "ec2.amazonaws.com", ["service-role/AmazonEC2ContainerServiceforEC2Role"]],
    ["ecsTaskExecutionRole", "ecs-tasks.amazonaws.com", ["service-role/AmazonECSTaskExecutionRolePolicy"]],
  ])("shows the role %s: who may take it, and its policies", (name, service, policies) => {
    const { Role } = look("iam", "get-role", "--role-name", name);
    expect(Role).toMatchObject({
      Path: "/",
      AssumeRolePolicyDocument: { Statement: [{ Effect: "Allow", Principal: { Service: service } }] },
      Tags: expect.arrayContaining([{ Key: "bia-infra:stack", Value: "bia" }]),
    });
    const { AttachedPolicies } = look("iam", "list-attached-role-policies", "--role-name", name);
    const arns = AttachedPolicies.map(({ PolicyArn }: { PolicyArn: string }) => PolicyArn);
    expect(arns.sort()).toEqual(policies.map((policy) => `arn:aws:iam::aws:policy/${policy}`));
  });

  it.each([
    ["role-acesso-ssm", "role-acesso-ssm"],
    ["ecs-ec2InstanceIProfile", "ecs-ec2InstanceRole"],
  ])("shows the instance profile %s, which holds %s", (profile, role) => {
    const found = look("iam", "get-instance-profile", "--instance-profile-name", profile);
    expect(found.InstanceProfile.Roles).toMatchObject([{ RoleName: role }]);
  });

  it("lets the tasks read the database's password and nothing else", () => {
    const names = look("iam", "list-role-policies", "--role-name", "ecsTaskExecutionRole");
    expect(names.PolicyNames).toEqual(["read-database-password"]);
    const policy = ["--policy-name", "read-database-password"];
    const found = look("iam", "get-role-policy", "--role-name", "ecsTaskExecutionRole", ...policy);
    expect(found.PolicyDocument.Statement).toMatchObject([
      {
        Effect: "Allow",
        Action: ["ssm:GetParameters"],
        Resource: [expect.stringMatching(/:parameter\/bia-infra\/bia\/bia\/password$/)],
      },
    ]);
  });

  it("has the roles that AWS makes for its services when they are first used", () => {
    const { Roles } = look("iam", "list-roles", "--path-prefix", "/aws-service-role/");
    expect(Roles.map(({ RoleName }: { RoleName: string }) => RoleName).sort()).toEqual([
      "AWSServiceRoleForAutoScaling",
      "AWSServiceRoleForECS",
      "AWSServiceRoleForElasticLoadBalancing",
      "AWSServiceRoleForRDS",
    ]);
  });

  const allow = { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" };
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [allow] });
  it.each([
    [["get-role", "--role-name", "nobody"], "NoSuchEntity"],
    [["get-instance-profile", "--instance-profile-name", "nothing"], "NoSuchEntity"],
    [["create-role", "--role-name", "role-acesso-ssm", "--assume-role-policy-document", trust], "EntityAlreadyExists"],
    [["create-instance-profile", "--instance-profile-name", "role-acesso-ssm"], "EntityAlreadyExists"],
    [["delete-role", "--role-name", "role-acesso-ssm"], "DeleteConflict"],
    [["delete-role", "--role-name", "ecsTaskExecutionRole"], "DeleteConflict"],
    [["delete-instance-profile", "--instance-profile-name", "ecs-ec2InstanceIProfile"], "DeleteConflict"],
    [
      [
        ...["add-role-to-instance-profile", "--instance-profile-name", "ecs-ec2InstanceIProfile"],
        ...["--role-name", "role-acesso-ssm"],
      ],
      "LimitExceeded",
    ],
    // The policy is at service-role/AmazonECSTaskExecutionRolePolicy.
    [
      [
        ...["attach-role-policy", "--role-name", "ecsTaskExecutionRole"],
        ...["--policy-arn", "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy"],
      ],
      "NoSuchEntity",
    ],
    [["list-users"], "SandboxNotEmulated"],
  ])("is refused with AWS's own code: %j", (args, code) => {
    expect(aws("iam", ...args).code).toBe(code);
  });
});
