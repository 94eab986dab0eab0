import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import {
  DescribeAutoScalingGroupsCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  ModifyInstanceAttributeCommand,
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
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand } from "@aws-sdk/client-iam";
import { CreateDBInstanceCommand, ModifyDBInstanceCommand } from "@aws-sdk/client-rds";
import { ChangeResourceRecordSetsCommand, ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { openCreated } from "../support/created.ts";
import { clientsOf, createOn, destroyOn } from "../support/runs.ts";
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
  ...others: readonly ((aws: AwsClients, sandbox: RunningSandbox) => Promise<void>)[]
): Promise<Readonly<Record<string, string>>> {
  // A run waits half a minute for somebody to let go.
  const sandbox = await openCreated({ speed: 20 });
  onTestFinished(() => sandbox.close());
  const aws = clientsOf(sandbox);
  for (const make of others) await make(aws, sandbox);
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

/** Everything that a person can switch on to keep things from being deleted, and records of theirs in the zone. */
async function protection(aws: AwsClients): Promise<void> {
  const machine = await machineOf(aws);
  const stop = { InstanceId: machine, DisableApiStop: { Value: true } };
  await aws.ec2.send(new ModifyInstanceAttributeCommand(stop));
  await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "bia", DeletionProtection: true }));
  const { LoadBalancers = [] } = await aws.elbv2.send(new DescribeLoadBalancersCommand({}));
  const Attributes = [{ Key: "deletion_protection.enabled", Value: "true" }];
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn;
  await aws.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
  const { AutoScalingGroups = [] } = await aws.autoScaling.send(new DescribeAutoScalingGroupsCommand({}));
  const AutoScalingGroupName = AutoScalingGroups[0]?.AutoScalingGroupName;
  await aws.autoScaling.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ["Terminate"] }));
  const { HostedZones = [] } = await aws.route53.send(new ListHostedZonesCommand({}));
  const [zone] = HostedZones;
  const record = { Name: `mail.${zone?.Name}`, TTL: 300, ResourceRecords: [{ Value: "10 mail.example" }] };
  await aws.route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone?.Id,
      ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet: { ...record, Type: "MX" } }] },
    }),
  );
}

async function machineOf(aws: AwsClients): Promise<string> {
  const Filters = [{ Name: "tag:Name", Values: ["bia-dev"] }];
  const { Reservations = [] } = await aws.ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations[0]?.Instances?.[0]?.InstanceId ?? "";
}

/** An instance profile of somebody else with our role in it. */
async function theirProfile(aws: AwsClients): Promise<void> {
  await aws.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "theirs" }));
  await aws.iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: "theirs", RoleName: "role-acesso-ssm" }),
  );
}

/** Scaling groups delete their instances although they are protected from scaling in. */
async function protectedFromScaleIn(aws: AwsClients): Promise<void> {
  const { AutoScalingGroups = [] } = await aws.autoScaling.send(new DescribeAutoScalingGroupsCommand({}));
  const [group] = AutoScalingGroups;
  await aws.autoScaling.send(
    new SetInstanceProtectionCommand({
      AutoScalingGroupName: group?.AutoScalingGroupName,
      InstanceIds: group?.Instances?.flatMap(({ InstanceId }) => InstanceId ?? []),
      ProtectedFromScaleIn: true,
    }),
  );
}

/** Interfaces in our security group that no call of the sandbox makes: one of a function, one that belongs to nothing. */
async function theirInterfaces(aws: AwsClients, { world }: RunningSandbox): Promise<void> {
  const { networkInterfaces } = world.region("us-east-1").ec2;
  const { GroupId = "", GroupName = "" } = await groupOf(aws, "dev-security-group");
  const [like] = networkInterfaces.all();
  if (!like) throw new Error("no interface to copy");
  const { Attachment: _attachment, Association: _address, ...loose } = like;
  const one = { ...loose, Groups: [{ GroupId, GroupName }], Status: "available" as const, TagSet: [] };
  const hidden = { wantsPublicAddress: false };
  networkInterfaces.put({
    ...one,
    NetworkInterfaceId: "eni-0f",
    Description: "AWS Lambda VPC ENI-theirs",
    Status: "in-use",
    hidden,
  });
  networkInterfaces.put({ ...one, NetworkInterfaceId: "eni-0e", Description: "", hidden });
}

