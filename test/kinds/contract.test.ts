import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DisassociateIamInstanceProfileCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
  waitUntilInstanceStopped,
} from "@aws-sdk/client-ec2";
import {
  DetachRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { execute } from "../../src/remote/execute.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { everything } from "../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";
import { type Drift, describeContract } from "./contract.ts";

/** Every kind of stage 1 that makes something: the task that stands for it and what can be changed behind our back. */
const CONTRACTS: Readonly<Record<string, Readonly<Record<string, Drift>>>> = {
  "dev-security-group": {
    "a rule that was revoked": {
      field: /^ingress tcp 3001 from 0\.0\.0\.0\/0$/,
      make: async ({ ec2 }) => {
        const { groupId, ruleId } = await ruleOf(ec2);
        await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: [ruleId] }));
      },
    },
    "a rule whose port was changed": {
      field: /^ingress tcp (3001|22) from/,
      make: async ({ ec2 }) => {
        const { groupId, ruleId } = await ruleOf(ec2);
        const SecurityGroupRule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "0.0.0.0/0" };
        const SecurityGroupRules = [{ SecurityGroupRuleId: ruleId, SecurityGroupRule }];
        await ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: groupId, SecurityGroupRules }));
      },
    },
    "a rule whose description was changed": {
      field: /^description of ingress tcp 3001/,
      make: async ({ ec2 }) => {
        const { groupId } = await ruleOf(ec2);
        const IpRanges = [{ CidrIp: "0.0.0.0/0", Description: "changed" }];
        const IpPermissions = [{ IpProtocol: "tcp", FromPort: 3001, ToPort: 3001, IpRanges }];
        await ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId: groupId, IpPermissions }));
      },
    },
    "a tag": {
      field: /^tag Name$/,
      make: async ({ ec2 }) => {
        const { groupId } = await ruleOf(ec2);
        await ec2.send(new CreateTagsCommand({ Resources: [groupId], Tags: [{ Key: "Name", Value: "changed" }] }));
      },
    },
  },
  "dev-role": {
    "a policy that was detached": {
      field: /^policy AmazonECS_FullAccess$/,
      make: ({ iam }) => {
        const PolicyArn = "arn:aws:iam::aws:policy/AmazonECS_FullAccess";
        return iam.send(new DetachRolePolicyCommand({ RoleName: "role-acesso-ssm", PolicyArn }));
      },
    },
    "the trust policy": {
      field: /^trust policy$/,
      make: ({ iam }) => {
        const Statement = [
          { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
        ];
        const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
        return iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "role-acesso-ssm", PolicyDocument }));
      },
    },
  },
  "dev-instance-profile": {
    "its role that was taken out": {
      field: /^role$/,
      make: ({ iam }) => {
        const names = { RoleName: "role-acesso-ssm", InstanceProfileName: "role-acesso-ssm" };
        return iam.send(new RemoveRoleFromInstanceProfileCommand(names));
      },
    },
  },
  "dev-instance": {
    "its security groups": {
      field: /^securityGroups$/,
      make: async ({ ec2 }) => {
        const { SecurityGroups } = await ec2.send(
          new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["default"] }] }),
        );
        const Groups = [SecurityGroups?.[0]?.GroupId ?? ""];
        await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: await instanceId(ec2), Groups }));
      },
    },
    "its metadata options": {
      field: /^metadataOptions\.httpTokens$/,
      make: async ({ ec2 }) => {
        const InstanceId = await instanceId(ec2);
        await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: "optional" }));
      },
    },
    "how far its metadata reaches": {
      field: /^metadataOptions\.httpPutResponseHopLimit$/,
      make: async ({ ec2 }) => {
        const InstanceId = await instanceId(ec2);
        await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpPutResponseHopLimit: 1 }));
      },
    },
    "its instance profile": {
      field: /^instanceProfile$/,
      make: async ({ ec2 }) => {
        const there = await ec2.send(new DescribeIamInstanceProfileAssociationsCommand({}));
        const AssociationId = there.IamInstanceProfileAssociations?.[0]?.AssociationId;
        await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
      },
    },
    "its being stopped": {
      field: /^state$/,
      make: async ({ ec2 }) => {
        const InstanceIds = [await instanceId(ec2)];
        await ec2.send(new StopInstancesCommand({ InstanceIds }));
        await waitUntilInstanceStopped({ client: ec2, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { InstanceIds });
      },
    },
  },
  "dev-ready": {},
  "dev-app-source": {},
  "dev-app": {
    "its containers that were stopped": {
      field: /^http:.*\/api\/versao$/,
      make: (aws) => onMachine(aws, "docker stop bia"),
    },
    "its containers that were removed": {
      field: /^http:.*\/api\/versao$/,
      make: (aws) => onMachine(aws, "docker rm --force bia"),
    },
  },
  "dev-database": {
    "its table that is gone": {
      field: /^http:.*\/api\/tarefas$/,
      make: (aws) => onMachine(aws, "docker exec bia rm migrated"),
    },
  },
};

