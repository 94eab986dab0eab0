import { DeleteSecurityGroupCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsCommand,
  DeleteLoadBalancerCommand,
  DescribeAccountLimitsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeSSLPoliciesCommand,
  DescribeTagsCommand,
  ModifyLoadBalancerAttributesCommand,
  paginateDescribeLoadBalancers,
  RemoveTagsCommand,
  SetIpAddressTypeCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { createGroup } from "../ec2/fixtures.ts";
import { type Balancing, balancing, createBalancer, createTargetGroup, listen, seconds } from "./fixtures.ts";

const describeOne = async ({ elbv2 }: Balancing, arn: string) => {
  const { LoadBalancers } = await elbv2.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
  return LoadBalancers?.[0];
};

const interfacesOf = async ({ ec2 }: Balancing, groupId: string) => {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces ?? [];
};

describe("a new load balancer", () => {
  test("is what was asked for, with a DNS name, a hosted zone, and no listener", async () => {
    const at = await balancing();
    const group = await createGroup(at.ec2, "bia-alb");
    const arn = await createBalancer(at, { SecurityGroups: [group], Tags: [{ Key: "Name", Value: "bia" }] });
    expect(arn).toMatch(/^arn:aws:elasticloadbalancing:us-east-1:\d{12}:loadbalancer\/app\/bia-alb\/[0-9a-f]{16}$/);
    expect(await describeOne(at, arn)).toMatchObject({
      LoadBalancerName: "bia-alb",
      DNSName: expect.stringMatching(/^bia-alb-\d+\.us-east-1\.elb\.amazonaws\.com$/),
      CanonicalHostedZoneId: "Z35SXDOTRQ7X7K",
      Scheme: "internet-facing",
      Type: "application",
      IpAddressType: "ipv4",
      VpcId: at.vpc,
      SecurityGroups: [group],
      AvailabilityZones: [
        { ZoneName: "us-east-1a", SubnetId: at.subnets.a },
        { ZoneName: "us-east-1b", SubnetId: at.subnets.b },
      ],
    });
    const { Listeners } = await at.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn: arn }));
    expect(Listeners ?? []).toEqual([]);
  });

  test("is provisioning for about two minutes, then active", async () => {
    const at = await balancing({ delays: "real" });
    const arn = await createBalancer(at);
    const state = async () => (await describeOne(at, arn))?.State?.Code;
    await seconds(at, 119);
    expect(await state()).toBe("provisioning");
    await seconds(at, 2);
    expect(await state()).toBe("active");
  });

  test("that is internal has a name that says so, and no public addresses", async () => {
    const at = await balancing();
    const group = await createGroup(at.ec2, "bia-alb");
    const arn = await createBalancer(at, { Scheme: "internal", SecurityGroups: [group] });
    expect((await describeOne(at, arn))?.DNSName).toMatch(/^internal-bia-alb-/);
    expect((await interfacesOf(at, group)).map(({ Association }) => Association)).toEqual([undefined, undefined]);
  });

  test("makes the service-linked role of load balancing", async () => {
    const at = await balancing();
    await createBalancer(at);
    expect(at.world.iam.roles.get("AWSServiceRoleForElasticLoadBalancing")).toBeDefined();
  });

  test.each<[string, (at: Balancing) => Parameters<typeof createBalancer>[1], string]>([
    [
      "in one zone",
      ({ subnets }) => ({ Subnets: [subnets.a ?? ""] }),
      "ValidationError: At least two subnets in two different Availability Zones must be specified",
    ],
    [
      "with two subnets of one zone",
      ({ subnets }) => ({ Subnets: [subnets.a ?? "", subnets.a ?? ""] }),
      "InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    ],
    [
      "in a subnet that is not there",
      ({ subnets }) => ({ Subnets: [subnets.a ?? "", "subnet-0123456789abcdef0"] }),
      "SubnetNotFound: The subnet ID 'subnet-0123456789abcdef0' is not valid",
    ],
    [
      "with a group that is not there",
      () => ({ SecurityGroups: ["sg-0123456789abcdef0"] }),
      "InvalidSecurityGroup: Security group 'sg-0123456789abcdef0' does not exist",
    ],
    [
      "with a name of 33 characters",
      () => ({ Name: "a".repeat(33) }),
      `ValidationError: The load balancer name '${"a".repeat(33)}' cannot be longer than '32' characters`,
    ],
    [
      "with a name that AWS keeps for itself",
      () => ({ Name: "internal-alb" }),
      "ValidationError: The load balancer name 'internal-alb' cannot begin with the reserved prefix 'internal-'",
    ],
    [
      "of a type that is not emulated",
      () => ({ Type: "network" }),
      "SandboxNotEmulated: The sandbox does not emulate load balancers of type network. On AWS it exists.",
    ],
  ])("%s is refused", async (_, input, words) => {
    const at = await balancing();
    expect(await refusal(createBalancer(at, input(at)))).toBe(words);
  });

  test("whose security group was made a moment ago is refused", async () => {
    const at = await balancing({ delays: "real" });
    const group = await createGroup(at.ec2, "bia-alb");
    expect(await refusal(createBalancer(at, { SecurityGroups: [group] }))).toContain("InvalidSecurityGroup");
    await seconds(at, 3);
    await createBalancer(at, { SecurityGroups: [group] });
  });
});

