import * as z from "zod";
import { architectureFits, architecturesDiffer, evenIfWrong, ingress, managedPolicies } from "../rules.ts";
import * as value from "../values.ts";

/** Variables of where the cluster is. */
export const network = z.strictObject({
  /**
   * The zones, by letter, whose default subnets carry the load balancer and the cluster's instances. A load balancer
   * needs two of them at least and pays for a public IPv4 address in each. Default a, b and c.
   */
  zones: z
    .array(value.zone())
    .min(2)
    .max(6)
    .refine((zones) => new Set(zones).size === zones.length)
    .describe("2 to 6 different letters of zones")
    .default(["a", "b", "c"]),
});

/** Variables of the cluster itself. */
export const cluster = z.strictObject({
  /** Default `cluster-bia-alb`. */
  name: value.ecsName().default("cluster-bia-alb"),
  /** CloudWatch Container Insights, which is billed by the metric. Default `enabled`. */
  containerInsights: value.oneOf("enabled", "enhanced", "disabled").default("enabled"),
});

/** Variables of how its instances are launched. */
export const launchTemplate = z
  .strictObject({
    /** Default `launchTempCurso117`. */
    name: value.launchTemplateName().default("launchTempCurso117"),
    /** Of the cluster's instances. Default `t3.micro`: 2048 CPU units, 920 to 940 MiB for tasks. */
    instanceType: value.instanceType().default("t3.micro"),
    /** The image, as the public SSM parameter that holds its id. Default: ECS-optimized Amazon Linux 2023, x86_64. */
    imageParameter: value
      .imageParameter()
      .default("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
    rootVolume: z
      .strictObject({
        /** GiB; never made smaller than the image's snapshot (30 for the ECS-optimized one). Default 30. */
        size: value.whole(8, 16_384, "GiB").default(30),
        /** Default `gp2`. */
        type: value.volumeType().default("gp2"),
      })
      .prefault({}),
    securityGroup: z
      .strictObject({
        /** Default `bia-ec2-teste`. */
        name: value.securityGroupName().default("bia-ec2-teste"),
        /** Cannot be changed once the group exists. */
        description: value.securityGroupDescription().default("SG da EC2 com ALB"),
        /** Description of the rule that lets the load balancer reach every port: tasks get theirs at random. */
        fromLoadBalancer: value.groupRuleDescription().default("Acesso do ALB"),
        /** Who else may reach the instances. Default: nobody; without a load balancer everybody, on tcp 80. */
        ingress: ingress.default([]),
      })
      .prefault({}),
    role: z
      .strictObject({
        /** Default `ecs-ec2InstanceRole`. */
        name: value.roleName().default("ecs-ec2InstanceRole"),
        /** Default: what the ECS agent needs. */
        managedPolicies: managedPolicies.default(["service-role/AmazonEC2ContainerServiceforEC2Role"]),
        /**
         * Whether it lets commands be run on the instances through SSM, and nothing else: `bia-infra exec` needs it for containers
         * that ECS Exec does not reach. Default true; the course's role lets nobody.
         */
        takesCommands: z.boolean().describe("true or false").default(true),
        /** The instance profile that holds the role. Default `ecs-ec2InstanceIProfile`. */
        instanceProfile: value.instanceProfileName().default("ecs-ec2InstanceIProfile"),
      })
      .prefault({}),
  })
  .refine((template) => !architecturesDiffer(template), architectureFits);

/** Metrics that an Auto Scaling group can collect. (autoscaling:EnableMetricsCollection) */
const GROUP_METRICS = [
  "GroupMinSize",
  "GroupMaxSize",
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupStandbyInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
] as const;

/** Variables of how many instances it has. */
export const autoScalingGroup = z
  .strictObject({
    /** Default `asgCurso117`. */
    name: value.autoScalingGroupName().default("asgCurso117"),
    /** Fewest instances. Default 2. */
    minSize: value.whole(0, 100, "instances").default(2),
    /** Most instances. Default 2. */
    maxSize: value.whole(0, 100, "instances").default(2),
    /** Instances at the start; from `minSize` to `maxSize`. Default 2. */
    desiredCapacity: value.whole(0, 100, "instances").default(2),
    /** Seconds between two scaling activities. Default 300. */
    defaultCooldown: value.whole(0, 86_400, "seconds").default(300),
    /** Seconds after its launch in which an instance is not judged. Default 300. */
    healthCheckGracePeriod: value.whole(0, 86_400, "seconds").default(300),
    /** The tag Name of its instances. Default `ECS Instances - cluster-bia`. */
    instanceName: value.tagValue().default("ECS Instances - cluster-bia"),
    /** Group metrics that are collected each minute, free of charge. Default: the eight that the course turns on. */
    metrics: z
      .array(value.oneOf(...GROUP_METRICS))
      .describe("a list of names of group metrics")
      .default([...GROUP_METRICS]),
    /**
     * Registers each instance in the target group too, as the course does. Its port 80 has nothing behind it, so these
     * targets stay unhealthy. Default false: ECS registers the tasks themselves.
     */
    attachTargetGroup: z.boolean().describe("true or false").default(false),
  })
  .refine(({ minSize, maxSize }) => !(minSize > maxSize), {
    path: ["minSize"],
    error: "at most autoScalingGroup.maxSize",
    when: evenIfWrong,
  })
  .refine(({ minSize, maxSize, desiredCapacity }) => !(desiredCapacity < minSize || desiredCapacity > maxSize), {
    path: ["desiredCapacity"],
    error: "from autoScalingGroup.minSize to autoScalingGroup.maxSize",
    when: evenIfWrong,
  });

/** Variables of how ECS asks for them. */
export const capacityProvider = z.strictObject({
  /** Default `capacityProviderCurso117`. */
  name: value.capacityProviderName().default("capacityProviderCurso117"),
  /** Per cent of the instances' capacity that managed scaling aims to have in use. Default 100: no spare instance. */
  targetCapacity: value.whole(1, 100, "per cent").default(100),
  /**
   * Whether ECS moves the tasks away before the group terminates an instance. Default false: what was stopped or terminated by
   * hand, as one does to save money, cannot be drained, and would be held in `Terminating:Wait` for an hour.
   */
  managedDraining: z.boolean().describe("true or false").default(false),
  /** Tasks that it runs at least, in the cluster's default strategy. Default 1. */
  base: value.whole(0, 100_000, "tasks").default(1),
  /** Its share of the tasks beyond the base. Default 1. */
  weight: value.whole(0, 1000).default(1),
});
