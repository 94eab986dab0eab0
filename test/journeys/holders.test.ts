import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import {
  DeleteTagsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { CreateClusterCommand, CreateServiceCommand } from "@aws-sdk/client-ecs";
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, instanceIdOn, type RunResult, unfinished } from "../support/runs.ts";

/** A stack whose parts are used by things of somebody else: a destroy names each of them soon, and what to do about it. */

let sandbox: RunningSandbox;
let aws: AwsClients;
let machine: string;
let destroyed: RunResult;

beforeAll(async () => {
  // A run waits half a minute for somebody to let go.
  sandbox = await startSandbox({ delays: "none", speed: 20 });
  aws = clientsOf(sandbox);
  expect(unfinished(await createOn(sandbox))).toEqual([]);
  machine = await instanceIdOn(sandbox);
  await aws.ec2.send(new DeleteTagsCommand({ Resources: [machine], Tags: [{ Key: "bia-infra:stack" }] }));
  await theirDatabase();
  await theirBalancer();
  await theirCluster();
  destroyed = await destroyOn(sandbox);
});

afterAll(async () => {
  aws.close();
  await sandbox.close();
});

async function groupNamed(name: string): Promise<SecurityGroup> {
  const Filters = [{ Name: "group-name", Values: [name] }];
  const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups[0] ?? {};
}

async function theirDatabase(): Promise<void> {
  await aws.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: "theirs",
      DBInstanceClass: "db.t3.micro",
      Engine: "postgres",
      EngineVersion: "16",
      AllocatedStorage: 20,
      MasterUsername: "postgres",
      MasterUserPassword: "a-long-password",
      VpcSecurityGroupIds: [(await groupNamed("bia-db")).GroupId ?? ""],
    }),
  );
}

/** In our security group, with our certificate, in front of our target group. */
async function theirBalancer(): Promise<void> {
  const { GroupId = "", VpcId = "" } = await groupNamed("bia-alb");
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

/** A service in our cluster, and another cluster with our capacity provider. */
async function theirCluster(): Promise<void> {
  await aws.ecs.send(
    new CreateServiceCommand({
      cluster: "cluster-bia-alb",
      serviceName: "theirs",
      taskDefinition: "task-def-bia-alb",
      launchType: "EC2",
      desiredCount: 0,
    }),
  );
  await aws.ecs.send(new CreateClusterCommand({ clusterName: "theirs", capacityProviders: [PROVIDER] }));
}

const PROVIDER = "capacity-provider-bia-alb";

function errorOf(task: string): string {
  const error = destroyed.tasks.find(({ id }) => id === task)?.error;
  const [, seconds = ""] = /^after (\d+) s/.exec(error?.why ?? "") ?? [];
  expect(Number(seconds), `${task}: ${error?.why}`).toBeLessThan(60);
  return `${error?.why} -> ${error?.next}`;
}

describe("a destroy names within half a minute who keeps", () => {
  it("a security group: an instance, a database, a load balancer", () => {
    expect(errorOf("dev-security-group")).toMatch(`instance ${machine} (bia-dev, running)`);
    expect(errorOf("db-security-group")).toMatch(/database theirs -> .*Delete database theirs/);
    expect(errorOf("alb-security-group")).toMatch(/load balancer theirs -> .*Delete load balancer theirs/);
  });

  it("a certificate: a load balancer", () => {
    expect(errorOf("certificate")).toMatch(/: app\/theirs\/\w+ -> Take certificate arn:\S+ off app\/theirs/);
  });

  it("a cluster: a service; and a capacity provider: another cluster", () => {
    expect(errorOf("cluster")).toMatch(/service theirs -> .*delete service theirs/);
    expect(errorOf("capacity-provider")).toMatch(/cluster theirs -> Take capacity provider/);
  });
});

it("a destroy names the load balancer of somebody else in front of our target group", async () => {
  const own = await startSandbox({ delays: "none", speed: 20 });
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
  expect(`${error?.why} -> ${error?.next}`).toMatch(/^after 3\d s .*of load balancer theirs -> Delete a listener/);
  close();
  await own.close();
});
