import type { TagDescription } from "@aws-sdk/client-auto-scaling";
import { notEmulated } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import type { AutoScalingGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { checkTargetGroups, mergedTags } from "./group-request.ts";
import { changeableGroupOf, filtered, groupOf, paged, type ScalingOperations, validationError } from "./operation.ts";

const GRANULARITY = "1Minute";

/** Metrics that a group can be asked to collect (autoscaling:DescribeMetricCollectionTypes). */
const METRICS = [
  ...["MinSize", "MaxSize", "DesiredCapacity"].map((what) => `Group${what}`),
  ...["InService", "Pending", "Standby", "Terminating", "Total"].map((state) => `Group${state}Instances`),
  ...["InService", "Pending", "Standby", "Terminating", "Total"].map((state) => `Group${state}Capacity`),
  ...["Desired", "Warmed", "Pending", "Terminating", "Total"].map((state) => `WarmPool${state}Capacity`),
  ...["Desired", "Total"].map((state) => `GroupAndWarmPool${state}Capacity`),
];

/** What hangs on a group: metrics, tags, target groups. */
export function groupSettingOperations(world: World): ScalingOperations {
  function change(region: string, name: string | undefined, make: (draft: AutoScalingGroup) => void) {
    const { AutoScalingGroupName } = changeableGroupOf(world.region(region), name);
    world.region(region).autoscaling.groups.update(AutoScalingGroupName, make);
    return {};
  }

  return {
    EnableMetricsCollection: {
      accepts: ["AutoScalingGroupName", "Metrics", "Granularity"],
      handle({ AutoScalingGroupName, Metrics, Granularity }, { region }) {
        if (Granularity !== GRANULARITY) throw validationError(`Unsupported granularity: ${Granularity}.`);
        const wanted = checkedMetrics(Metrics);
        return change(region, AutoScalingGroupName, (draft) => {
          const others = draft.EnabledMetrics.filter(({ Metric = "" }) => !wanted.includes(Metric));
          draft.EnabledMetrics = [...others, ...wanted.map((Metric) => ({ Metric, Granularity }))];
        });
      },
    },

    DisableMetricsCollection: {
      accepts: ["AutoScalingGroupName", "Metrics"],
      handle({ AutoScalingGroupName, Metrics }, { region }) {
        const unwanted = checkedMetrics(Metrics);
        return change(region, AutoScalingGroupName, (draft) => {
          draft.EnabledMetrics = draft.EnabledMetrics.filter(({ Metric = "" }) => !unwanted.includes(Metric));
        });
      },
    },

    DescribeMetricCollectionTypes: {
      accepts: [],
      handle: () => ({ Metrics: METRICS.map((Metric) => ({ Metric })), Granularities: [{ Granularity: GRANULARITY }] }),
    },

    CreateOrUpdateTags: {
      accepts: ["Tags"],
      handle({ Tags = [] }, { region: name }) {
        const region = world.region(name);
        for (const { ResourceType = "auto-scaling-group" } of Tags) checkResourceType(ResourceType);
        const groups = new Set(Tags.map(({ ResourceId }) => groupOf(region, ResourceId)));
        const changes = [...groups].map(({ AutoScalingGroupName: id, Tags: present }) => {
          const own = Tags.filter(({ ResourceId }) => ResourceId === id);
          return { id, tags: mergedTags(id, present, own) };
        });
        for (const { id, tags } of changes) {
          region.autoscaling.groups.update(id, (draft) => {
            draft.Tags = tags;
          });
        }
        return {};
      },
    },

    DeleteTags: {
      accepts: ["Tags"],
      handle({ Tags = [] }, { region: name }) {
        const region = world.region(name);
        for (const { ResourceId, Key } of Tags) {
          const { AutoScalingGroupName } = groupOf(region, ResourceId);
          region.autoscaling.groups.update(AutoScalingGroupName, (draft) => {
            draft.Tags = draft.Tags.filter((tag) => tag.Key !== Key);
          });
        }
        return {};
      },
    },

    DescribeTags: {
      accepts: ["Filters", "MaxRecords", "NextToken"],
      handle(input, { region }) {
        const all = world.region(region).autoscaling.groups.all();
        const tags = filtered(
          all.flatMap(({ Tags }) => Tags),
          input.Filters,
          filterOfTags,
        );
        const { items, ...rest } = paged(tags, input, world.pageSize);
        return { Tags: items, ...rest };
      },
    },

    AttachLoadBalancerTargetGroups: {
      accepts: ["AutoScalingGroupName", "TargetGroupARNs"],
      handle({ AutoScalingGroupName, TargetGroupARNs }, { region }) {
        checkTargetGroups(world.region(region), TargetGroupARNs);
        return change(region, AutoScalingGroupName, (draft) => {
          draft.TargetGroupARNs = [...new Set([...draft.TargetGroupARNs, ...(TargetGroupARNs ?? [])])];
        });
      },
    },

    DetachLoadBalancerTargetGroups: {
      accepts: ["AutoScalingGroupName", "TargetGroupARNs"],
      handle({ AutoScalingGroupName, TargetGroupARNs = [] }, { region }) {
        return change(region, AutoScalingGroupName, (draft) => {
          draft.TargetGroupARNs = draft.TargetGroupARNs.filter((arn) => !TargetGroupARNs.includes(arn));
        });
      },
    },
  };
}

/** All of them if none is named. */
function checkedMetrics(metrics: readonly string[] | undefined): string[] {
  if (!metrics?.length) return METRICS;
  const unknown = metrics.find((metric) => !METRICS.includes(metric));
  if (unknown !== undefined) throw validationError(`Unsupported metric: ${unknown}.`);
  return [...metrics];
}

function checkResourceType(type: string): void {
  if (type !== "auto-scaling-group") throw notEmulated(`tags of resources of the type ${type}`);
}

function filterOfTags(tag: TagDescription, filter: string): (string | undefined)[] | undefined {
  const values: Readonly<Record<string, string | undefined | string[]>> = {
    "auto-scaling-group": tag.ResourceId,
    key: tag.Key,
    value: tag.Value,
    "propagate-at-launch": tag.PropagateAtLaunch ? ["true", "True"] : ["false", "False"],
  };
  return Object.hasOwn(values, filter) ? [entry(values, filter)].flat() : undefined;
}
