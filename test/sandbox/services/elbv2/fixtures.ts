import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  type CreateLoadBalancerCommandInput,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { onTestFinished } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { Region, World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { defaultVpc } from "../ec2/fixtures.ts";

/** A sandbox with clients for load balancers and what they stand on. */
export interface Balancing {
  readonly ec2: EC2Client;
  readonly elbv2: ElasticLoadBalancingV2Client;
  readonly world: World;
  readonly region: Region;
  /** Default subnets, by zone letter. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly vpc: string;
}

/** A sandbox whose time stands still unless the test says otherwise. The clients do not retry. */
export async function balancing(options: SandboxOptions = {}, running?: RunningSandbox): Promise<Balancing> {
  const sandbox = running ?? (await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options }));
  const config = { ...clientConfig(sandbox), maxAttempts: 1 };
  const ec2 = new EC2Client(config);
  const elbv2 = new ElasticLoadBalancingV2Client(config);
  onTestFinished(() => {
    ec2.destroy();
    elbv2.destroy();
  });
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const subnets = Object.fromEntries(Subnets.map((one) => [one.AvailabilityZone?.at(-1) ?? "", one.SubnetId ?? ""]));
  const region = sandbox.world.region("us-east-1");
  return { ec2, elbv2, world: sandbox.world, region, subnets, vpc: await defaultVpc(ec2) };
}

export async function createBalancer(
  { elbv2, subnets }: Balancing,
  input: Partial<CreateLoadBalancerCommandInput> = {},
): Promise<string> {
  const Subnets = [subnets.a ?? "", subnets.b ?? ""];
  const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand({ Name: "bia-alb", Subnets, ...input }));
  return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
}

export async function createTargetGroup(
  { elbv2, vpc }: Balancing,
  input: Partial<CreateTargetGroupCommandInput> = {},
): Promise<string> {
  const usual = { Name: "tg-bia", Protocol: "HTTP", Port: 80, VpcId: vpc } as const;
  const { TargetGroups } = await elbv2.send(new CreateTargetGroupCommand({ ...usual, ...input }));
  return TargetGroups?.[0]?.TargetGroupArn ?? "";
}

/** A listener on HTTP 80, unless a port is named, that forwards to a target group. */
export async function listen({ elbv2 }: Balancing, balancer: string, group: string, Port = 80): Promise<string> {
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: group }];
  const input = { LoadBalancerArn: balancer, Protocol: "HTTP" as const, Port, DefaultActions };
  const { Listeners } = await elbv2.send(new CreateListenerCommand(input));
  return Listeners?.[0]?.ListenerArn ?? "";
}

/** State and reason of each target: `healthy`, `initial Elb.RegistrationInProgress`. */
export async function healthOf({ elbv2 }: Balancing, TargetGroupArn: string): Promise<string[]> {
  const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
  return (TargetHealthDescriptions ?? []).map(({ TargetHealth }) =>
    [TargetHealth?.State, TargetHealth?.Reason].filter(Boolean).join(" "),
  );
}

/** What happens by itself within these seconds of the world's time. */
export async function seconds({ world }: Balancing, count: number): Promise<void> {
  await world.clock.advance(count * 1000);
}
