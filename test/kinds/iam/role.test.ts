import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { repository } from "../../../src/kinds/ecr/repository.ts";
import { role } from "../../../src/kinds/iam/role.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const RoleName = "ecsTaskExecutionRole";
const PolicyName = "read-secrets";
const EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const secret = "arn:aws:ssm:us-east-1:000000000000:parameter/bia/db-password";
const reads = (...Resource: string[]) => ({
  Version: "2012-10-17" as const,
  Statement: [{ Effect: "Allow" as const, Action: ["ssm:GetParameters"], Resource }],
});

const execution = task("execution-role", `role ${RoleName}`, role, {
  name: RoleName,
  service: "ecs-tasks.amazonaws.com",
  managedPolicies: [EXECUTION],
  inlinePolicies: { [PolicyName]: reads(secret) },
});
const stage = { name: "1", title: "roles", tasks: [execution], outputs: {}, costs: [] };
const stack: Stack = { name: "bia", stages: [stage] };
const only = "execution-role";

describeContract({
  task: only,
  stack,
  drifts: {
    "a managed policy that was detached": {
      field: /^policy AmazonECSTaskExecutionRolePolicy$/,
      make: ({ iam }) => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: EXECUTION })),
    },
    "a policy of its own that was deleted": {
      field: /^inline policy read-secrets$/,
      make: ({ iam }) => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })),
    },
    "a policy of its own that says something else": {
      field: /^inline policy read-secrets$/,
      make: ({ iam }) => {
        const PolicyDocument = JSON.stringify(reads("*"));
        return iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
      },
    },
  },
});

describe("a role's own policies", () => {
  it("are compared by what they mean, not by how they are written", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    const { iam } = clientsOf(sandbox);
    const Statement = { Resource: secret, Action: "ssm:GetParameters", Effect: "Allow" };
    const PolicyDocument = JSON.stringify({ Statement, Version: "2012-10-17" }, null, 2);
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ [only]: "unchanged" });
  });

  it("go with it although it is in an instance profile that was half made", async () => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 2000 });
    const { iam, close } = clientsOf(sandbox);
    onTestFinished(close);
    await createOn(sandbox, { stack, only });
    const InstanceProfileName = "half-made";
    const Tags = [{ Key: "bia-infra:stack", Value: stack.name }];
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Tags }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    expect(verdicts(await destroyOn(sandbox, { stack, only }))[only]).toBe("remove");
  });

  it("that other variables gave it are taken away, and one of the same name that somebody else wrote stays", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    const bare = task("execution-role", `role ${RoleName}`, role, {
      name: RoleName,
      service: "ecs-tasks.amazonaws.com",
      managedPolicies: [EXECUTION],
      formerPolicies: { [PolicyName]: reads(secret) },
    });
    const without: Stack = { name: "bia", stages: [{ ...stage, tasks: [bare] }] };
    expect(verdicts(await planOn(sandbox, { stack: without, only }))).toEqual({ [only]: "update" });
    expect(verdicts(await createOn(sandbox, { stack: without, only }))).toEqual({ [only]: "update" });
    const { iam, close } = clientsOf(sandbox);
    onTestFinished(close);
    const read = () => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    await expect(read()).rejects.toMatchObject({ name: "NoSuchEntityException" });
    const PolicyDocument = JSON.stringify(reads("*"));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    expect(verdicts(await createOn(sandbox, { stack: without, only }))).toEqual({ [only]: "unchanged" });
    expect((await read()).PolicyDocument).toBe(encodeURIComponent(PolicyDocument));
  });

  it("that others add stay, and go with the role", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack, only });
    const { iam } = clientsOf(sandbox);
    const theirs = { RoleName, PolicyName: "theirs", PolicyDocument: JSON.stringify(reads("*")) };
    await iam.send(new PutRolePolicyCommand(theirs));
    expect(verdicts(await createOn(sandbox, { stack, only }))).toEqual({ [only]: "unchanged" });
    expect(await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "theirs" }))).toMatchObject({
      PolicyName: "theirs",
    });
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("may name what another task makes", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const images = task("images", "repository bia", repository, { name: "bia" });
    const puller = task("puller", "role puller", role, {
      name: "puller",
      service: "ec2.amazonaws.com",
      managedPolicies: [],
      inlinePolicies: {
        pull: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: ["ecr:BatchGetImage"], Resource: [images.out(({ arn }) => arn)] }],
        },
      },
    });
    const both: Stack = { name: "bia", stages: [{ ...stage, tasks: [images, puller] }] };
    expect(verdicts(await planOn(sandbox, { stack: both }))).toEqual({ images: "create", puller: "create" });
    await createOn(sandbox, { stack: both });
    const { iam } = clientsOf(sandbox);
    const { PolicyDocument = "" } = await iam.send(
      new GetRolePolicyCommand({ RoleName: "puller", PolicyName: "pull" }),
    );
    expect(decodeURIComponent(PolicyDocument)).toContain('"arn:aws:ecr:us-east-1:000000000000:repository/bia"');
    expect(verdicts(await planOn(sandbox, { stack: both }))).toEqual({ images: "unchanged", puller: "unchanged" });
  });
});

describe("a role that somebody else made", () => {
  async function somebodysRole(sandbox: RunningSandbox): Promise<void> {
    const { iam } = clientsOf(sandbox);
    const Statement = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: EXECUTION }));
  }

  it("is used and left as it is, other policies and all", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await somebodysRole(sandbox);
    const PolicyDocument = JSON.stringify(reads("arn:aws:ssm:us-east-1:000000000000:parameter/somewhere/else"));
    await clientsOf(sandbox).iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack, only });
    expect(created.tasks).toMatchObject([{ verdict: "foreign", changes: [{ field: "inline policy read-secrets" }] }]);
    expect(created.calls.changing).toBe(0);
    expect((await destroyOn(sandbox, { stack, only })).calls.changing).toBe(0);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("is refused while it lacks a policy without which nothing would work, before anything is changed", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await somebodysRole(sandbox);
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ [only]: "blocked" });
    const refused = await createOn(sandbox, { stack, only });
    expect(refused.calls.changing).toBe(0);
    expect(refused.tasks).toMatchObject([
      {
        verdict: "failed",
        error: {
          why: expect.stringMatching(/made by somebody else and lacks inline policy read-secrets/),
          next: expect.stringContaining("another name in the variables"),
        },
      },
    ]);
  });

  it("gets what it lacks once it is adopted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { iam } = clientsOf(sandbox);
    const Statement = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    await createOn(sandbox, { stack, only, adopt: true });
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ [only]: "unchanged" });
  });
});
