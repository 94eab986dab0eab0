import { AutoScalingClient, CreateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  type DesiredStatus,
  ECSClient,
  ListContainerInstancesCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { SSMClient } from "@aws-sdk/client-ssm";
import { onTestFinished } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { createProfile, defaultVpc, ECS_AMI, subnetIn } from "../ec2/fixtures.ts";

export const CLUSTER = "cluster-bia-alb";
export const PROVIDER = "capacityProviderCurso117";
export const GROUP = "asgCurso117";
export const FAMILY = "task-def-bia-alb";
export const SERVICE = "service-bia-alb";
const PROFILE = "ecs-ec2InstanceIProfile";
const EC2_ROLE = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";

/** SDK clients of a sandbox of the test's own. They do not retry, so that a test sees every refusal. */
export interface Ecs {
  readonly ecs: ECSClient;
  readonly ec2: EC2Client;
  readonly elbv2: ElasticLoadBalancingV2Client;
  readonly iam: IAMClient;
  readonly scaling: AutoScalingClient;
  readonly ssm: SSMClient;
  readonly sandbox: RunningSandbox;
  readonly world: World;
}

/** A sandbox whose time stands still unless the test says otherwise. */
export async function ecsOf(options: SandboxOptions = {}): Promise<Ecs> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const config = { ...clientConfig(sandbox), maxAttempts: 1 };
  const clients = {
    ecs: new ECSClient(config),
    ec2: new EC2Client(config),
    elbv2: new ElasticLoadBalancingV2Client(config),
    iam: new IAMClient(config),
    scaling: new AutoScalingClient(config),
    ssm: new SSMClient(config),
  };
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { ...clients, sandbox, world: sandbox.world };
}

/** Lets the world's time pass until nothing moves any more: what a machine does takes turns of the event loop. */
export async function settle({ world }: Ecs, seconds = 5): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await world.clock.advance((seconds * 1000) / 20);
    do await new Promise((resolve) => setTimeout(resolve, 2));
    while (runsUserData(world));
  }
}

/** Whether an instance has been up for long enough that its user data runs, which takes real time. */
function runsUserData(world: World): boolean {
  const startedBy = world.now().getTime() - world.delay("user data starts");
  const { instances } = world.region("us-east-1").ec2;
  const running = instances.filter(
    ({ State, hidden }) => State.Name === "running" && hidden.userDataState === "waiting",
  );
  return running.some(({ hidden }) => hidden.bootedAt !== undefined && hidden.bootedAt.getTime() <= startedBy);
}

