import { CreateSubnetCommand, CreateVpcCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Scenario } from "../transcript.ts";

/** Target groups of addresses. */
export const ipTargets: Scenario = {
  title: "target groups of addresses",
  async run({ ec2, elbv2 }, call) {
    const { Vpc: { VpcId } = {} } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.3.0.0/16" }));
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: "10.3.0.0/24", AvailabilityZone: "us-east-1a" }),
    );
    const { Subnet: other } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: "10.3.1.0/24", AvailabilityZone: "us-east-1b" }),
    );
    const group = { Name: "ui-application", Protocol: "HTTP", Port: 8080, TargetType: "ip", VpcId } as const;
    const check = {
      HealthCheckPath: "/actuator/health",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 4,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 3,
      Matcher: { HttpCode: "200" },
    };
    const Tags = [{ Key: "owner", Value: "me" }];
    const { TargetGroups = [] } = await call(
      "CreateTargetGroup",
      elbv2.send(new CreateTargetGroupCommand({ ...group, ...check, Tags })),
    );
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
    await call("CreateTargetGroup, same name", elbv2.send(new CreateTargetGroupCommand({ ...group, Port: 80 })));
    await call("DescribeTargetGroups", elbv2.send(new DescribeTargetGroupsCommand({ Names: ["ui-application"] })));
    await call("DescribeTargetGroups, unknown", elbv2.send(new DescribeTargetGroupsCommand({ Names: ["nothing"] })));
    await call("DescribeTags", elbv2.send(new DescribeTagsCommand({ ResourceArns: [TargetGroupArn] })));
    await call(
      "AddTags",
      elbv2.send(new AddTagsCommand({ ResourceArns: [TargetGroupArn], Tags: [{ Key: "stage", Value: "one" }] })),
    );
    await call("DescribeTags, added", elbv2.send(new DescribeTagsCommand({ ResourceArns: [TargetGroupArn] })));
    await call(
      "DescribeTargetGroupAttributes",
      elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
    );
    const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }];
    await call(
      "ModifyTargetGroupAttributes",
      elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes })),
    );
    await call(
      "ModifyTargetGroup",
      elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: "/health" })),
    );
    const Targets = [{ Id: "10.3.0.10", Port: 8080 }];
    await call("RegisterTargets", elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets })));
    await call(
      "RegisterTargets, an instance",
      elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "i-0123456789abcdef0" }] })),
    );
    await call("DescribeTargetHealth, unused", elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn })));
    const { LoadBalancers } = await elbv2.send(
      new CreateLoadBalancerCommand({
        Name: "ui",
        Subnets: [Subnet?.SubnetId ?? "", other?.SubnetId ?? ""],
        Scheme: "internal",
      }),
    );
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn }];
    const { Listeners } = await elbv2.send(
      new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions }),
    );
    await call("DeleteTargetGroup, in use", elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn })));
    await call("DeregisterTargets", elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets })));
    await elbv2.send(new DeleteListenerCommand({ ListenerArn: Listeners?.[0]?.ListenerArn }));
    await elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
    await call("DeleteTargetGroup", elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn })));
    await call("DeleteTargetGroup, again", elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn })));
    await call("DescribeTargetHealth, gone", elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn })));
  },
  differences: [
    {
      at: /^DeleteTargetGroup, again$/,
      why: "moto: TargetGroupNotFound; AWS knows no such refusal of this call (elbv2:DeleteTargetGroup)",
    },
    { at: /^DescribeTargetGroupAttributes\./, why: "moto has none of some, and one of load balancers, waf" },
    { at: /^ModifyTargetGroupAttributes\./, why: "moto tells those that were asked for; AWS all (its example)" },
    { at: /^RegisterTargets, an instance$/, why: "moto takes it; AWS: ValidationError" },
    { at: /^DescribeTargetHealth, unused\./, why: "moto has all targets healthy from the start" },
  ],
};
