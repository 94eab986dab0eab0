import type { Tags } from "../../aws/tags.ts";
import type { LaunchFailure } from "./failures.ts";
import type { MemberProfile, Profile } from "./member-profiles.ts";

/** A group of like instances that is kept at its size. */
export interface AutoScalingGroupDesired {
  readonly name: string;
  /** `version`: a number, `$Latest` or `$Default`. */
  readonly launchTemplate: { readonly id: string; readonly version: string };
  readonly minSize: number;
  readonly maxSize: number;
  /** The profile in that template. */
  readonly instanceProfile: Profile;
  /** Left to ECS, within the bounds, once a capacity provider manages the group. */
  readonly desiredCapacity: number;
  /** Ids; the instances are spread over their zones. */
  readonly subnets: readonly string[];
  /** Seconds. */
  readonly defaultCooldown: number;
  readonly healthCheckType: string;
  /** Seconds. */
  readonly healthCheckGracePeriod: number;
  /** Of the group and, from then on, of its new instances. */
  readonly tags: Tags;
  /** Group metrics that are collected each minute, e.g. `GroupInServiceInstances`. */
  readonly metrics: readonly string[];
  /** ARNs of target groups that every instance is registered with, at the target group's port. */
  readonly targetGroups: readonly string[];
}

/** An instance of a group. */
export interface GroupInstance {
  readonly instanceId: string;
  /** E.g. `Pending`, `InService`, `Terminating`. */
  readonly state: string;
  /** Number of the template's version that it was launched by. */
  readonly version: string | undefined;
}

/** A scaling group as AWS has it. */
export interface AutoScalingGroup extends Omit<AutoScalingGroupDesired, "tags" | "instanceProfile"> {
  readonly arn: string;
  readonly instances: readonly GroupInstance[];
  /** The profiles of those that are to stay. Looked for once all are in service. */
  readonly profiles: readonly MemberProfile[];
  /** The group, or what is left of it, is being deleted. */
  readonly deleting: boolean;
  /** Somebody has suspended its process Terminate: its instances stay. */
  readonly keepsInstances: boolean;
  /** Set when the last launch was refused and instances are missing. */
  readonly failure: LaunchFailure | undefined;
  /** That refusal concerns the group as it is wanted, and will not pass by itself. */
  readonly stuck: boolean;
  readonly tags: Tags;
}
