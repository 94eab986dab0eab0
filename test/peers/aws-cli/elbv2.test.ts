import { beforeAll, expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, groupId, look, subnetsOf, tagsOf } from "./aws.ts";

describeOnAwsCli("the aws CLI on Elastic Load Balancing of the sandbox", () => {
  let balancer: string;
  let targetGroup: string;

  beforeAll(() => {
    const [one, other] = [
      ["elbv2", "describe-load-balancers", "--names", "bia-alb"],
      ["elbv2", "describe-target-groups", "--names", "tg-bia"],
    ] as const;
    balancer = ask("LoadBalancers[0].LoadBalancerArn", ...one);
    targetGroup = ask("TargetGroups[0].TargetGroupArn", ...other);
  });

  it("shows the load balancer: for applications, on the internet, in three zones", () => {
    const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
    const subnets = subnetsOf(...zones);
    expect(look("elbv2", "describe-load-balancers", "--load-balancer-arns", balancer).LoadBalancers).toMatchObject([
      {
        LoadBalancerName: "bia-alb",
        Type: "application",
        Scheme: "internet-facing",
        IpAddressType: "ipv4",
        State: { Code: "active" },
        DNSName: expect.stringMatching(/^bia-alb-\d+\.us-east-1\.elb\.amazonaws\.com$/),
        AvailabilityZones: zones.map((ZoneName, index) => ({ ZoneName, SubnetId: subnets[index] })),
        SecurityGroups: [groupId("bia-alb-teste")],
      },
    ]);
  });

  it("shows the load balancer's attributes, none of which the course changes", () => {
    const found = look("elbv2", "describe-load-balancer-attributes", "--load-balancer-arn", balancer);
    expect(tagsOf(found.Attributes)).toMatchObject({
      "deletion_protection.enabled": "false",
      "idle_timeout.timeout_seconds": "60",
      "routing.http2.enabled": "true",
    });
  });

  it("shows the target group and its health check", () => {
    const found = look("elbv2", "describe-target-groups", "--load-balancer-arn", balancer);
    expect(found.TargetGroups).toMatchObject([
      {
        TargetGroupName: "tg-bia",
        TargetType: "instance",
        Protocol: "HTTP",
        ProtocolVersion: "HTTP1",
        Port: 80,
        HealthCheckEnabled: true,
        HealthCheckProtocol: "HTTP",
        HealthCheckPort: "traffic-port",
        HealthCheckPath: "/",
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 3,
        HealthCheckTimeoutSeconds: 4,
        HealthCheckIntervalSeconds: 5,
        Matcher: { HttpCode: "200-299" },
        LoadBalancerArns: [balancer],
      },
    ]);
  });

  it("lets a leaving target finish its requests for 5 seconds", () => {
    const found = look("elbv2", "describe-target-group-attributes", "--target-group-arn", targetGroup);
    expect(tagsOf(found.Attributes)).toMatchObject({ "deregistration_delay.timeout_seconds": "5" });
  });

  it("shows both listeners, which forward to the target group", () => {
    const { Listeners } = look("elbv2", "describe-listeners", "--load-balancer-arn", balancer);
    const byPort = Listeners.sort((one: { Port: number }, other: { Port: number }) => one.Port - other.Port);
    const certificate = ask("CertificateSummaryList[0].CertificateArn", "acm", "list-certificates");
    const DefaultActions = [{ Type: "forward", TargetGroupArn: targetGroup }];
    expect(byPort).toMatchObject([
      { Port: 80, Protocol: "HTTP", DefaultActions },
      {
        Port: 443,
        Protocol: "HTTPS",
        SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates: [{ CertificateArn: certificate }],
        DefaultActions,
      },
    ]);
    expect(byPort[0]).not.toHaveProperty("SslPolicy");
  });

  it("shows two healthy targets: the two instances, at the ports that Docker chose, and no other", () => {
    const group = look("autoscaling", "describe-auto-scaling-groups").AutoScalingGroups[0];
    const ids = group.Instances.map(({ InstanceId }: { InstanceId: string }) => InstanceId).sort();
    const found = look("elbv2", "describe-target-health", "--target-group-arn", targetGroup);
    const targets = found.TargetHealthDescriptions;
    expect(targets.map((one: { Target: { Id: string } }) => one.Target.Id).sort()).toEqual(ids);
    for (const { Target, TargetHealth } of targets) {
      expect(TargetHealth).toEqual({ State: "healthy" });
      expect(Target.Port).toBeGreaterThanOrEqual(32_768);
    }
  });

  it("shows whose they are", () => {
    const found = look("elbv2", "describe-tags", "--resource-arns", balancer, targetGroup);
    expect(found.TagDescriptions.map(({ Tags }: { Tags: [] }) => tagsOf(Tags)["bia-infra:task"])).toEqual([
      "load-balancer",
      "target-group",
    ]);
  });

  it.each([
    ["load-balancer-available", () => ["--load-balancer-arns", balancer]],
    ["target-in-service", () => ["--target-group-arn", targetGroup]],
  ])("lets its waiter see %s", (name, args) => {
    expect(aws("elbv2", "wait", name, ...args()).code).toBeUndefined();
  });

  it("answers a create of what is there with the same settings by what is there", () => {
    const settings = ["--subnets", ...subnetsOf("us-east-1a", "us-east-1b", "us-east-1c")];
    const groups = ["--security-groups", groupId("bia-alb-teste")];
    const tags = ["--tags", "Key=bia-infra:stack,Value=bia", "Key=bia-infra:task,Value=load-balancer"];
    const again = look("elbv2", "create-load-balancer", "--name", "bia-alb", ...settings, ...groups, ...tags);
    expect(again.LoadBalancers).toMatchObject([{ LoadBalancerArn: balancer }]);
  });

  const forward = () => `Type=forward,TargetGroupArn=${targetGroup}`;
  const missing = (sort: string) => `arn:aws:elasticloadbalancing:us-east-1:000000000000:${sort}`;
  it.each([
    ["LoadBalancerNotFound", () => ["describe-load-balancers", "--names", "nothing"]],
    [
      "LoadBalancerNotFound",
      () => ["describe-listeners", "--load-balancer-arn", missing("loadbalancer/app/nothing/0123456789abcdef")],
    ],
    ["TargetGroupNotFound", () => ["describe-target-groups", "--names", "nothing"]],
    [
      "TargetGroupNotFound",
      () => ["describe-target-health", "--target-group-arn", missing("targetgroup/nothing/0123456789abcdef")],
    ],
    [
      "ListenerNotFound",
      () => ["delete-listener", "--listener-arn", missing("listener/app/bia-alb/0123456789abcdef/0123456789abcdef")],
    ],
    [
      "DuplicateLoadBalancerName",
      () => [
        ...["create-load-balancer", "--name", "bia-alb", "--scheme", "internal"],
        ...["--subnets", ...subnetsOf("us-east-1a", "us-east-1b")],
      ],
    ],
    // At least two subnets in two different Availability Zones must be specified.
    ["ValidationError", () => ["create-load-balancer", "--name", "one-zone", "--subnets", ...subnetsOf("us-east-1a")]],
    [
      "DuplicateTargetGroupName",
      () => [
        ...["create-target-group", "--name", "tg-bia", "--protocol", "HTTP", "--port", "81"],
        ...["--vpc-id", ask("Vpcs[0].VpcId", "ec2", "describe-vpcs")],
      ],
    ],
    [
      "DuplicateListener",
      () => [
        ...["create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", "80"],
        ...["--default-actions", forward()],
      ],
    ],
    [
      "CertificateNotFound",
      () => [
        ...["create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTPS", "--port", "8443"],
        ...["--certificates", "CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/nothing"],
        ...["--default-actions", forward()],
      ],
    ],
    ["ResourceInUse", () => ["delete-target-group", "--target-group-arn", targetGroup]],
    ["SandboxNotEmulated", () => ["describe-trust-stores"]],
  ])("is refused with AWS's own code: %s", (code, args) => {
    expect(aws("elbv2", ...args()).code).toBe(code);
  });
});