/** Runs a command on the machine, as somebody does who has opened a shell there. */
async function onMachine(aws: AwsClients, script: string): Promise<void> {
  const command = { instanceId: await instanceId(aws.ec2), comment: "somebody", script };
  const { status, stderr } = await execute(aws, command, new AbortController().signal);
  expect({ status, stderr }).toMatchObject({ status: "Success" });
}

for (const [task, drifts] of Object.entries(CONTRACTS)) describeContract({ task, drifts });

describe("what someone else made under the same name", () => {
  async function withForeignGroup(): Promise<RunningSandbox> {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2, close } = bound(clientsOf(sandbox));
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: "bia-dev", Description: "made by somebody" }));
    close();
    return sandbox;
  }

  it("is used as it is, said so, and survives a destroy", async () => {
    const sandbox = await withForeignGroup();
    // Not the app: nobody can reach it through a group that does not open its port.
    expect(verdicts(await createOn(sandbox, { only: "dev-instance" }))).toMatchObject({
      "dev-security-group": "foreign",
      "dev-instance": "create",
    });
    const destroyed = await destroyOn(sandbox);
    expect(verdicts(destroyed)).toMatchObject({ "dev-security-group": "foreign", "dev-instance": "remove" });
    expect(JSON.stringify(await everything(sandbox))).toContain("made by somebody");
  });

  it("is taken over with --adopt", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2, close } = bound(clientsOf(sandbox));
    const Description = "Acesso da maquina de trabalho";
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: "bia-dev", Description }));
    close();
    expect(verdicts(await createOn(sandbox, { adopt: true }))).toMatchObject({ "dev-security-group": "update" });
    expect(verdicts(await planOn(sandbox))).toMatchObject({ "dev-security-group": "unchanged" });
    expect(verdicts(await destroyOn(sandbox))).toMatchObject({ "dev-security-group": "remove" });
  });

  it("is a rule in our group: reported, left alone, and no difference", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "dev-security-group" });
    const { ec2, close } = bound(clientsOf(sandbox));
    const { groupId } = await ruleOf(ec2);
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.7/32" }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions }));
    close();
    const { tasks, calls } = await createOn(sandbox, { only: "dev-security-group" });
    expect(tasks.at(-1)).toMatchObject({
      verdict: "unchanged",
      detail: expect.stringContaining("added by others: tcp 22"),
    });
    expect(calls.changing).toBe(0);
  });
});

function bound(clients: AwsClients): { ec2: AwsClients["ec2"]; close: () => void } {
  return { ec2: clients.ec2, close: () => clients.close() };
}

async function ruleOf(ec2: AwsClients["ec2"]): Promise<{ groupId: string; ruleId: string }> {
  const Filters = [{ Name: "group-name", Values: ["bia-dev"] }];
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const groupId = SecurityGroups?.[0]?.GroupId ?? "";
  const rules = await ec2.send(
    new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [groupId] }] }),
  );
  const rule = rules.SecurityGroupRules?.find(({ IsEgress, FromPort }) => !IsEgress && FromPort === 3001);
  return { groupId, ruleId: rule?.SecurityGroupRuleId ?? "" };
}

async function instanceId(ec2: AwsClients["ec2"]): Promise<string> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations?.[0]?.Instances?.[0]?.InstanceId ?? "";
}
