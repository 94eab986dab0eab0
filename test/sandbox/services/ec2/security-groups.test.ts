import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { createGroup, defaultVpc, launch } from "./fixtures.ts";

const UNKNOWN = "sg-0123456789abcdef0";
const web = (CidrIp = "0.0.0.0/0", Description?: string): IpPermission => ({
  IpProtocol: "tcp",
  FromPort: 3001,
  ToPort: 3001,
  IpRanges: [{ CidrIp, Description }],
});
const from = (GroupId: string): IpPermission => ({
  IpProtocol: "tcp",
  FromPort: 5432,
  ToPort: 5432,
  UserIdGroupPairs: [{ GroupId }],
});
const allow = (ec2: EC2Client, GroupId: string, ...IpPermissions: IpPermission[]) =>
  ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
const ingressOf = async (ec2: EC2Client, groupId: string) => {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
  return (SecurityGroupRules ?? []).filter(({ IsEgress }) => !IsEgress);
};

describe("a new group", () => {
  test("is in the default VPC and lets everything out", async () => {
    const { ec2 } = await clientsOf();
    const TagSpecifications = [{ ResourceType: "security-group" as const, Tags: [{ Key: "Name", Value: "dev" }] }];
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "bia-dev", Description: "Acesso", TagSpecifications }),
    );
    expect(GroupId).toMatch(/^sg-0[0-9a-f]{16}$/);
    const Filters = [
      { Name: "vpc-id", Values: [await defaultVpc(ec2)] },
      { Name: "group-name", Values: ["bia-dev"] },
    ];
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    expect(SecurityGroups).toMatchObject([
      { GroupId, Tags: [{ Key: "Name", Value: "dev" }], IpPermissionsEgress: [{ IpProtocol: "-1" }] },
    ]);
    expect(SecurityGroups?.[0]?.IpPermissions ?? []).toEqual([]);
  });

  test("of a name that its VPC has already is refused", async () => {
    const { ec2 } = await clientsOf();
    await createGroup(ec2, "bia-dev");
    expect(await refusal(createGroup(ec2, "bia-dev"))).toBe(
      `InvalidGroup.Duplicate: The security group 'bia-dev' already exists for VPC '${await defaultVpc(ec2)}'`,
    );
  });

  test("of a name that differs in its capitals or by a space at its end is refused", async () => {
    const { ec2 } = await clientsOf();
    await createGroup(ec2, "bia-web");
    for (const name of ["BIA-WEB", "bia-web "]) {
      expect(await refusal(createGroup(ec2, name))).toMatch(/^InvalidGroup\.Duplicate: /);
    }
  });

  test("with letters that AWS does not take in a description is refused", async () => {
    const { ec2 } = await clientsOf();
    const command = new CreateSecurityGroupCommand({ GroupName: "bia", Description: "Acesso da máquina" });
    expect(await refusal(ec2.send(command))).toBe(
      "InvalidParameterValue: Value (Acesso da máquina) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.",
    );
  });

  test("called default, or like an id, is refused", async () => {
    const { ec2 } = await clientsOf();
    expect(await refusal(createGroup(ec2, "default"))).toMatch(/^InvalidParameterValue: Cannot use reserved/);
    expect(await refusal(createGroup(ec2, "sg-web"))).toMatch(/^InvalidParameterValue: /);
  });

  test("needs a default VPC if none is named", async () => {
    const { ec2 } = await clientsOf({ defaultVpc: false });
    expect(await refusal(createGroup(ec2, "bia-dev"))).toBe("VPCIdNotSpecified: No default VPC for this user");
  });

  test("is made only if it is not a dry run", async () => {
    const { ec2 } = await clientsOf();
    const command = new CreateSecurityGroupCommand({ GroupName: "bia", Description: "x", DryRun: true });
    expect(await refusal(ec2.send(command))).toMatch(/^DryRunOperation: /);
    expect((await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups).toHaveLength(1);
  });

  test("is not known to other operations for a while", async () => {
    const { ec2, world } = await clientsOf({ delays: "real" });
    const id = await createGroup(ec2, "bia-dev");
    expect((await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))).SecurityGroups).toHaveLength(1);
    const expected = `InvalidGroup.NotFound: The security group '${id}' does not exist`;
    expect(await refusal(allow(ec2, id, web()))).toBe(expected);
    expect(await refusal(launch(ec2, { SecurityGroupIds: [id] }))).toBe(expected);
    await world.clock.advance(2000);
    await allow(ec2, id, web());
  });
});

