import {
  AuthorizeSecurityGroupEgressCommand,
  type AuthorizeSecurityGroupEgressCommandInput,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
  type SecurityGroupRuleRequest,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const vpc = task("vpc", "default VPC", defaultVpc, { zones: ["us-east-1a"] });
const vpcId = vpc.out((found) => found.vpcId);
const tags = {};

const dev = task("dev", "security group bia-dev", securityGroup, {
  name: "bia-dev",
  description: "Acesso da maquina de trabalho",
  vpcId,
  ingress: [{ protocol: "tcp", fromPort: 3001, toPort: 3001, cidr: "0.0.0.0/0" }],
  tags,
});

const ec2 = task("ec2", "security group bia-ec2-teste", securityGroup, {
  name: "bia-ec2-teste",
  description: "SG da EC2 com ALB",
  vpcId,
  ingress: [
    {
      protocol: "tcp",
      fromPort: 0,
      toPort: 65535,
      sourceGroup: dev.out(({ groupId }) => groupId),
      description: "Acesso do ALB",
    },
  ],
  tags,
});

const postgres = { protocol: "tcp", fromPort: 5432, toPort: 5432 };
const db = task("db", "security group bia-db-teste", securityGroup, {
  name: "bia-db-teste",
  description: "Acesso do bia db",
  vpcId,
  ingress: [
    { ...postgres, sourceGroup: ec2.out(({ groupId }) => groupId), description: "Acesso do bia-ec2" },
    { ...postgres, sourceGroup: dev.out(({ groupId }) => groupId), description: "Acesso do bia-dev" },
  ],
  tags,
});

const stack: Stack = {
  name: "bia",
  stages: [
    { name: "1", title: "the work machine", tasks: [vpc, dev], outputs: {}, costs: [] },
    { name: "2-3", title: "the cluster", tasks: [ec2, db], outputs: {}, costs: [] },
  ],
};

async function groupId(client: EC2Client, name: string): Promise<string> {
  const Filters = [{ Name: "group-name", Values: [name] }];
  const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups?.[0]?.GroupId ?? "";
}

/** The ingress rule of a group that lets another one in. */
async function ruleFrom(client: EC2Client, name: string, source: string): Promise<SecurityGroupRule> {
  const Filters = [{ Name: "group-id", Values: [await groupId(client, name)] }];
  const sourceId = await groupId(client, source);
  const { SecurityGroupRules } = await client.send(new DescribeSecurityGroupRulesCommand({ Filters }));
  return SecurityGroupRules?.find(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.GroupId === sourceId) ?? {};
}

async function modify(client: EC2Client, rule: SecurityGroupRule, change: SecurityGroupRuleRequest): Promise<void> {
  const { GroupId, SecurityGroupRuleId, IpProtocol, FromPort, ToPort, Description, ReferencedGroupInfo } = rule;
  const ReferencedGroupId = ReferencedGroupInfo?.GroupId;
  const SecurityGroupRule = { IpProtocol, FromPort, ToPort, Description, ReferencedGroupId, ...change };
  const SecurityGroupRules = [{ SecurityGroupRuleId, SecurityGroupRule }];
  await client.send(new ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules }));
}

describeContract({
  task: "ec2",
  stack,
  drifts: {
    "a rule whose range of ports was narrowed": {
      field: /^ingress tcp 0-65535 from sg-\w+$/,
      make: async (aws) =>
        modify(aws.ec2, await ruleFrom(aws.ec2, "bia-ec2-teste", "bia-dev"), { FromPort: 32768, ToPort: 65535 }),
    },
  },
});

