import type { LaunchTemplateSpecification, Tag, TagDescription } from "@aws-sdk/client-auto-scaling";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { checkedLaunch } from "../../world/autoscaling/launch.ts";
import { templateOf } from "../../world/ec2/launch-templates.ts";
import type { AutoScalingGroup, Subnet } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { validationError } from "./operation.ts";

const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** Kinds of health checks that nothing in the sandbox fails, beside that of EC2. */
const HEALTH_CHECKS = ["EC2", "EBS"];

/** Subnets of a comma-separated list. @throws AwsError if it is empty or one is not there */
export function subnetsOf(region: Region, identifier: string | undefined): Subnet[] {
  const ids = (identifier ?? "").split(",").map((id) => id.trim());
  if (ids.every((id) => id === "")) {
    throw validationError("At least one Availability Zone or VPC Subnet is required.");
  }
  return ids.map((id) => {
    const subnet = region.ec2.subnets.get(id);
    if (subnet) return subnet;
    throw validationError(`The subnet ID '${id}' does not exist`);
  });
}

/**
 * The template that a group launches by, with its id and its name. Auto Scaling tries it out in every subnet without
 * launching anything, so it says what EC2 would say. A Free plan's limits are not among that.
 *
 * @throws AwsError with EC2's words
 */
export function checkedTemplate(
  world: World,
  region: Region,
  given: LaunchTemplateSpecification,
  subnets: readonly Subnet[],
): AutoScalingGroup["LaunchTemplate"] {
  if (Boolean(given.LaunchTemplateId) === Boolean(given.LaunchTemplateName)) {
    throw validationError("Valid requests must contain either launchTemplateId or LaunchTemplateName");
  }
  try {
    const { LaunchTemplateId, LaunchTemplateName } = templateOf(region, given);
    // One that was not given is not told either (*seen*).
    const version = given.Version !== undefined && { Version: given.Version };
    for (const { SubnetId } of subnets) checkedLaunch(world, region, { LaunchTemplateId, ...version }, SubnetId);
    return { LaunchTemplateId, LaunchTemplateName, ...version };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw validationError(`You must use a valid fully-formed launch template. ${error.message}`);
  }
}

/** @throws AwsError if the sizes do not fit each other */
export function checkSizes({ min, max, desired }: { min: number; max: number; desired: number }): void {
  if (min < 0 || max < 0) throw validationError("MinSize and MaxSize must not be negative.");
  if (max < min) throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`,
    );
  }
}

/** @throws AwsError if it names a kind of check that AWS does not have, or the sandbox */
export function checkHealthCheckType(types: string): void {
  for (const type of types.split(",")) {
    if (type === "ELB" || type === "VPC_LATTICE") throw notEmulated(`health checks of the type ${type}`);
    if (!HEALTH_CHECKS.includes(type)) throw validationError(`Invalid HealthCheckType: ${type}`);
  }
}

/** @throws AwsError if one of the target groups is not there */
export function checkTargetGroups(region: Region, arns: readonly string[] | undefined): void {
  if ((arns ?? []).every((arn) => region.elbv2.targetGroups.get(arn))) return;
  throw validationError("Provided Target Groups may not be valid. Please ensure they exist and try again.");
}

/** Tags of a group, with others added or replaced. @throws AwsError if AWS would not take one of them */
export function mergedTags(
  group: string,
  present: readonly TagDescription[],
  added: readonly Tag[] | undefined,
): TagDescription[] {
  const merged = new Map(present.map((tag) => [tag.Key, tag]));
  for (const { Key = "", Value = "", PropagateAtLaunch = false } of added ?? []) {
    if (Key === "" || Key.length > LONGEST_KEY || Value.length > LONGEST_VALUE) {
      throw validationError(`The tag key or value of '${Key}' has an invalid length.`);
    }
    if (Key.startsWith("aws:")) throw validationError("Tag keys starting with 'aws:' are reserved for internal use");
    merged.set(Key, { ResourceId: group, ResourceType: "auto-scaling-group", Key, Value, PropagateAtLaunch });
  }
  return [...merged.values()];
}
