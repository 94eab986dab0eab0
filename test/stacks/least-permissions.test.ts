import { CreateTagsCommand, CreateVpcCommand, DeleteVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { expect, it, onTestFinished } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { permissionsOf, stackOf } from "../../src/stacks/index.ts";
import { policiesFor } from "../../src/stacks/permissions.ts";
import { schemas } from "../../src/variables/schemas.ts";
import { clientsOf, createOn, destroyOn, unfinished } from "../support/runs.ts";
import { clientConfig, sandboxForTest } from "../support/sandbox.ts";

const variables = schemas.retail.parse({ stack: "retail" });
const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });

/** A sandbox as somebody sees it who may do what `permissions create destroy` prints, and nothing else. */
async function asLeast(sandbox: RunningSandbox) {
  const aws = clientsOf(sandbox);
  onTestFinished(() => aws.close());
  const Statement = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await aws.iam.send(new CreateRoleCommand({ RoleName: "least", AssumeRolePolicyDocument }));
  const permissions = permissionsOf(variables, "us-east-1", sandbox.world.account);
  const { roles } = sandbox.world.iam;
  const made = roles.find(({ RoleName }) => RoleName === "least");
  if (!made) throw new Error("the role was not made");
  // On AWS they are managed policies: inline ones may be of 10,240 characters together.
  const inline = Object.fromEntries(
    policiesFor(permissions, ["create", "destroy"]).map((policy, index) => [`part-${index}`, JSON.stringify(policy)]),
  );
  const role = { ...made, hidden: { ...made.hidden, inline } };
  roles.put(role);
  const { token, ...keys } = sandbox.world.roleSessions.of(role, { name: "ana", sourceIp: () => undefined });
  return { ...sandbox, keys: { ...keys, sessionToken: token } };
}

it("what permissions prints is enough to make a network and to destroy it, and not to delete one of somebody else's", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const least = await asLeast(sandbox);
  expect(unfinished(await createOn(least, { stack, stage: ["network"] }))).toEqual([]);
  expect(unfinished(await destroyOn(least, { stack, stage: ["network"] }))).toEqual([]);

  const owner = new EC2Client(clientConfig(sandbox));
  const ec2 = new EC2Client(clientConfig(least));
  onTestFinished(() => {
    owner.destroy();
    ec2.destroy();
  });
  const { Vpc: { VpcId = "" } = {} } = await owner.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
  await expect(ec2.send(new DeleteVpcCommand({ VpcId }))).rejects.toMatchObject({
    name: "UnauthorizedOperation",
    message: `You are not authorized to perform this operation. User: arn:aws:sts::${sandbox.world.account}:assumed-role/least/ana is not authorized to perform: ec2:DeleteVpc on resource: arn:aws:ec2:us-east-1:${sandbox.world.account}:vpc/${VpcId} because no identity-based policy allows the ec2:DeleteVpc action`,
  });
  const Tags = [{ Key: "bia-infra:stack", Value: "retail" }];
  await owner.send(new CreateTagsCommand({ Resources: [VpcId], Tags }));
  await ec2.send(new DeleteVpcCommand({ VpcId }));
});