/** What instances of a cluster are launched by, and as many of them in a scaling group. */
export async function createGroup(at: Ecs, { size = 2, max = 2, policies = [EC2_ROLE] } = {}): Promise<string> {
  await createProfile(at.iam, PROFILE, policies);
  // EC2 sees a new profile only after a while.
  await at.world.clock.advance(at.world.delay("role in a profile visible to EC2"));
  const UserData = Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${CLUSTER} >> /etc/ecs/ecs.config\n`).toString("base64");
  const LaunchTemplateData = {
    ImageId: ECS_AMI,
    InstanceType: "t3.micro" as const,
    IamInstanceProfile: { Name: PROFILE },
    UserData,
  };
  await at.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "bia", LaunchTemplateData }));
  const subnets = await Promise.all(["us-east-1a", "us-east-1b"].map((zone) => subnetIn(at.ec2, zone)));
  await at.scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: GROUP,
      LaunchTemplate: { LaunchTemplateName: "bia" },
      MinSize: Math.min(size, 2),
      MaxSize: max,
      DesiredCapacity: size,
      VPCZoneIdentifier: subnets.join(","),
    }),
  );
  return at.world.region("us-east-1").autoscaling.groups.get(GROUP)?.AutoScalingGroupARN ?? "";
}

/** A cluster, and in it as many container instances, without a capacity provider. */
export async function createCluster(at: Ecs, size = 2): Promise<void> {
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  if (size === 0) return;
  await createGroup(at, { size, max: size });
  await settle(at);
}

/** A cluster with a capacity provider over a group of so many instances. */
export async function createManagedCluster(at: Ecs, { size = 2, max = 2 } = {}): Promise<void> {
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const autoScalingGroupArn = await createGroup(at, { size, max });
  await createProvider(at, autoScalingGroupArn);
  await settle(at);
  await attachProvider(at);
  await settle(at);
}

export function createProvider({ ecs }: Ecs, autoScalingGroupArn: string) {
  const managedScaling = { status: "ENABLED", targetCapacity: 100 } as const;
  const autoScalingGroupProvider = { autoScalingGroupArn, managedScaling };
  return ecs.send(new CreateCapacityProviderCommand({ name: PROVIDER, autoScalingGroupProvider }));
}

export function attachProvider({ ecs }: Ecs, capacityProviders: string[] = [PROVIDER]) {
  const defaultCapacityProviderStrategy = capacityProviders.map((capacityProvider) => ({
    capacityProvider,
    base: 1,
    weight: 1,
  }));
  return ecs.send(
    new PutClusterCapacityProvidersCommand({ cluster: CLUSTER, capacityProviders, defaultCapacityProviderStrategy }),
  );
}

/** A task definition with one container, of an image that needs no registry of ours. */
export function register({ ecs }: Ecs, input: Partial<RegisterTaskDefinitionCommandInput> = {}) {
  return ecs.send(
    new RegisterTaskDefinitionCommand({
      family: FAMILY,
      containerDefinitions: [
        {
          name: "bia",
          image: "public.ecr.aws/docker/library/httpd:2.4",
          cpu: 1024,
          memory: 512,
          portMappings: [{ containerPort: 8080, hostPort: 0 }],
        },
      ],
      ...input,
    }),
  );
}

/** A service of two tasks that replaces them one by one. */
export function createService({ ecs }: Ecs, input: Partial<CreateServiceCommandInput> = {}) {
  return ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: SERVICE,
      taskDefinition: FAMILY,
      desiredCount: 2,
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
      availabilityZoneRebalancing: "DISABLED",
      ...input,
    }),
  );
}

export async function serviceOf({ ecs }: Ecs, name = SERVICE) {
  const { services } = await ecs.send(
    new DescribeServicesCommand({ cluster: CLUSTER, services: [name], include: ["TAGS"] }),
  );
  return services?.[0];
}

/** Events of the service, oldest first, without what differs from run to run. */
export async function eventsOf(at: Ecs): Promise<string[]> {
  const events = (await serviceOf(at))?.events ?? [];
  return events
    .map(({ message = "" }) => message.replace(`(service ${SERVICE}) `, "").replace(/[0-9a-f]{32}/g, "ID"))
    .reverse();
}

export async function tasksOf({ ecs }: Ecs, desiredStatus: DesiredStatus = "RUNNING") {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: CLUSTER, desiredStatus }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
  return tasks;
}

export async function instancesOf({ ecs }: Ecs) {
  const { containerInstanceArns = [] } = await ecs.send(new ListContainerInstancesCommand({ cluster: CLUSTER }));
  if (containerInstanceArns.length === 0) return [];
  const described = await ecs.send(
    new DescribeContainerInstancesCommand({ cluster: CLUSTER, containerInstances: containerInstanceArns }),
  );
  return described.containerInstances ?? [];
}

/** A target group; with a listener unless told otherwise. Answers its ARN. */
export async function createTargetGroup({ elbv2, ec2 }: Ecs, { listener = true } = {}): Promise<string> {
  const subnets = await Promise.all(["us-east-1a", "us-east-1b"].map((zone) => subnetIn(ec2, zone)));
  const { TargetGroups } = await elbv2.send(
    new CreateTargetGroupCommand({
      Name: "tg-bia",
      Protocol: "HTTP",
      Port: 80,
      VpcId: await defaultVpc(ec2),
      TargetType: "instance",
      HealthCheckIntervalSeconds: 15,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      HealthCheckTimeoutSeconds: 5,
    }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  if (!listener) return TargetGroupArn;
  const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand({ Name: "bia-alb", Subnets: subnets }));
  await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  return TargetGroupArn;
}

/** A role for tasks; with the managed policies for pulling and logs unless told otherwise. Answers its ARN. */
export async function createExecutionRole(
  { iam }: Ecs,
  policies = ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
): Promise<string> {
  const statement = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
  const RoleName = "ecsTaskExecutionRole";
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  for (const PolicyArn of policies) await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  return Role?.Arn ?? "";
}

/** Machines that have joined, without the instances under them. */
export function addMachines({ world }: Ecs, count: number): void {
  const { ecs } = world.region("us-east-1");
  const { clusterArn = "" } = ecs.clusters.get(CLUSTER) ?? {};
  for (let index = 0; index < count; index++) {
    ecs.containerInstances.put({
      containerInstanceArn: `${clusterArn.replace(":cluster/", ":container-instance/")}/${`${index}`.repeat(32)}`,
      ec2InstanceId: `i-${`${index}`.repeat(17)}`,
      status: "ACTIVE",
      agentConnected: true,
      version: 1,
      registeredResources: [
        { name: "CPU", type: "INTEGER", integerValue: 2048 },
        { name: "MEMORY", type: "INTEGER", integerValue: 924 },
      ],
      attributes: [{ name: "ecs.availability-zone", value: `us-east-1${"abc"[index % 3]}` }],
      registeredAt: world.now(),
      tags: [],
      hidden: { clusterArn },
    });
  }
}
