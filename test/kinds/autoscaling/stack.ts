import { type Stack, task } from "../../../src/engine/task.ts";
import { autoScalingGroup } from "../../../src/kinds/autoscaling/group.ts";
import type { AutoScalingGroupDesired } from "../../../src/kinds/autoscaling/scaling-group.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { image } from "../../../src/kinds/ec2/image.ts";
import { type LaunchTemplateDesired, launchTemplate } from "../../../src/kinds/ec2/launch-template.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { instanceProfile } from "../../../src/kinds/iam/instance-profile.ts";
import { role } from "../../../src/kinds/iam/role.ts";

const ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"] as const;

/** What the tests' stack asks for differently. */
export interface Wishes {
  readonly template?: Partial<LaunchTemplateDesired>;
  readonly group?: Partial<AutoScalingGroupDesired>;
}

/** A scaling group and all that it needs. */
export function scalingStack({ template = {}, group = {} }: Wishes = {}): Stack {
  const vpc = task("vpc", "default VPC", defaultVpc, { zones: [...ZONES] });
  const firewall = task("firewall", "security group bia-ec2-teste", securityGroup, {
    name: "bia-ec2-teste",
    description: "SG da EC2 com ALB",
    vpcId: vpc.out(({ vpcId }) => vpcId),
    ingress: [],
    tags: {},
  });
  const instanceRole = task("role", "role ecs-ec2InstanceRole", role, {
    name: "ecs-ec2InstanceRole",
    service: "ec2.amazonaws.com",
    managedPolicies: [],
  });
  const profile = task("profile", "instance profile ecs-ec2InstanceIProfile", instanceProfile, {
    name: "ecs-ec2InstanceIProfile",
    role: instanceRole.out(({ name }) => name),
  });
  const parameter = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id";
  const ecsImage = task("image", "image for ECS", image, { parameter });
  const launches = task("launch-template", "launch template launchTempCurso117", launchTemplate, {
    name: "launchTempCurso117",
    image: ecsImage.out((found) => found),
    instanceType: "t3.micro",
    securityGroups: [firewall.out(({ groupId }) => groupId)],
    instanceProfile: profile.out(({ name }) => name),
    rootVolume: { size: 8, type: "gp3" },
    userData: "#!/bin/bash\necho ECS_CLUSTER=cluster-bia-alb >> /etc/ecs/ecs.config\n",
    instanceTags: { Course: "117" },
    ...template,
  });
  const instances = task("group", "auto scaling group asgCurso117", autoScalingGroup, {
    name: "asgCurso117",
    launchTemplate: {
      id: launches.out(({ id }) => id),
      version: launches.out(({ latestVersion }) => latestVersion),
    },
    instanceProfile: { name: profile.out(({ name }) => name), id: profile.out(({ id }) => id) },
    minSize: 2,
    maxSize: 2,
    desiredCapacity: 2,
    subnets: ZONES.map((zone) => vpc.out(({ subnets }) => subnets[zone] ?? "")),
    defaultCooldown: 300,
    healthCheckType: "EC2",
    healthCheckGracePeriod: 300,
    tags: { Name: "ECS Instances - cluster-bia" },
    metrics: ["GroupMinSize", "GroupInServiceInstances"],
    targetGroups: [],
    ...group,
  });
  const tasks = [vpc, firewall, instanceRole, profile, ecsImage, launches, instances];
  return { name: "bia", stages: [{ name: "1", title: "a scaling group", tasks, outputs: {}, costs: [] }] };
}
