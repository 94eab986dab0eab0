import { randomUUID } from "node:crypto";
import type { AutoScalingGroup as Shape } from "@aws-sdk/client-auto-scaling";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { at } from "../../world/autoscaling/activities.ts";
import { DELETING } from "../../world/autoscaling/members.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { AutoScalingGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import {
  checkedTemplate,
  checkHealthCheckType,
  checkSizes,
  checkTargetGroups,
  mergedTags,
  subnetsOf,
} from "./group-request.ts";
import { changeableGroupOf, filtered, groupOf, paged, type ScalingOperations, validationError } from "./operation.ts";

const COOLDOWN = 300;

/** What a create and an update take alike. */
const SETTINGS = [
  "AutoScalingGroupName",
  "LaunchTemplate",
  "MinSize",
  "MaxSize",
  "DesiredCapacity",
  "DefaultCooldown",
  "VPCZoneIdentifier",
  "HealthCheckType",
  "HealthCheckGracePeriod",
  "NewInstancesProtectedFromScaleIn",
  "DeletionProtection",
  "AvailabilityZoneDistribution",
] as const;

/** Scaling groups themselves. Their controller makes true what stands in their records. */
export function groupOperations(world: World): ScalingOperations {
  return {
    CreateAutoScalingGroup: {
      accepts: [...SETTINGS, "TargetGroupARNs", "Tags"],
      handle(input, { region: regionName, account }) {
        const region = world.region(regionName);
        const { AutoScalingGroupName: name = "", MinSize: min = 0, MaxSize: max = 0 } = input;
        checkName(name);
        const desired = input.DesiredCapacity ?? min;
        checkSizes({ min, max, desired });
        checkDistribution(input);
        if (!input.LaunchTemplate) {
          throw validationError(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
          );
        }
        if (region.autoscaling.groups.get(name)) {
          throw new AwsError(
            "AlreadyExists",
            `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
          );
        }
        const subnets = subnetsOf(region, input.VPCZoneIdentifier);
        const LaunchTemplate = checkedTemplate(world, region, input.LaunchTemplate, subnets);
        checkTargetGroups(region, input.TargetGroupARNs);
        const { HealthCheckType = "EC2" } = input;
        checkHealthCheckType(HealthCheckType);
        const Tags = mergedTags(name, [], input.Tags);
        const request = `a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired}`;
        region.autoscaling.groups.put({
          AutoScalingGroupName: name,
          AutoScalingGroupARN: `arn:aws:autoscaling:${regionName}:${account}:autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`,
          LaunchTemplate,
          MinSize: min,
          MaxSize: max,
          DesiredCapacity: desired,
          DefaultCooldown: input.DefaultCooldown ?? COOLDOWN,
          AvailabilityZones: [...new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone))],
          VPCZoneIdentifier: subnets.map(({ SubnetId }) => SubnetId).join(","),
          LoadBalancerNames: [],
          TargetGroupARNs: [...(input.TargetGroupARNs ?? [])],
          HealthCheckType,
          HealthCheckGracePeriod: input.HealthCheckGracePeriod ?? 0,
          Instances: [],
          CreatedTime: world.now(),
          SuspendedProcesses: [],
          EnabledMetrics: [],
          Tags,
          TerminationPolicies: ["Default"],
          NewInstancesProtectedFromScaleIn: input.NewInstancesProtectedFromScaleIn ?? false,
          DeletionProtection: input.DeletionProtection ?? "none",
          ServiceLinkedRoleARN: ensureLinkedRole(world, "autoscaling.amazonaws.com").Arn,
          hidden: { request: at(world.now(), request) },
        });
        return {};
      },
    },

    UpdateAutoScalingGroup: {
      accepts: SETTINGS,
      handle(input, { region: regionName }) {
        const region = world.region(regionName);
        const group = changeableGroupOf(region, input.AutoScalingGroupName);
        const min = input.MinSize ?? group.MinSize;
        const max = input.MaxSize ?? group.MaxSize;
        // A size that nobody names gives way to new bounds.
        const desired = input.DesiredCapacity ?? Math.min(Math.max(group.DesiredCapacity, min), max);
        checkSizes({ min, max, desired });
        checkDistribution(input);
        if (input.HealthCheckType !== undefined) checkHealthCheckType(input.HealthCheckType);
        const subnets = subnetsOf(region, input.VPCZoneIdentifier ?? group.VPCZoneIdentifier);
        const isLaunchChanged = input.LaunchTemplate ?? input.VPCZoneIdentifier;
        const { LaunchTemplateName: _derived, ...present } = group.LaunchTemplate;
        const template = input.LaunchTemplate ?? present;
        const LaunchTemplate = isLaunchChanged
          ? checkedTemplate(world, region, template, subnets)
          : group.LaunchTemplate;
        region.autoscaling.groups.update(group.AutoScalingGroupName, (draft) => {
          draft.LaunchTemplate = LaunchTemplate;
          draft.MinSize = min;
          draft.MaxSize = max;
          draft.DefaultCooldown = input.DefaultCooldown ?? draft.DefaultCooldown;
          draft.AvailabilityZones = [...new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone))];
          draft.VPCZoneIdentifier = subnets.map(({ SubnetId }) => SubnetId).join(",");
          draft.HealthCheckType = input.HealthCheckType ?? draft.HealthCheckType;
          draft.HealthCheckGracePeriod = input.HealthCheckGracePeriod ?? draft.HealthCheckGracePeriod;
          draft.NewInstancesProtectedFromScaleIn =
            input.NewInstancesProtectedFromScaleIn ?? draft.NewInstancesProtectedFromScaleIn;
          draft.DeletionProtection = input.DeletionProtection ?? draft.DeletionProtection;
          const bounds = `a user request update of AutoScalingGroup constraints to min: ${min}, max: ${max}, desired: ${desired}`;
          resize(world, draft, desired, bounds);
        });
        return {};
      },
    },

    SetDesiredCapacity: {
      accepts: ["AutoScalingGroupName", "DesiredCapacity"],
      handle(input, { region: regionName }) {
        const region = world.region(regionName);
        const group = changeableGroupOf(region, input.AutoScalingGroupName);
        const { DesiredCapacity: desired = 0 } = input;
        const outside = (side: string, bound: number) =>
          validationError(
            `New SetDesiredCapacity value ${desired} is ${side} value ${bound} for the AutoScalingGroup.`,
          );
        if (desired > group.MaxSize) throw outside("above max", group.MaxSize);
        if (desired < group.MinSize) throw outside("below min", group.MinSize);
        region.autoscaling.groups.update(group.AutoScalingGroupName, (draft) =>
          resize(world, draft, desired, "a user request explicitly set group desired capacity"),
        );
        return {};
      },
    },

    DeleteAutoScalingGroup: {
      accepts: ["AutoScalingGroupName", "ForceDelete"],
      handle(input, { region: regionName }) {
        const region = world.region(regionName);
        const { groups, activities } = region.autoscaling;
        const {
          AutoScalingGroupName: name,
          Instances,
          DeletionProtection,
        } = groupOf(region, input.AutoScalingGroupName);
        const refused = input.ForceDelete
          ? ["prevent-force-deletion", "prevent-all-deletion"]
          : ["prevent-all-deletion"];
        // The code is documented (Auto Scaling User Guide, "Configure deletion protection"), the words are ours.
        if (refused.includes(DeletionProtection ?? "none"))
          throw validationError(
            `AutoScalingGroup ${name} cannot be deleted: its deletion protection is ${DeletionProtection}.`,
          );
        if (!input.ForceDelete) {
          if (activities.find((one) => one.AutoScalingGroupName === name && one.StatusCode === "InProgress")) {
            throw new AwsError(
              "ScalingActivityInProgress",
              "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
            );
          }
          if (Instances.length > 0) {
            throw new AwsError(
              "ResourceInUse",
              "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
            );
          }
        }
        groups.update(name, (draft) => {
          draft.Status = DELETING;
          draft.MinSize = 0;
          draft.MaxSize = 0;
          resize(world, draft, 0, "a user request force deleted AutoScalingGroup");
        });
        return {};
      },
    },

    DescribeAutoScalingGroups: {
      accepts: ["AutoScalingGroupNames", "Filters", "MaxRecords", "NextToken"],
      handle(input, { region }) {
        const { AutoScalingGroupNames: names } = input;
        // Names that nobody bears are passed over (autoscaling:DescribeAutoScalingGroups).
        const all = world
          .region(region)
          .autoscaling.groups.filter(({ AutoScalingGroupName: name }) => !names?.length || names.includes(name));
        const found = filtered(all, input.Filters, ({ Tags }, filter) => {
          if (filter === "tag-key") return Tags.map(({ Key }) => Key);
          if (filter === "tag-value") return Tags.map(({ Value }) => Value);
          if (!filter.startsWith("tag:")) return undefined;
          return Tags.filter(({ Key }) => `tag:${Key}` === filter).map(({ Value }) => Value);
        });
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { AutoScalingGroups: items.map(shapeOf), ...rest };
      },
    },
  };
}

function shapeOf({ hidden: _hidden, ...shape }: AutoScalingGroup): Shape {
  const TrafficSources = shape.TargetGroupARNs.map((Identifier) => ({ Identifier, Type: "elbv2" }));
  return { ...shape, TrafficSources };
}

/** Sets a size; launches that were put off because the last one failed are tried at once. */
function resize(world: World, draft: AutoScalingGroup, desired: number, who: string): void {
  if (desired !== draft.DesiredCapacity) {
    const change = `${who} changing the desired capacity from ${draft.DesiredCapacity} to ${desired}`;
    draft.hidden.request = at(world.now(), change);
  }
  draft.DesiredCapacity = desired;
  delete draft.hidden.launchAt;
  delete draft.hidden.refusals;
}

function checkName(name: string): void {
  if (name !== "" && name.length <= 255 && !name.includes(":")) return;
  throw validationError(
    "Value at 'autoScalingGroupName' failed to satisfy constraint: Member must have length between 1 and 255 and no colon",
  );
}

/** @throws AwsError for another way to spread instances over zones than the usual one */
function checkDistribution({ AvailabilityZoneDistribution: how }: Pick<Shape, "AvailabilityZoneDistribution">): void {
  const strategy = how?.CapacityDistributionStrategy ?? "balanced-best-effort";
  if (strategy !== "balanced-best-effort") throw notEmulated(`the distribution ${strategy}`);
}