/** A task that somebody has run, and a computer of theirs that they have registered (ECS Anywhere), in our cluster. */
async function theirTask(_aws: AwsClients, { world }: RunningSandbox): Promise<void> {
  const { tasks, containerInstances } = world.region("us-east-1").ecs;
  const [task] = tasks.all();
  const [instance] = containerInstances.all();
  if (!task || !instance) throw new Error("no task to copy");
  const { startedBy: _service, capacityProviderName: _ours, ...loose } = task;
  const taskArn = task.taskArn.replace(/[^/]+$/, "their-task");
  const containerInstanceArn = instance.containerInstanceArn.replace(/[^/]+$/, "their-computer");
  containerInstances.put({ ...instance, containerInstanceArn, ec2InstanceId: "mi-0123456789abcdef0" });
  tasks.put({
    ...loose,
    taskArn,
    containerInstanceArn,
    group: "family:theirs",
    hidden: { serviceArn: "", targets: [] },
  });
}

/** A task that somebody has run on our capacity provider. */
async function theirTaskOnOurProvider(_aws: AwsClients, { world }: RunningSandbox): Promise<void> {
  const { tasks } = world.region("us-east-1").ecs;
  const [task] = tasks.all();
  if (!task) throw new Error("no task to copy");
  const taskArn = task.taskArn.replace(/[^/]+$/, "their-task");
  tasks.put({ ...task, taskArn, group: "family:theirs", hidden: { serviceArn: "", targets: [] } });
}

describe("a destroy says what to do about what somebody", () => {
  it("has protected from being deleted, about suspended processes and about records in our zone", async () => {
    expect(await destroyedBeside(protection)).toMatchObject({
      "dev-instance": expect.stringMatching(/instance 'i-\w+' may not be terminated.* -> .*Change stop protection/),
      "db-instance": expect.stringMatching(/protected DB Instance.* -> .*deletion protection off in the RDS console/),
      "load-balancer": expect.stringMatching(/deletion protection is enabled -> .*turn that off in its attributes/),
      "auto-scaling-group": expect.stringMatching(
        /^after \d\d s .*process Terminate is suspended: instance i-\w+, instance i-\w+ -> .*resume-processes --auto-scaling-group-name \S+/,
      ),
      "hosted-zone": expect.stringMatching(/^after \d\d s .*: mail\.\S+ MX -> Others made these records/),
    });
  });

  it("uses: a role in an instance profile, interfaces in a security group, a task and a computer in the cluster", async () => {
    expect(await destroyedBeside(theirProfile, protectedFromScaleIn, theirInterfaces, theirTask)).toEqual({
      "dev-role": expect.stringMatching(
        /^after \d\d s .*: instance profile theirs -> .*take \S+ out of instance profile/,
      ),
      "dev-security-group": expect.stringMatching(
        /^after \d\d s .*interface eni-0f \(AWS Lambda VPC ENI-theirs\), interface eni-0e \(attached to nothing\) -> Delete/,
      ),
      cluster: expect.stringMatching(
        /^after \d\d s .*task their-task \(family:theirs\), external instance mi-0123456789abcdef0 -> .*stop task/,
      ),
    });
  });

  it("runs on our capacity provider, and nothing about instances that go by themselves", async () => {
    expect(await destroyedBeside(theirTaskOnOurProvider)).toEqual({
      "cluster-strategy": expect.stringMatching(
        /^after \d\d s .*in use and cannot be removed\.: task their-task \(family:theirs\) -> .*console, stop task \S+ \(family:theirs\); then/,
      ),
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
