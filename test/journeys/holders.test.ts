import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import {
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { CreateClusterCommand, CreateServiceCommand, DescribeCapacityProvidersCommand } from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { clientsOf, createOn, destroyOn, unfinished } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** A stack whose parts are used by things of somebody else: a destroy names each of them soon, and what to do about it. */

async function groupOf(aws: AwsClients, task: string): Promise<SecurityGroup> {
  const Filters = [{ Name: "tag:bia-infra:task", Values: [task] }];
  const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups[0] ?? {};
}

async function theirDatabase(aws: AwsClients): Promise<void> {
  await aws.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: "theirs",
      DBInstanceClass: "db.t3.micro",
      Engine: "postgres",
      EngineVersion: "16",
      AllocatedStorage: 20,
      MasterUsername: "postgres",
      MasterUserPassword: "a-long-password",
      VpcSecurityGroupIds: [(await groupOf(aws, "db-security-group")).GroupId ?? ""],
    }),
  );
}

/** In our security group, with our certificate, in front of our target group. */
async function theirBalancer(aws: AwsClients): Promise<void> {
  const { GroupId = "", VpcId = "" } = await groupOf(aws, "alb-security-group");
  const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({}));
  const made = await aws.elbv2.send(
    new CreateLoadBalancerCommand({
      Name: "theirs",
      Subnets: Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []),
      SecurityGroups: [GroupId],
    }),
  );
  const { TargetGroups = [] } = await aws.elbv2.send(
    new CreateTargetGroupCommand({ Name: "theirs", Protocol: "HTTP", Port: 80, VpcId }),
  );
  const { CertificateSummaryList = [] } = await aws.acm.send(new ListCertificatesCommand({}));
  await aws.elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
      Port: 443,
      Protocol: "HTTPS",
      Certificates: [{ CertificateArn: CertificateSummaryList[0]?.CertificateArn }],
      DefaultActions: [{ Type: "forward", TargetGroupArn: TargetGroups[0]?.TargetGroupArn }],
    }),
  );
}

/** Another cluster with our capacity provider. */
async function theirCluster(aws: AwsClients): Promise<void> {
  const { capacityProviders = [] } = await aws.ecs.send(new DescribeCapacityProvidersCommand({}));
  const ours = capacityProviders.flatMap(({ name = "" }) => (name.startsWith("FARGATE") ? [] : [name]));
  await aws.ecs.send(new CreateClusterCommand({ clusterName: "theirs", capacityProviders: ours }));
}

/** In our cluster. */
async function theirService(aws: AwsClients): Promise<void> {
  await aws.ecs.send(
    new CreateServiceCommand({
      cluster: "cluster-bia-alb",
      serviceName: "theirs",
      taskDefinition: "task-def-bia-alb",
      launchType: "EC2",
      desiredCount: 0,
    }),
  );
}

/** As when somebody took the tag off. */
async function theirMachine(aws: AwsClients): Promise<void> {
  const { Reservations = [] } = await aws.ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: "tag:Name", Values: ["bia-dev"] }] }),
  );
  const Resources = [Reservations[0]?.Instances?.[0]?.InstanceId ?? ""];
  await aws.ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: "bia-infra:stack" }] }));
}

/** Why each task failed and what to do, after a destroy of the whole stack beside things of others. */
async function destroyedBeside(
  ...others: readonly ((aws: AwsClients) => Promise<void>)[]
): Promise<Readonly<Record<string, string>>> {
  // A run waits half a minute for somebody to let go.
  const sandbox = await sandboxForTest({ delays: "none", speed: 20 });
  const aws = clientsOf(sandbox);
  expect(unfinished(await createOn(sandbox))).toEqual([]);
  for (const make of others) await make(aws);
  aws.close();
  const { tasks } = await destroyOn(sandbox);
  return Object.fromEntries(tasks.flatMap(({ id, error }) => (error ? [[id, `${error.why} -> ${error.next}`]] : [])));
}

describe("a destroy names within half a minute who keeps", () => {
  it("a database's security group and a capacity provider", async () => {
    expect(await destroyedBeside(theirDatabase, theirCluster)).toEqual({
      "db-security-group": expect.stringMatching(/^after \d\d s .*database theirs -> Delete database theirs/),
      "capacity-provider": expect.stringMatching(/^after \d\d s .*cluster theirs -> Take capacity provider \S+ off/),
    });
  });

  it("the security groups of a machine and a load balancer, a certificate and a cluster", async () => {
    expect(await destroyedBeside(theirMachine, theirBalancer, theirService)).toEqual({
      "dev-security-group": expect.stringMatching(/^after \d\d s .*instance i-\w+ \(bia-dev, running\) -> Delete i/),
      "alb-security-group": expect.stringMatching(/^after \d\d s .*load balancer theirs -> Delete load balancer/),
      certificate: expect.stringMatching(/^after \d\d s .*: app\/theirs\/\w+ -> Take certificate arn:\S+ off app/),
      cluster: expect.stringMatching(/^after \d\d s .*service theirs -> .*delete service theirs/),
    });
  });
});

it("a destroy names the load balancer of somebody else in front of our target group", async () => {
  const own = await sandboxForTest({ delays: "none", speed: 20 });
  const { elbv2, ec2, close } = clientsOf(own);
  await createOn(own, { only: "http-listener" });
  const { LoadBalancers = [] } = await elbv2.send(new DescribeLoadBalancersCommand({}));
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn;
  const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
  for (const { ListenerArn } of Listeners) await elbv2.send(new DeleteListenerCommand({ ListenerArn }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const made = await elbv2.send(
    new CreateLoadBalancerCommand({
      Name: "theirs",
      Subnets: Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []),
    }),
  );
  const { TargetGroups = [] } = await elbv2.send(new DescribeTargetGroupsCommand({}));
  await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: made.LoadBalancers?.[0]?.LoadBalancerArn,
      Port: 80,
      Protocol: "HTTP",
      DefaultActions: [{ Type: "forward", TargetGroupArn: TargetGroups[0]?.TargetGroupArn }],
    }),
  );
  const { tasks } = await destroyOn(own, { only: "http-listener" });
  const error = tasks.find(({ id }) => id === "target-group")?.error;
  expect(`${error?.why} -> ${error?.next}`).toMatch(/^after \d\d s .*of load balancer theirs -> Delete a listener/);
  close();
});
