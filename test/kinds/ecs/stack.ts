import { CreateClusterCommand } from "@aws-sdk/client-ecs";
import type { AnyTask, Stack } from "../../../src/engine/task.ts";
import type { ContainerDesired, TaskDefinitionDesired } from "../../../src/kinds/ecs/task-definition-desired.ts";
import { complete, giveUp } from "../../../src/sandbox/controllers/ecs-rollouts.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { instanceState } from "../../../src/sandbox/world/instance-states.ts";
import { clientsOf } from "../../support/runs.ts";

export const CLUSTER = "cluster-bia-alb";
export const PROVIDER = "capacityProviderCurso117";
export const FAMILY = "task-def-bia-alb";
export const SERVICE = "service-bia-alb";
export const GROUP =
  "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:8cd8a1f2-0b1a-4e0e-9d6b-3f1c2a7b5e90:autoScalingGroupName/asgCurso117";
/** Of another account than the sandbox's, so that nothing looks for its image. */
const IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/bia:latest";

/** A stack of one stage with these tasks. */
export function stackOf(...tasks: AnyTask[]): Stack {
  return { name: "bia", stages: [{ name: "1", title: "containers", tasks, outputs: {}, costs: [] }] };
}

export const container: ContainerDesired = {
  name: "bia",
  image: IMAGE,
  cpu: 1024,
  memory: 512,
  essential: true,
  portMappings: [{ containerPort: 8080, hostPort: 0, protocol: "tcp" }],
  environment: { DB_HOST: "bia.abc.us-east-1.rds.amazonaws.com", DB_PORT: "5432" },
  secrets: {},
};

export const definition: TaskDefinitionDesired = {
  family: FAMILY,
  networkMode: "bridge",
  requiresCompatibilities: ["EC2"],
  runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" },
  executionRole: "arn:aws:iam::000000000000:role/ecsTaskExecutionRole",
  containers: [container],
};

/** What ECS leaves on a group that a capacity provider has, or had. */
const MANAGED = "AmazonECSManaged";

/**
 * A scaling group of no instances, for capacity providers.
 *
 * @param managed it had one before, so that an account looks the same after another one as before it
 */
export function addGroup({ world }: RunningSandbox, arn = GROUP, managed = true): void {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  world.region("us-east-1").autoscaling.groups.put({
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn,
    MinSize: 0,
    MaxSize: 0,
    DesiredCapacity: 0,
    DefaultCooldown: 300,
    HealthCheckGracePeriod: 300,
    CreatedTime: world.now(),
    LaunchTemplate: { LaunchTemplateName: "bia", Version: "$Latest" },
    VPCZoneIdentifier: "",
    AvailabilityZones: [],
    TargetGroupARNs: [],
    HealthCheckType: "EC2",
    NewInstancesProtectedFromScaleIn: true,
    EnabledMetrics: [],
    Tags: managed ? [{ Key: MANAGED, Value: "", PropagateAtLaunch: true }] : [],
    Instances: [],
    hidden: { request: "" },
  });
}

/** A cluster that someone else made, and machines that have joined it, without any capacity provider. */
export async function addCluster(sandbox: RunningSandbox, size = 2): Promise<void> {
  const clients = clientsOf(sandbox);
  const { cluster } = await clients.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  clients.close();
  for (let index = 0; index < size; index++) addMachine(sandbox, cluster?.clusterArn ?? "", index);
}

function addMachine({ world }: RunningSandbox, clusterArn: string, index: number): void {
  const zone = `us-east-1${"abc"[index % 3]}`;
  world.region("us-east-1").ecs.containerInstances.put({
    containerInstanceArn: `${clusterArn.replace(":cluster/", ":container-instance/")}/${`${index}`.repeat(32)}`,
    ec2InstanceId: `i-${`${index}`.repeat(17)}`,
    capacityProviderName: PROVIDER,
    status: "ACTIVE",
    agentConnected: true,
    version: 1,
    registeredResources: [
      { name: "CPU", type: "INTEGER", integerValue: 2048 },
      { name: "MEMORY", type: "INTEGER", integerValue: 924 },
    ],
    attributes: [{ name: "ecs.availability-zone", value: zone }],
    registeredAt: world.now(),
    tags: [],
    hidden: { clusterArn },
  });
}

/** The machines of `addCluster` as instances that run, for load balancers: they ask an instance whether it is there. */
export function addInstances({ world }: RunningSandbox): void {
  const { ec2, ecs } = world.region("us-east-1");
  for (const { ec2InstanceId, attributes } of ecs.containerInstances.all()) {
    ec2.instances.put({
      InstanceId: ec2InstanceId,
      ImageId: "ami-00000000000000000",
      InstanceType: "t3.micro",
      State: instanceState("running"),
      Placement: { AvailabilityZone: attributes[0]?.value ?? "", Tenancy: "default" },
      LaunchTime: world.now(),
      Tags: [],
      RootDeviceName: "/dev/xvda",
      hidden: {
        reservationId: "r-00000000000000000",
        visibleAt: world.now(),
        userDataState: "done",
        bootedAt: world.now(),
        disableApiTermination: false,
        shutdownBehavior: "stop",
      },
    });
  }
}

/** Why ECS takes a deployment back: its circuit breaker has opened, or somebody has called StopServiceDeployment. */
export const GIVEN_UP = "ECS deployment circuit breaker: tasks failed to start.";
export const STOPPED = "Service deployment was stopped.";

/**
 * From now on ECS takes back whatever a service is put on (for GIVEN_UP it needs a circuit breaker), so soon that nobody sees it going on: the rollback is over before the
 * call is answered that began the deployment.
 *
 * @returns ends that
 */
export function takesBackAtOnce({ world }: RunningSandbox, why = GIVEN_UP, name = SERVICE): () => void {
  let isOver = false;
  world.watch("ecs", "services", (region, { after }) => {
    const [primary, former] = after?.deployments ?? [];
    if (isOver || after?.serviceName !== name || primary?.rolloutState !== "IN_PROGRESS") return;
    if (former?.rolloutState !== "COMPLETED") return;
    giveUp(world, region, after, why);
    const back = region.ecs.services.update(after.serviceArn, (draft) => {
      const done = { rolloutState: "COMPLETED", rolloutStateReason: `ECS deployment ${former.id} completed.` } as const;
      draft.deployments = draft.deployments.slice(0, 1).map((one) => ({ ...one, ...done }));
    });
    if (back) complete(world, region, back);
  });
  return () => {
    isOver = true;
  };
}
