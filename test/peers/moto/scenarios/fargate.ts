import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  type EC2Client,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import type { Call, Scenario } from "../transcript.ts";
import { DEFINITION, roleOfTasks } from "./task-definitions.ts";

const cluster = "fargate";

/** Tasks and services on Fargate, with network interfaces of their own. */
export const fargate: Scenario = {
  title: "tasks and services on Fargate",
  async run({ ec2, ecs, iam }, call) {
    const networkConfiguration = await network(ec2);
    const role = await roleOfTasks(iam, "shopTaskRole");
    const definition = { ...DEFINITION, family: "ui", executionRoleArn: role, taskRoleArn: role };
    await ecs.send(new RegisterTaskDefinitionCommand(definition));
    const clusters = [cluster, "nothing"];
    await call("CreateCluster", ecs.send(new CreateClusterCommand({ clusterName: cluster })));
    await call("DescribeClusters", ecs.send(new DescribeClustersCommand({ clusters, include: ["SETTINGS", "TAGS"] })));
    const run = { cluster, taskDefinition: "ui", launchType: "FARGATE", startedBy: "me" } as const;
    const { tasks = [] } = await call("RunTask", ecs.send(new RunTaskCommand({ ...run, networkConfiguration })));
    await call("RunTask, without a network", ecs.send(new RunTaskCommand(run)));
    await call("RunTask, unknown", ecs.send(new RunTaskCommand({ ...run, taskDefinition: "nothing" })));
    await ecs.send(new StopTaskCommand({ cluster, task: tasks[0]?.taskArn }));
    const task = "0123456789abcdef0123456789abcdef";
    await call("ListTasks, of another family", ecs.send(new ListTasksCommand({ cluster, family: "other" })));
    await call("DescribeTasks, unknown", ecs.send(new DescribeTasksCommand({ cluster, tasks: [task] })));
    await call("StopTask, unknown", ecs.send(new StopTaskCommand({ cluster, task, reason: "enough" })));
    await services(ecs, call, { network: networkConfiguration, taskDefinition: "ui" });
  },
  differences: [
    {
      at: /\.(availabilityZoneRebalancing|createdAt|createdBy|deploymentConfiguration|platformFamily|platformVersion|roleArn)$/,
      why: "moto leaves it out of a service and a task, and says FARGATE for the family of a deployment's platform, where AWS says Linux",
    },
    {
      at: /\.(enableECSManagedTags|enableExecuteCommand|healthCheckGracePeriodSeconds)$/,
      why: "moto leaves it out (ecs:Service)",
    },
    { at: /\.deployments\.0\.id$|\.rolloutState(Reason)?$/, why: "moto has a deployment of no tasks complete at once" },
    { at: /\.events\.\d$/, why: "moto has no scheduler to say anything" },
    {
      at: /\.(desired|pending|running)Count$|\.failedTasks$/,
      why: "moto starts no tasks, and counts one as running that was asked for",
    },
    {
      at: /^RunTask\.tasks\.0\./,
      why: "moto's tasks run at once, at no definite place, and their containers are named by the definition",
    },
    { at: /^StopTask, unknown$/, why: "moto fails (HTTP 500); AWS: InvalidParameterException" },
    { at: /^DescribeTasks, unknown/, why: "moto tells no failures; AWS: MISSING" },
    { at: /^DeleteCluster, with a service$/, why: "moto takes it; AWS: ClusterContainsServicesException" },
    { at: /^CreateService, /, why: "moto takes them; AWS: InvalidParameterException" },
    { at: /^DeleteService\.service\.status$/, why: "moto: INACTIVE; AWS: DRAINING first" },
  ],
};

/**
 * A subnet with names for what is in it, and a group: moto can neither do without the names nor without the group, where AWS takes
 * the VPC's default one.
 */
async function network(ec2: EC2Client) {
  const { Vpc: { VpcId } = {} } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.2.0.0/16" }));
  const EnableDnsHostnames = { Value: true };
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.2.0.0/24" }));
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName: "shop", Description: "shop" }));
  const own = {
    subnets: [Subnet?.SubnetId ?? ""],
    securityGroups: [GroupId ?? ""],
    assignPublicIp: "DISABLED" as const,
  };
  return { awsvpcConfiguration: own };
}

async function services(ecs: ECSClient, call: Call, on: { network: object; taskDefinition: string }): Promise<void> {
  const { network: networkConfiguration, taskDefinition } = on;
  const made = {
    cluster,
    serviceName: "ui",
    taskDefinition,
    launchType: "FARGATE",
    // moto starts no tasks, which ends all likeness of services that have some.
    desiredCount: 0,
    networkConfiguration,
  } as const;
  const settings = {
    enableExecuteCommand: true,
    propagateTags: "SERVICE" as const,
    tags: [{ key: "owner", value: "me" }],
  };
  await call("CreateService", ecs.send(new CreateServiceCommand({ ...made, ...settings })));
  await call("ListServices", ecs.send(new ListServicesCommand({ cluster })));
  await call(
    "DescribeServices",
    ecs.send(new DescribeServicesCommand({ cluster, services: ["ui", "nothing"], include: ["TAGS"] })),
  );
  await call("UpdateService", ecs.send(new UpdateServiceCommand({ cluster, service: "ui", desiredCount: 1 })));
  await call(
    "UpdateService, unknown",
    ecs.send(new UpdateServiceCommand({ cluster, service: "nothing", desiredCount: 1 })),
  );
  await call("DeleteCluster, with a service", ecs.send(new DeleteClusterCommand({ cluster })));
  await call("DeleteService, active", ecs.send(new DeleteServiceCommand({ cluster, service: "ui" })));
  await call(
    "CreateService, without a network",
    ecs.send(new CreateServiceCommand({ ...made, serviceName: "other", networkConfiguration: undefined })),
  );
  await call(
    "CreateService, with more desired",
    ecs.send(new CreateServiceCommand({ ...made, ...settings, desiredCount: 3 })),
  );
  await call("DeleteService", ecs.send(new DeleteServiceCommand({ cluster, service: "ui", force: true })));
}
