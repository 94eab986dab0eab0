import type { Activity } from "@aws-sdk/client-auto-scaling";
import { changeMembers, takeOut } from "../../world/autoscaling/members.ts";
import type { AutoScalingGroup, GroupInstance, ScalingActivity } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { changeableGroupOf, groupOf, paged, type ScalingOperations, validationError } from "./operation.ts";

const MOST_GROUPS = 500;
const MOST_LAUNCH_CONFIGURATIONS = 200;

/** Instances of groups, and what the groups have done about them. */
export function groupInstanceOperations(world: World): ScalingOperations {
  return {
    DescribeAutoScalingInstances: {
      accepts: ["InstanceIds", "MaxRecords", "NextToken"],
      handle(input, { region }) {
        const all = world.region(region).autoscaling.groups.all();
        const members = all.flatMap(({ AutoScalingGroupName, Instances }) =>
          Instances.map((member) => ({
            ...member,
            AutoScalingGroupName,
            HealthStatus: member.HealthStatus.toUpperCase(),
          })),
        );
        const wanted = members.filter(
          ({ InstanceId }) => !input.InstanceIds?.length || input.InstanceIds.includes(InstanceId),
        );
        const { items, ...rest } = paged(wanted, input, world.pageSize);
        return { AutoScalingInstances: items, ...rest };
      },
    },

    SetInstanceProtection: {
      accepts: ["AutoScalingGroupName", "InstanceIds", "ProtectedFromScaleIn"],
      handle({ AutoScalingGroupName, InstanceIds = [], ProtectedFromScaleIn = false }, { region: name }) {
        const region = world.region(name);
        const group = changeableGroupOf(region, AutoScalingGroupName);
        for (const id of InstanceIds) {
          if (group.Instances.some(({ InstanceId }) => InstanceId === id)) continue;
          throw validationError(`The instance ${id} is not part of Auto Scaling group ${AutoScalingGroupName}.`);
        }
        changeMembers(region, group.AutoScalingGroupName, InstanceIds, (member) => {
          member.ProtectedFromScaleIn = ProtectedFromScaleIn;
        });
        return {};
      },
    },

    TerminateInstanceInAutoScalingGroup: {
      accepts: ["InstanceId", "ShouldDecrementDesiredCapacity"],
      handle({ InstanceId = "", ShouldDecrementDesiredCapacity }, { region: name }) {
        const region = world.region(name);
        const { group, member } = memberOf(region, InstanceId);
        if (ShouldDecrementDesiredCapacity && group.DesiredCapacity <= group.MinSize) {
          throw validationError(
            `Currently, desiredSize equals minSize (${group.MinSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
          );
        }
        if (ShouldDecrementDesiredCapacity) {
          region.autoscaling.groups.update(group.AutoScalingGroupName, (draft) => {
            draft.DesiredCapacity -= 1;
          });
        }
        const why = "an instance was taken out of service in response to a user request";
        const [activity] = takeOut(world, region, group, [member.InstanceId], why);
        return { Activity: activity && shapeOf(activity) };
      },
    },

    DescribeScalingActivities: {
      accepts: ["ActivityIds", "AutoScalingGroupName", "IncludeDeletedGroups", "MaxRecords", "NextToken"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { AutoScalingGroupName: group, ActivityIds: ids, IncludeDeletedGroups } = input;
        if (group !== undefined && !IncludeDeletedGroups) groupOf(region, group);
        const found = region.autoscaling.activities.filter(
          (one) =>
            (group === undefined || one.AutoScalingGroupName === group) &&
            (!ids?.length || ids.includes(one.ActivityId)) &&
            (IncludeDeletedGroups === true || one.AutoScalingGroupState === undefined),
        );
        const { items, ...rest } = paged(found.sort(newestFirst), input, world.pageSize);
        return { Activities: items.map(shapeOf), ...rest };
      },
    },

    DescribeAccountLimits: {
      accepts: [],
      handle: (_input, { region }) => ({
        MaxNumberOfAutoScalingGroups: MOST_GROUPS,
        MaxNumberOfLaunchConfigurations: MOST_LAUNCH_CONFIGURATIONS,
        NumberOfAutoScalingGroups: world.region(region).autoscaling.groups.all().length,
        NumberOfLaunchConfigurations: 0,
      }),
    },
  };
}

function memberOf(region: Region, id: string): { group: AutoScalingGroup; member: GroupInstance } {
  for (const group of region.autoscaling.groups.all()) {
    const member = group.Instances.find(({ InstanceId }) => InstanceId === id);
    if (member) return { group, member };
  }
  throw validationError(`Instance Id not found - No managed instance found for instance ID: ${id}`);
}

/** Those that are under way before the others (autoscaling:DescribeScalingActivities). */
function newestFirst(a: ScalingActivity, b: ScalingActivity): number {
  const rank = ({ StatusCode }: ScalingActivity) => (StatusCode === "InProgress" ? 0 : 1);
  return rank(a) - rank(b) || b.hidden.order - a.hidden.order;
}

function shapeOf({ hidden: _hidden, ...shape }: ScalingActivity): Activity {
  return shape;
}