describe("creating a load balancer again", () => {
  const Tags = [
    { Key: "a", Value: "1" },
    { Key: "b", Value: "2" },
  ];

  test("with the same settings, in whatever order, answers the one that is there", async () => {
    const at = await balancing();
    const arn = await createBalancer(at, { Tags });
    const Subnets = [at.subnets.b ?? "", at.subnets.a ?? ""];
    expect(await createBalancer(at, { Tags: Tags.toReversed(), Subnets })).toBe(arn);
  });

  test.each<[string, (at: Balancing) => Parameters<typeof createBalancer>[1]]>([
    ["tags", () => ({ Tags: [{ Key: "other", Value: "1" }] })],
    ["scheme", () => ({ Tags, Scheme: "internal" })],
    ["subnets", ({ subnets }) => ({ Tags, Subnets: [subnets.a ?? "", subnets.c ?? ""] })],
  ])("with other %s is refused", async (_, input) => {
    const at = await balancing();
    await createBalancer(at, { Tags });
    expect(await refusal(createBalancer(at, input(at)))).toBe(
      "DuplicateLoadBalancerName: A load balancer with the same name 'bia-alb' exists, but with different settings",
    );
  });
});

describe("listing load balancers", () => {
  test("goes page by page", async () => {
    const at = await balancing({ pageSize: 2 });
    for (const Name of ["one", "two", "three"]) await createBalancer(at, { Name });
    const names: (string | undefined)[] = [];
    for await (const page of paginateDescribeLoadBalancers({ client: at.elbv2 }, {})) {
      names.push(...(page.LoadBalancers ?? []).map(({ LoadBalancerName }) => LoadBalancerName));
    }
    expect(names).toEqual(["one", "two", "three"]);
  });

  test("by a name that is not there is refused", async () => {
    const { elbv2 } = await balancing();
    expect(await refusal(elbv2.send(new DescribeLoadBalancersCommand({ Names: ["bia-alb"] })))).toBe(
      "LoadBalancerNotFound: Load balancers '[bia-alb]' not found",
    );
  });
});

describe("a load balancer", () => {
  test("gets other subnets, groups and attributes in place", async () => {
    const at = await balancing();
    const group = await createGroup(at.ec2, "bia-alb");
    const LoadBalancerArn = await createBalancer(at);
    const Subnets = [at.subnets.b ?? "", at.subnets.c ?? ""];
    await at.elbv2.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets }));
    await at.elbv2.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [group] }));
    const Attributes = [{ Key: "idle_timeout.timeout_seconds", Value: "30" }];
    await at.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
    const found = await describeOne(at, LoadBalancerArn);
    expect(found?.AvailabilityZones?.map(({ SubnetId }) => SubnetId)).toEqual(Subnets);
    expect(found?.SecurityGroups).toEqual([group]);
    const all = await at.elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
    expect(all.Attributes).toContainEqual({ Key: "idle_timeout.timeout_seconds", Value: "30" });
    expect(all.Attributes).toContainEqual({ Key: "deletion_protection.enabled", Value: "false" });
    await seconds(at, 0);
    expect((await interfacesOf(at, group)).map(({ SubnetId }) => SubnetId)).toEqual(Subnets);
  });

  test("refuses attributes that it does not know, and values that make no sense", async () => {
    const at = await balancing();
    const LoadBalancerArn = await createBalancer(at);
    const set = (Key: string, Value: string) =>
      refusal(
        at.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] })),
      );
    expect(await set("idle", "1")).toBe("ValidationError: Load balancer attribute key 'idle' is not recognized");
    expect(await set("idle_timeout.timeout_seconds", "0")).toMatch(/^ValidationError: .*'0'.* is not valid$/);
  });

  test("cannot have IPv6 addresses in the default VPC", async () => {
    const at = await balancing();
    const LoadBalancerArn = await createBalancer(at);
    const change = new SetIpAddressTypeCommand({ LoadBalancerArn, IpAddressType: "dualstack" });
    expect(await refusal(at.elbv2.send(change))).toMatch(/^InvalidConfigurationRequest: /);
  });

  test("has tags, which are read together with those of others", async () => {
    const at = await balancing();
    const arn = await createBalancer(at);
    const group = await createTargetGroup(at, { Tags: [{ Key: "of", Value: "group" }] });
    await at.elbv2.send(new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: "of", Value: "balancer" }] }));
    const tags = async () => {
      const { TagDescriptions } = await at.elbv2.send(new DescribeTagsCommand({ ResourceArns: [arn, group] }));
      return TagDescriptions?.map(({ Tags }) => Tags ?? []);
    };
    expect(await tags()).toEqual([[{ Key: "of", Value: "balancer" }], [{ Key: "of", Value: "group" }]]);
    await at.elbv2.send(new RemoveTagsCommand({ ResourceArns: [arn], TagKeys: ["of"] }));
    expect(await tags()).toEqual([[], [{ Key: "of", Value: "group" }]]);
    expect(await refusal(at.elbv2.send(new DescribeTagsCommand({ ResourceArns: [arn, `${arn}0`] })))).toMatch(
      /^LoadBalancerNotFound: /,
    );
  });
});

