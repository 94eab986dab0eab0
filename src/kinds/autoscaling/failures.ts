import {
  type Activity,
  type AutoScalingClient,
  DescribeScalingActivitiesCommand,
  type DescribeScalingActivitiesCommandInput,
} from "@aws-sdk/client-auto-scaling";
import { classify } from "../../aws/errors.ts";

/** A launch of a group that EC2 has refused. */
export interface LaunchFailure {
  readonly activityId: string;
  /** EC2's words. */
  readonly message: string;
}

/** Refusals that often pass by themselves; Auto Scaling tries again about every minute. */
const PASSING =
  /Invalid IAM Instance Profile|has no associated IAM Roles|Authentication Failure|sufficient .* capacity|RequestLimitExceeded|Request limit exceeded/i;

/** True where waiting may help. */
export function isPassing({ message }: LaunchFailure): boolean {
  return PASSING.test(message);
}

/**
 * The last launch, if EC2 has refused it: it is told nowhere but in the group's activities
 * (autoscaling:DescribeScalingActivities, newest first).
 *
 * @param past id of an activity that concerns the group as it was before it was last changed; it counts no more
 */
export async function lastFailure(
  client: AutoScalingClient,
  group: string,
  past: string | undefined,
): Promise<LaunchFailure | undefined> {
  const request = { AutoScalingGroupName: group, MaxRecords: 20 };
  const Activities = await activities(client, request);
  const last = Activities.find(isEndedLaunch);
  if (last?.StatusCode !== "Failed" || !last.ActivityId || last.ActivityId === past) return undefined;
  return { activityId: last.ActivityId, message: last.StatusMessage ?? last.Description ?? "no reason given" };
}

/** None of a group that is gone by now; the next look at the group itself tells that. */
async function activities(client: AutoScalingClient, request: DescribeScalingActivitiesCommandInput) {
  try {
    return (await client.send(new DescribeScalingActivitiesCommand(request))).Activities ?? [];
  } catch (error) {
    if (classify(error) === "gone") return [];
    throw error;
  }
}

function isEndedLaunch({ Description, StatusCode }: Activity): boolean {
  return Description?.startsWith("Launching ") === true && (StatusCode === "Failed" || StatusCode === "Successful");
}

/** What a person should do about a refused launch, by EC2's words. */
const NEXT_STEPS: readonly { readonly message: RegExp; readonly next: string }[] = [
  {
    message: /Free Tier/i,
    next: "This account is on the Free plan: choose an instance type that it allows in the variables, or upgrade the plan; then run the same command again.",
  },
  {
    message: /vCPU (capacity|limit)/i,
    next: "The account's quota of vCPUs is full: stop what is not needed, or ask for more in the console under Service Quotas, Amazon EC2, Running On-Demand Standard instances (L-1216C47A). Auto Scaling tries again by itself; then run the same command again.",
  },
];

/** What a person should do about a refused launch, by EC2's words. */
export function remedyFor(message: string): string {
  const step = NEXT_STEPS.find((one) => one.message.test(message));
  return (
    step?.next ??
    "Correct it in the variables, or in the account, where Auto Scaling tries again by itself; then run the same command again."
  );
}
