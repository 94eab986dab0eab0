import {
  AddRoleToInstanceProfileCommand,
  CreateRoleCommand,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { instanceProfile } from "../../../src/kinds/iam/instance-profile.ts";
import { role } from "../../../src/kinds/iam/role.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const InstanceProfileName = "ecs-ec2InstanceIProfile";
const RoleName = "ecs-ec2InstanceRole";

const instanceRole = task("role", `role ${RoleName}`, role, {
  name: RoleName,
  service: "ec2.amazonaws.com",
  managedPolicies: [],
});
const profile = task("profile", `instance profile ${InstanceProfileName}`, instanceProfile, {
  name: InstanceProfileName,
  role: instanceRole.out(({ name }) => name),
});
const tasks = [instanceRole, profile];
const stack: Stack = { name: "bia", stages: [{ name: "1", title: "profiles", tasks, outputs: {}, costs: [] }] };

/** A role of somebody else. */
async function prepare(sandbox: RunningSandbox): Promise<void> {
  const { iam, close } = clientsOf(sandbox);
  const Statement = [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new CreateRoleCommand({ RoleName: "theirs", AssumeRolePolicyDocument }));
  close();
}

describeContract({
  task: "profile",
  stack,
  prepare,
  drifts: {
    "no role": {
      field: /^role$/,
      make: ({ iam }) => iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName })),
    },
    "another role": {
      field: /^role$/,
      make: async ({ iam }) => {
        await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
        await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "theirs" }));
      },
    },
  },
});

it.each([
  "Value (role-acesso-ssm) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
  'IAM Instance Profile "arn:aws:iam::000000000000:instance-profile/role-acesso-ssm" has no associated IAM Roles',
])("trap 6: an instance is launched once EC2 sees its profile and the role in it: %s", async (message) => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const unseen = { code: "InvalidParameterValue", message };
  sandbox.world.faults.set([{ operation: "ec2:RunInstances", nth: [1, 2], effect: { error: unseen } }]);
  const { failed, events } = await createOn(sandbox, { only: "dev-instance" });
  expect(failed).toBe(false);
  expect(sandbox.world.faults.strikes()[0]).toMatchObject({ struck: 2, matched: 3 });
  const reason = "waiting for AWS to see what was just made";
  expect(events).toContainEqual(expect.objectContaining({ type: "waiting", task: "dev-instance", reason }));
});