describeContract({
  task: "db",
  stack,
  drifts: {
    "a rule from another group that was revoked": {
      field: /^ingress tcp 5432 from sg-\w+$/,
      make: async (aws) => {
        const { GroupId, SecurityGroupRuleId = "" } = await ruleFrom(aws.ec2, "bia-db-teste", "bia-dev");
        const SecurityGroupRuleIds = [SecurityGroupRuleId];
        return aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds }));
      },
    },
    "a rule that lets another group in": {
      field: /^ingress tcp 5432 from sg-\w+$/,
      make: async (aws) =>
        modify(aws.ec2, await ruleFrom(aws.ec2, "bia-db-teste", "bia-dev"), {
          ReferencedGroupId: await groupId(aws.ec2, "default"),
        }),
    },
    "a rule that lets everybody in instead of a group": {
      field: /^ingress tcp 5432 from (sg-\w+|0\.0\.0\.0\/0)$/,
      make: async (aws) =>
        modify(aws.ec2, await ruleFrom(aws.ec2, "bia-db-teste", "bia-dev"), {
          ReferencedGroupId: undefined,
          CidrIpv4: "0.0.0.0/0",
        }),
    },
    "a rule from another group that was redescribed": {
      field: /^description of ingress tcp 5432 from sg-\w+$/,
      make: async (aws) => {
        const { GroupId, ReferencedGroupInfo } = await ruleFrom(aws.ec2, "bia-db-teste", "bia-dev");
        const UserIdGroupPairs = [{ GroupId: ReferencedGroupInfo?.GroupId, Description: "changed" }];
        const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs }];
        return aws.ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId, IpPermissions }));
      },
    },
  },
});

/** A group of somebody else, and what to let it mention ours with. */
async function foreignGroup(sandbox: RunningSandbox): Promise<{ client: EC2Client; id: string; bia: string }> {
  const clients = clientsOf(sandbox);
  onTestFinished(() => clients.close());
  const client = clients.ec2;
  const input = { GroupName: "somebody", Description: "of somebody" };
  const { GroupId = "" } = await client.send(new CreateSecurityGroupCommand(input));
  return { client, id: GroupId, bia: await groupId(client, "bia-dev") };
}

describe("security groups that let each other in", () => {
  it("have their rules whatever the order in which AWS lists them", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "db", stack });
    const { securityGroupRules } = sandbox.world.region("us-east-1").ec2;
    const rules = securityGroupRules.all();
    for (const { SecurityGroupRuleId } of rules) securityGroupRules.delete(SecurityGroupRuleId);
    for (const rule of rules.toReversed()) securityGroupRules.put(rule);
    expect(verdicts(await planOn(sandbox, { only: "db", stack }))).toMatchObject({ ec2: "unchanged", db: "unchanged" });
  });

  it("keep the rules that other people have added, while one of ours that is not wanted any more goes", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2: client, close } = clientsOf(sandbox);
    onTestFinished(close);
    await createOn(sandbox, { stack, only: "dev" });
    const GroupId = await groupId(client, "bia-dev");
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.7/32" }] }];
    await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const other = task("dev", "security group bia-dev", securityGroup, {
      name: "bia-dev",
      description: "Acesso da maquina de trabalho",
      vpcId,
      ingress: [{ protocol: "tcp", fromPort: 8080, toPort: 8080, cidr: "0.0.0.0/0" }],
      tags,
    });
    const stage = { name: "1", title: "the work machine", tasks: [vpc, other], outputs: {}, costs: [] };
    const changed = await createOn(sandbox, { stack: { name: "bia", stages: [stage] }, only: "dev" });
    expect(changed.tasks.find(({ id }) => id === "dev")?.changes?.map(({ field }) => field)).toEqual([
      "ingress tcp 8080 from 0.0.0.0/0",
      "ingress tcp 3001 from 0.0.0.0/0",
    ]);
    const Filters = [{ Name: "group-id", Values: [GroupId] }];
    const { SecurityGroupRules = [] } = await client.send(new DescribeSecurityGroupRulesCommand({ Filters }));
    const ports = SecurityGroupRules.filter(({ IsEgress }) => !IsEgress).map(({ FromPort }) => FromPort);
    expect(ports.sort()).toEqual([22, 8080]);
  });

  it("lose only the rules that let in the one that goes", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2: client, close } = clientsOf(sandbox);
    onTestFinished(close);
    await createOn(sandbox, { stack });
    expect((await destroyOn(sandbox, { stack, only: "dev" })).failed).toBe(false);
    expect(await ruleFrom(client, "bia-db-teste", "bia-ec2-teste")).toMatchObject({ Description: "Acesso do bia-ec2" });
  });

  it("use a rule that somebody else has made, with the words that it has", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2: client, close } = clientsOf(sandbox);
    onTestFinished(close);
    await createOn(sandbox, { stack });
    const {
      GroupId,
      SecurityGroupRuleId = "",
      ReferencedGroupInfo,
    } = await ruleFrom(client, "bia-db-teste", "bia-dev");
    const SecurityGroupRuleIds = [SecurityGroupRuleId];
    await client.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds }));
    const UserIdGroupPairs = [{ GroupId: ReferencedGroupInfo?.GroupId, Description: "of somebody" }];
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs }];
    await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({ db: "unchanged" });
    expect(await ruleFrom(client, "bia-db-teste", "bia-dev")).toMatchObject({ Description: "of somebody" });
  });

  it("trap 10: are deleted one after the other, each after those whose rules mention it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack });
    const { failed, events } = await destroyOn(sandbox, { stack });
    expect(failed).toBe(false);
    expect(await everything(sandbox)).toEqual(before);
    expect(events.filter(({ type }) => type === "waiting")).toEqual([]);
  });

  it.each<[string, (client: EC2Client, input: AuthorizeSecurityGroupEgressCommandInput) => Promise<unknown>]>([
    ["lets it in", (client, input) => client.send(new AuthorizeSecurityGroupIngressCommand(input))],
    ["lets its own out to it", (client, input) => client.send(new AuthorizeSecurityGroupEgressCommand(input))],
  ])("trap 10: one stays when a group of somebody else %s: said by name, with what to do", async (_, authorize) => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 100 });
    await createOn(sandbox, { only: "dev", stack });
    const { client, id, bia } = await foreignGroup(sandbox);
    const IpPermissions = [{ ...PING, UserIdGroupPairs: [{ GroupId: bia }] }];
    await authorize(client, { GroupId: id, IpPermissions });
    const { tasks } = await destroyOn(sandbox, { only: "dev", stack });
    expect(tasks.at(-1)).toMatchObject({
      verdict: "failed",
      error: {
        why: expect.stringContaining(
          `DependencyViolation: resource ${bia} has a dependent object: a rule of security group somebody (${id})`,
        ),
        next: expect.stringContaining(`Delete the rules that mention ${bia} from somebody (${id})`),
      },
    });
  });

  it("trap 10: one goes as soon as somebody has taken the rule away that mentions it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "dev", stack });
    const { client, id, bia } = await foreignGroup(sandbox);
    const IpPermissions = [{ ...PING, UserIdGroupPairs: [{ GroupId: bia }] }];
    await client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions }));
    sandbox.world.faults.set([{ operation: "ec2:DeleteSecurityGroup", effect: { latency: 0 } }]);
    const destroyed = destroyOn(sandbox, { only: "dev", stack });
    await expect.poll(() => sandbox.world.faults.strikes()[0]?.calls.length).toBeGreaterThan(0);
    await client.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions }));
    expect((await destroyed).failed).toBe(false);
  });
});