describe("the network interfaces of a load balancer", () => {
  test("are one in each subnet, with a public address and the words of AWS", async () => {
    const at = await balancing();
    const group = await createGroup(at.ec2, "bia-alb");
    const arn = await createBalancer(at, { SecurityGroups: [group] });
    const interfaces = await interfacesOf(at, group);
    expect(interfaces.map(({ SubnetId }) => SubnetId)).toEqual([at.subnets.a, at.subnets.b]);
    expect(interfaces[0]).toMatchObject({
      RequesterId: "amazon-elb",
      RequesterManaged: true,
      Description: `ELB ${arn.split(":loadbalancer/")[1]}`,
      Status: "in-use",
      Association: { PublicIp: expect.stringMatching(/^127\./), IpOwnerId: "amazon-elb" },
      Groups: [{ GroupId: group, GroupName: "bia-alb" }],
    });
  });

  test("trap 10: they linger after the load balancer is gone, and hold its security group meanwhile", async () => {
    const at = await balancing({ delays: "real" });
    const group = await createGroup(at.ec2, "bia-alb");
    await seconds(at, 3);
    const LoadBalancerArn = await createBalancer(at, { SecurityGroups: [group] });
    await at.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await seconds(at, 60);
    const remove = () => at.ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
    expect(await refusal(remove())).toBe(`DependencyViolation: resource ${group} has a dependent object`);
    expect(await interfacesOf(at, group)).toHaveLength(2);
    await seconds(at, 130);
    expect(await interfacesOf(at, group)).toEqual([]);
    await remove();
  });
});

describe("deleting a load balancer", () => {
  test("deletes its listeners, and succeeds a second time", async () => {
    const at = await balancing();
    const LoadBalancerArn = await createBalancer(at);
    await listen(at, LoadBalancerArn, await createTargetGroup(at));
    await at.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    expect(at.region.elbv2.listeners.all()).toEqual([]);
    await at.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  });

  test("is refused while it is protected", async () => {
    const at = await balancing();
    const LoadBalancerArn = await createBalancer(at);
    const Attributes = [{ Key: "deletion_protection.enabled", Value: "true" }];
    await at.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
    expect(await refusal(at.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn })))).toBe(
      `OperationNotPermitted: Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
    );
  });
});

describe("what AWS offers for load balancers", () => {
  test("is listed: quotas and security policies", async () => {
    const { elbv2 } = await balancing();
    const { Limits } = await elbv2.send(new DescribeAccountLimitsCommand({}));
    expect(Limits).toContainEqual({ Name: "application-load-balancers", Max: "50" });
    const Names = ["ELBSecurityPolicy-TLS13-1-2-2021-06"];
    const { SslPolicies } = await elbv2.send(new DescribeSSLPoliciesCommand({ Names }));
    expect(SslPolicies).toMatchObject([{ Name: Names[0], SslProtocols: ["TLSv1.2", "TLSv1.3"] }]);
  });
});
