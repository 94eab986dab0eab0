import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateRoleCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
} from "@aws-sdk/client-route-53";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { bareEnvironment, type CliResult, runCli } from "../support/cli.ts";
import { clientsOf, createOn, type RunResult, unfinished } from "../support/runs.ts";
import { homeOf } from "../support/sandbox.ts";

/** An account in which somebody else had things before us, and adds to what we made: what a destroy does to those. */

let sandbox: RunningSandbox;
let aws: AwsClients;
let created: RunResult;

beforeEach(async () => {
  // A run waits half a minute for somebody to take a rule away.
  sandbox = await startSandbox({ delays: "none", speed: 20 });
  aws = clientsOf(sandbox);
  await makeTheirs();
  created = await createOn(sandbox);
  expect(unfinished(created)).toEqual([]);
});

afterEach(async () => {
  aws.close();
  await sandbox.close();
});

const trust = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
const mail = { Name: "mail.bia.localhost.", Type: "A" as const, TTL: 300, ResourceRecords: [{ Value: "192.0.2.1" }] };

async function destroyAll(): Promise<CliResult> {
  const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  return runCli(["destroy", "--all", "--yes"], env);
}

async function groupNamed(name: string): Promise<{ GroupId: string; VpcId: string } | undefined> {
  const Filters = [{ Name: "group-name", Values: [name] }];
  const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  const { GroupId = "", VpcId = "" } = SecurityGroups[0] ?? {};
  return GroupId === "" ? undefined : { GroupId, VpcId };
}

async function makeTheirs(): Promise<void> {
  await aws.iam.send(
    new CreateRoleCommand({ RoleName: "ecsTaskExecutionRole", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const rights = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const PolicyDocument = JSON.stringify(rights);
  await aws.iam.send(
    new PutRolePolicyCommand({
      RoleName: "ecsTaskExecutionRole",
      PolicyName: "read-database-password",
      PolicyDocument,
    }),
  );
  const { HostedZone } = await aws.route53.send(
    new CreateHostedZoneCommand({ Name: "bia.localhost", CallerReference: "theirs" }),
  );
  const Changes = [{ Action: "CREATE" as const, ResourceRecordSet: mail }];
  const { Id: HostedZoneId } = HostedZone ?? {};
  await aws.route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
  await aws.ec2.send(new CreateKeyPairCommand({ KeyName: "theirs" }));
  await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName: "theirs", Description: "theirs" }));
}

describe("what somebody else made", () => {
  it("is used by create as it is: a role, a hosted zone", async () => {
    const foreign = created.tasks.filter(({ verdict }) => verdict === "foreign").map(({ id }) => id);
    expect(foreign.sort()).toEqual(["execution-role", "hosted-zone"]);
  });

  it("keeps what it mentions, and destroy says which rule of which group that is", async () => {
    const dev = await groupNamed("bia-dev");
    const { GroupId: theirs } = (await groupNamed("theirs")) ?? {};
    const UserIdGroupPairs = [{ GroupId: dev?.GroupId }];
    const rule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, UserIdGroupPairs };
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: theirs, IpPermissions: [rule] }));
    const { code, stderr } = await destroyAll();
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain(`a rule of security group theirs (${theirs})`);
    expect(stderr).toContain(`Delete the rules that mention ${dev?.GroupId}`);
    expect(await groupNamed("bia-dev")).toEqual(dev);
  });

  it("inside a group of ours goes with it, and destroy names it although it does not ask", async () => {
    const dev = await groupNamed("bia-dev");
    const IpRanges = [{ CidrIp: "203.0.113.7/32" }];
    const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges };
    await aws.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: dev?.GroupId, IpPermissions: [ssh] }));
    const { code, stderr } = await destroyAll();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(
      "security group bia-dev goes with what others have added to it: tcp 22 from 203.0.113.7/32",
    );
    expect(await groupNamed("bia-dev")).toBeUndefined();
  });

  it("is all there after a destroy, as it was", async () => {
    const theirs = await groupNamed("theirs");
    expect(await destroyAll()).toMatchObject({ code: 0 });
    expect(await groupNamed("bia-dev")).toBeUndefined();
    expect(await groupNamed("theirs")).toEqual(theirs);
    const { KeyPairs } = await aws.ec2.send(new DescribeKeyPairsCommand({}));
    expect(KeyPairs?.map(({ KeyName }) => KeyName)).toEqual(["theirs"]);
    const RoleName = "ecsTaskExecutionRole";
    expect((await aws.iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleName).toBe(RoleName);
    const { AttachedPolicies } = await aws.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    const { PolicyNames } = await aws.iam.send(new ListRolePoliciesCommand({ RoleName }));
    expect({ AttachedPolicies, PolicyNames }).toEqual({
      AttachedPolicies: [],
      PolicyNames: ["read-database-password"],
    });
    const { HostedZones = [] } = await aws.route53.send(new ListHostedZonesByNameCommand({ DNSName: "bia.localhost" }));
    const HostedZoneId = HostedZones[0]?.Id;
    const { ResourceRecordSets } = await aws.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    const others = ResourceRecordSets?.filter(({ Type }) => Type !== "NS" && Type !== "SOA");
    expect(others).toEqual([mail]);
  });
});