const PING = { IpProtocol: "icmp", FromPort: 8, ToPort: 0 };

describe("a security group whose name is taken in other capitals", () => {
  const group = (name: string) =>
    task("dev", `security group ${name}`, securityGroup, { name, description: "web", vpcId, ingress: [], tags });
  const stackOf = (name: string): Stack => ({
    name: "bia",
    stages: [{ name: "1", title: "groups", tasks: [vpc, group(name)], outputs: {}, costs: [] }],
  });

  it("is refused at once, with the group that has it and how to use that one", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { GroupId = "" } = await clientsOf(sandbox).ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "BIA-Web", Description: "of somebody else" }),
    );
    const created = await createOn(sandbox, { stack: stackOf("bia-web") });
    expect(created.calls.changing).toBe(0);
    const [, refused] = created.tasks;
    expect(refused?.error?.why).toContain(`BIA-Web (${GroupId})`);
    expect(refused?.error?.next).toContain("Write BIA-Web in the variables");
    expect(verdicts(await createOn(sandbox, { stack: stackOf("BIA-Web") }))).toMatchObject({ dev: "foreign" });
  });

  it("is not taken for one whose name only looks alike", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ec2: client } = clientsOf(sandbox);
    for (const GroupName of ["cia-web", "bia-web-2", "bia1web"]) {
      await client.send(new CreateSecurityGroupCommand({ GroupName, Description: "of somebody else" }));
    }
    expect(verdicts(await createOn(sandbox, { stack: stackOf("bia-web") }))).toMatchObject({ dev: "create" });
    expect(verdicts(await createOn(sandbox, { stack: stackOf("bia*web") }))).toMatchObject({ dev: "create" });
  });
});