describe("a rule", () => {
  test("is found by its group, with its tags and description", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    const { SecurityGroupRules } = await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: id,
        IpPermissions: [web("0.0.0.0/0", "Liberado para o mundo")],
        TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "k", Value: "v" }] }],
      }),
    );
    expect(await ingressOf(ec2, id)).toEqual(SecurityGroupRules);
    expect(SecurityGroupRules).toMatchObject([
      {
        IsEgress: false,
        IpProtocol: "tcp",
        FromPort: 3001,
        ToPort: 3001,
        CidrIpv4: "0.0.0.0/0",
        Description: "Liberado para o mundo",
        Tags: [{ Key: "k", Value: "v" }],
      },
    ]);
  });

  test("that exists already rejects the whole call", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web());
    expect(await refusal(allow(ec2, id, web("10.0.0.0/8"), web("0.0.0.0/0", "again")))).toBe(
      'InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, TCP, from port: 3001, to port: 3001, ALLOW" already exists',
    );
    expect(await ingressOf(ec2, id)).toHaveLength(1);
  });

  test("that is in a call twice is refused", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    expect(await refusal(allow(ec2, id, web(), web()))).toMatch(/must not appear multiple times$/);
  });

  test.each([
    [{ FromPort: 70000, ToPort: 70000 }, "TCP/UDP port (70000) out of range"],
    [{ FromPort: 443, ToPort: 80 }, "Invalid TCP port range (443:80)"],
    [{ FromPort: undefined }, "Must specify both from and to ports"],
    [{ IpProtocol: "tpc" }, "Unknown protocol"],
    [{ IpRanges: [{ CidrIp: "300.0.0.0/8" }] }, "CIDR block 300.0.0.0/8 is malformed"],
    [{ IpRanges: [{ CidrIp: "10.0.0.0/33" }] }, "CIDR block 10.0.0.0/33 is malformed"],
    [{ IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "Olá" }] }, "Invalid rule description"],
    [{ IpRanges: [], UserIdGroupPairs: [{ GroupId: UNKNOWN, Description: "web & app" }] }, "Invalid rule description"],
  ])("with %o is refused", async (wrong, message) => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    const said = await refusal(allow(ec2, id, { ...web(), ...wrong }));
    expect(said).toMatch(/^InvalidParameterValue: /);
    expect(said).toContain(message);
  });

  test("keeps the network of an address, as AWS does", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web("100.68.0.18/18"));
    expect(await ingressOf(ec2, id)).toMatchObject([{ CidrIpv4: "100.68.0.0/18" }]);
  });

  test("may name another group, which must exist", async () => {
    const { ec2 } = await clientsOf();
    const [db, web] = [await createGroup(ec2, "bia-db"), await createGroup(ec2, "bia-ec2")];
    await allow(ec2, db, from(web));
    expect(await ingressOf(ec2, db)).toMatchObject([{ ReferencedGroupInfo: { GroupId: web } }]);
    expect(await refusal(allow(ec2, db, from(UNKNOWN)))).toBe(
      `InvalidGroup.NotFound: The security group '${UNKNOWN}' does not exist`,
    );
  });

  test("that is not there cannot be revoked", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    const revoke = (input: object) => ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, ...input }));
    expect(await refusal(revoke({ IpPermissions: [web()] }))).toBe(
      "InvalidPermission.NotFound: The specified rule does not exist in this security group.",
    );
    expect(await refusal(revoke({ SecurityGroupRuleIds: ["sgr-0123456789abcdef0"] }))).toMatch(
      /^InvalidSecurityGroupRuleId.NotFound: /,
    );
  });

  test("can be revoked by what it allows and by its id", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web(), web("10.0.0.0/8"));
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: [web()] }));
    const [left] = await ingressOf(ec2, id);
    expect(left).toMatchObject({ CidrIpv4: "10.0.0.0/8" });
    const SecurityGroupRuleIds = [left?.SecurityGroupRuleId ?? ""];
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, SecurityGroupRuleIds }));
    expect(await ingressOf(ec2, id)).toEqual([]);
  });

  test("can be modified in place", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    const { SecurityGroupRules } = await allow(ec2, id, web());
    const SecurityGroupRuleId = SecurityGroupRules?.[0]?.SecurityGroupRuleId;
    const modify = (rule: object) =>
      ec2.send(
        new ModifySecurityGroupRulesCommand({
          GroupId: id,
          SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: rule }],
        }),
      );
    await modify({ IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4: "0.0.0.0/0", Description: "web" });
    expect(await ingressOf(ec2, id)).toMatchObject([{ SecurityGroupRuleId, FromPort: 80, Description: "web" }]);
    await allow(ec2, id, web());
    const duplicate = modify({ IpProtocol: "tcp", FromPort: 3001, ToPort: 3001, CidrIpv4: "0.0.0.0/0" });
    expect(await refusal(duplicate)).toMatch(/^InvalidPermission.Duplicate: /);
  });

  test("can be described anew without a change of what it allows", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web("0.0.0.0/0", "old"));
    const redescribe = (permission: IpPermission) =>
      ec2.send(new UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupId: id, IpPermissions: [permission] }));
    await redescribe(web("0.0.0.0/0", "new"));
    expect(await ingressOf(ec2, id)).toMatchObject([{ Description: "new" }]);
    expect(await refusal(redescribe(web("10.0.0.0/8", "new")))).toMatch(/^InvalidPermission.NotFound: /);
  });

  test("of the other direction is another rule", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web());
    await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: [web()] }));
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: [web()] }));
    expect(await ingressOf(ec2, id)).toHaveLength(1);
  });

  test("too many are refused", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    const rules = Array.from({ length: 60 }, (_, index) => web(`10.0.${index}.0/24`));
    await allow(ec2, id, ...rules);
    expect(await refusal(allow(ec2, id, web()))).toMatch(/^RulesPerSecurityGroupLimitExceeded: /);
  });
});

