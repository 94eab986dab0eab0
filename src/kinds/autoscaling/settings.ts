import { type Fields, fieldChanges, listed } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import type { AutoScalingGroup, AutoScalingGroupDesired } from "./scaling-group.ts";

/** Tag of a group whose size is moved by a capacity provider of ECS. Whoever takes it off takes the group from ECS. */
const ECS_MANAGED = "AmazonECSManaged";

/** True while ECS moves the group's size. */
export function isManagedByEcs({ tags }: Pick<AutoScalingGroup, "tags">): boolean {
  return tags[ECS_MANAGED] !== undefined;
}

/** What differs in that which autoscaling:UpdateAutoScalingGroup sets. */
export function settingChanges(desired: AutoScalingGroupDesired, actual: AutoScalingGroup): Change[] {
  return fieldChanges(fieldsOf(actual), fieldsOf(desired)).filter(
    ({ field }) => field !== "desiredCapacity" || !isManagedWithin(desired, actual),
  );
}

/** ECS decides how many instances there are, as long as it stays within the bounds. */
function isManagedWithin({ minSize, maxSize }: AutoScalingGroupDesired, actual: AutoScalingGroup): boolean {
  return isManagedByEcs(actual) && actual.desiredCapacity >= minSize && actual.desiredCapacity <= maxSize;
}

type Settings = Pick<
  AutoScalingGroupDesired,
  | "launchTemplate"
  | "minSize"
  | "maxSize"
  | "desiredCapacity"
  | "subnets"
  | "defaultCooldown"
  | "healthCheckType"
  | "healthCheckGracePeriod"
>;

function fieldsOf(settings: Settings): Fields {
  return {
    "launchTemplate.id": settings.launchTemplate.id,
    "launchTemplate.version": settings.launchTemplate.version,
    minSize: `${settings.minSize}`,
    maxSize: `${settings.maxSize}`,
    desiredCapacity: `${settings.desiredCapacity}`,
    subnets: listed(settings.subnets),
    defaultCooldown: `${settings.defaultCooldown} s`,
    healthCheckType: settings.healthCheckType,
    healthCheckGracePeriod: `${settings.healthCheckGracePeriod} s`,
  };
}

/** Which of a list are to be added and which to be taken away. */
export function listChanges(wanted: readonly string[], there: readonly string[]) {
  return {
    missing: wanted.filter((one) => !there.includes(one)),
    extra: there.filter((one) => !wanted.includes(one)),
  };
}
