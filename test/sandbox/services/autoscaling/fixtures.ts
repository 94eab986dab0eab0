import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, EC2Client, type RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { createProfile, ECS_AMI, subnetIn } from "../ec2/fixtures.ts";

export const GROUP = "asgCurso117";
export const PROFILE = "ecs-ec2InstanceIProfile";

/** SDK clients of a sandbox of the test's own, and what is there already: a profile, a launch template, three subnets. */
export interface Scaling {
  readonly scaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly world: World;
  readonly subnets: readonly string[];
  readonly endpoint: ReturnType<typeof clientConfig>;
}

/** A sandbox whose time stands still unless the test says otherwise. */
export async function scalingOf(options: SandboxOptions = {}, data: RequestLaunchTemplateData = {}): Promise<Scaling> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const config = { ...clientConfig(sandbox), maxAttempts: 1 };
  const clients = { scaling: new AutoScalingClient(config), ec2: new EC2Client(config), iam: new IAMClient(config) };
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  await createProfile(clients.iam, PROFILE, []);
  const LaunchTemplateData = {
    ImageId: ECS_AMI,
    InstanceType: "t3.micro" as const,
    IamInstanceProfile: { Name: PROFILE },
    ...data,
  };
  await clients.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "bia", LaunchTemplateData }));
  const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
  const subnets = await Promise.all(zones.map((zone) => subnetIn(clients.ec2, zone)));
  return { ...clients, subnets, world: sandbox.world, endpoint: clientConfig(sandbox) };
}

/** A group of two in three zones, unless the input says otherwise. */
export function create({ scaling, subnets }: Scaling, input: Partial<CreateAutoScalingGroupCommandInput> = {}) {
  return scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: GROUP,
      LaunchTemplate: { LaunchTemplateName: "bia" },
      MinSize: 2,
      MaxSize: 4,
      DesiredCapacity: 2,
      VPCZoneIdentifier: subnets.join(","),
      ...input,
    }),
  );
}

export async function groupOf({ scaling }: Scaling) {
  const found = await scaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }));
  return found.AutoScalingGroups?.[0];
}

/** What the group has done, newest first. */
export async function activitiesOf({ scaling }: Scaling) {
  const found = await scaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP, IncludeDeletedGroups: true, MaxRecords: 100 }),
  );
  return found.Activities ?? [];
}

/** State of each instance of the group. */
export async function states(scaling: Scaling) {
  return (await groupOf(scaling))?.Instances?.map(({ LifecycleState }) => LifecycleState);
}
