import { type Ref, task } from "../../engine/task.ts";
import { autoScalingGroup } from "../../kinds/autoscaling/group.ts";
import { logGroup } from "../../kinds/cloudwatch-logs/log-group.ts";
import { image } from "../../kinds/ec2/image.ts";
import { launchTemplate } from "../../kinds/ec2/launch-template.ts";
import { capacityProvider } from "../../kinds/ecs/capacity-provider.ts";
import { cluster } from "../../kinds/ecs/cluster.ts";
import { clusterCapacityProviders } from "../../kinds/ecs/cluster-capacity-providers.ts";
import { instanceProfile } from "../../kinds/iam/instance-profile.ts";
import { role } from "../../kinds/iam/role.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import { performanceLogGroup } from "../performance-log-group.ts";

/** Where the cluster's instances stand. */
interface Position {
  readonly subnets: readonly Ref<string>[];
  readonly securityGroup: Ref<string>;
  /** ARNs of target groups that instances are registered in themselves. */
  readonly targetGroups: readonly Ref<string>[];
}

/**
 * What the SSM agent needs to register its machine and to take commands: AmazonSSMManagedInstanceCore without the right to read
 * every parameter of the region, which the tasks, whom the machine's credentials are in reach of, would have, too.
 * (Systems Manager User Guide, "Reference: ec2messages, ssmmessages, and other API operations")
 */
const TAKE_COMMANDS = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ec2messages:AcknowledgeMessage",
        "ec2messages:DeleteMessage",
        "ec2messages:FailMessage",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:SendReply",
      ],
      Resource: ["*"],
    },
  ],
} as const;

/** The ECS cluster and the EC2 instances that it runs on. */
export function clusterTasks(variables: BiaVariables, { subnets, securityGroup, targetGroups }: Position) {
  const {
    cluster: settings,
    launchTemplate: template,
    autoScalingGroup: scaling,
    capacityProvider: capacity,
  } = variables;

  const instanceRole = task("ecs-instance-role", `role ${template.role.name}`, role, {
    name: template.role.name,
    service: "ec2.amazonaws.com",
    managedPolicies: template.role.managedPolicies.map(managedPolicyArn),
    ...(template.role.takesCommands && { inlinePolicies: { "take-commands": TAKE_COMMANDS }, isUsableWithout: true }),
  });

  const profile = task("ecs-instance-profile", `instance profile ${template.role.instanceProfile}`, instanceProfile, {
    name: template.role.instanceProfile,
    role: instanceRole.out(({ name }) => name),
  });

  const ecsImage = task("ecs-image", "image Amazon Linux 2023 for ECS", image, { parameter: template.imageParameter });

  const launches = task("launch-template", `launch template ${template.name}`, launchTemplate, {
    name: template.name,
    image: ecsImage.out((found) => found),
    instanceType: template.instanceType,
    securityGroups: [securityGroup],
    instanceProfile: profile.out(({ name }) => name),
    rootVolume: template.rootVolume,
    userData: `#!/bin/bash\necho ECS_CLUSTER=${settings.name} >> /etc/ecs/ecs.config\n`,
  });

  const group = performanceLogGroup(settings.name);
  const performance =
    settings.containerInsights === "disabled"
      ? undefined
      : task("performance-log-group", `log group ${group}`, logGroup, { name: group, retention: 1 });

  const empty = task(
    "cluster",
    `cluster ${settings.name}`,
    cluster,
    { name: settings.name, containerInsights: settings.containerInsights },
    // AWS would make it without our tag, and keep it for ever.
    performance ? [performance] : [],
  );

  const instances = task(
    "auto-scaling-group",
    `auto scaling group ${scaling.name}`,
    autoScalingGroup,
    {
      name: scaling.name,
      launchTemplate: {
        id: launches.out(({ id }) => id),
        version: launches.out(({ latestVersion }) => latestVersion),
      },
      instanceProfile: { name: profile.out(({ name }) => name), id: profile.out(({ id }) => id) },
      minSize: scaling.minSize,
      maxSize: scaling.maxSize,
      desiredCapacity: scaling.desiredCapacity,
      subnets,
      defaultCooldown: scaling.defaultCooldown,
      healthCheckType: "EC2",
      healthCheckGracePeriod: scaling.healthCheckGracePeriod,
      tags: { Name: scaling.instanceName },
      metrics: scaling.metrics,
      targetGroups,
    },
    // An agent that finds no cluster gives up: "Cluster not found".
    [empty],
  );

  const provider = task("capacity-provider", `capacity provider ${capacity.name}`, capacityProvider, {
    name: capacity.name,
    // It can be made while the instances are still being launched.
    autoScalingGroup: instances.early(({ arn }) => arn),
    managedScaling: "ENABLED",
    targetCapacity: capacity.targetCapacity,
    managedTerminationProtection: "DISABLED",
    managedDraining: capacity.managedDraining ? "ENABLED" : "DISABLED",
  });

  const strategy = task("cluster-strategy", `capacity of ${settings.name}`, clusterCapacityProviders, {
    cluster: empty.out(({ name }) => name),
    providers: [provider.out(({ name }) => name)],
    strategy: [{ provider: provider.out(({ name }) => name), base: capacity.base, weight: capacity.weight }],
  });

  return { instanceRole, profile, ecsImage, launches, performance, cluster: empty, instances, provider, strategy };
}