describe("deleting a group", () => {
  const remove = (ec2: EC2Client, GroupId: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));

  test("takes its rules along", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, web());
    await remove(ec2, id);
    expect(await ingressOf(ec2, id)).toEqual([]);
    expect(await refusal(remove(ec2, id))).toBe(`InvalidGroup.NotFound: The security group '${id}' does not exist`);
  });

  test("is refused while a rule of another group names it", async () => {
    const { ec2 } = await clientsOf();
    const [db, dev] = [await createGroup(ec2, "bia-db"), await createGroup(ec2, "bia-dev")];
    await allow(ec2, db, from(dev));
    expect(await refusal(remove(ec2, dev))).toBe(`DependencyViolation: resource ${dev} has a dependent object`);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: db, IpPermissions: [from(dev)] }));
    await remove(ec2, dev);
  });

  test("is not hindered by its own rules", async () => {
    const { ec2 } = await clientsOf();
    const id = await createGroup(ec2, "bia-dev");
    await allow(ec2, id, from(id));
    await remove(ec2, id);
  });

  test("is refused until the last instance in it is terminated", async () => {
    const { ec2, world } = await clientsOf({ delays: "real" });
    const id = await createGroup(ec2, "bia-dev");
    await world.clock.advance(5000);
    const instance = await launch(ec2, { SecurityGroupIds: [id] });
    await world.clock.advance(60_000);
    expect(await refusal(remove(ec2, id))).toMatch(/^DependencyViolation: /);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
    expect(await refusal(remove(ec2, id))).toMatch(/^DependencyViolation: /);
    await world.clock.advance(60_000);
    await remove(ec2, id);
  });

  test("called default is refused", async () => {
    const { ec2 } = await clientsOf();
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    const id = SecurityGroups?.[0]?.GroupId ?? "";
    expect(await refusal(remove(ec2, id))).toBe(
      `CannotDelete: the specified group: "${id}" name: "default" cannot be deleted by a user`,
    );
  });
});
