import { randomUUID } from "node:crypto";
import type { PutScalingPolicyCommandInput } from "@aws-sdk/client-application-auto-scaling";
import { notEmulated } from "../../wire/service.ts";
import { deletePolicy, policyKey } from "../../world/application-auto-scaling/deregister.ts";
import { scaledService } from "../../world/application-auto-scaling/desired-count.ts";
import type { ScalableTarget, TrackingPolicy } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import {
  checkNamed,
  checkWanted,
  invalid,
  nameOf,
  notFound,
  paged,
  type TargetScalingOperations,
  targetOf,
} from "./operation.ts";
import { type TrackedMetric, trackedMetric } from "./tracked-metric.ts";
import { trackingAlarms } from "./tracking-alarms.ts";

const MOST_POLICIES = 10;

/** Policies that track a target. */
export function policyOperations(world: World): TargetScalingOperations {
  return {
    PutScalingPolicy: {
      accepts: [
        "PolicyName",
        "ServiceNamespace",
        "ResourceId",
        "ScalableDimension",
        "PolicyType",
        "TargetTrackingScalingPolicyConfiguration",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const target = targetOf(region, input, "registered");
        const { PolicyName = "" } = input;
        const former = region.applicationAutoScaling.policies.get(policyKey({ ...target, PolicyName }));
        const configuration = configurationOf(input, former);
        const metric = metricOf(world, region, target, configuration);
        checkOnly(region, target, PolicyName, configuration);
        const made = {
          ...(former ?? newPolicy(world, region, target, PolicyName)),
          TargetTrackingScalingPolicyConfiguration: configuration,
        };
        if (former) deletePolicy(region, former);
        const alarms = trackingAlarms(world, region, made, metric);
        const Alarms = alarms.map(({ AlarmName, AlarmArn }) => ({ AlarmName, AlarmARN: AlarmArn }));
        for (const alarm of alarms) region.cloudwatch.alarms.put(alarm);
        const { PolicyARN } = region.applicationAutoScaling.policies.put({ ...made, Alarms });
        return { PolicyARN, Alarms };
      },
    },

    DescribeScalingPolicies: {
      accepts: ["PolicyNames", "ServiceNamespace", "ResourceId", "ScalableDimension", "MaxResults", "NextToken"],
      handle({ PolicyNames = [], ...input }, { region }) {
        checkWanted(input, input.ResourceId === undefined ? [] : [input.ResourceId]);
        const found = world
          .region(region)
          .applicationAutoScaling.policies.filter(
            ({ PolicyName, ResourceId }) =>
              [undefined, ResourceId].includes(input.ResourceId) &&
              (PolicyNames.length === 0 || PolicyNames.includes(PolicyName)),
          );
        const { items, ...rest } = paged(found, input, { size: world.pageSize, most: MOST_POLICIES });
        return { ScalingPolicies: items, ...rest };
      },
    },

    DeleteScalingPolicy: {
      accepts: ["PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension"],
      handle(input, { region: name }) {
        const region = world.region(name);
        checkNamed(input);
        const { PolicyName = "", ResourceId = "" } = input;
        const policy = region.applicationAutoScaling.policies.get(policyKey({ ResourceId, PolicyName }));
        if (!policy) throw notFound(`No scaling policy found for ${nameOf(input)}, policy name: ${PolicyName}`);
        deletePolicy(region, policy);
        return {};
      },
    },
  };
}

type Configuration = TrackingPolicy["TargetTrackingScalingPolicyConfiguration"];

/** @throws AwsError */
function configurationOf(input: PutScalingPolicyCommandInput, former: TrackingPolicy | undefined): Configuration {
  // A policy of which nothing is said is one with steps. (PutScalingPolicy)
  const { PolicyType = former?.PolicyType ?? "StepScaling" } = input;
  if (PolicyType !== "TargetTrackingScaling") throw notEmulated(`scaling policies of the type ${PolicyType}`);
  const configuration =
    input.TargetTrackingScalingPolicyConfiguration ?? former?.TargetTrackingScalingPolicyConfiguration;
  if (!configuration) throw invalid("TargetTrackingScalingPolicyConfiguration must be specified");
  if (configuration.CustomizedMetricSpecification) throw notEmulated("customized metrics of scaling policies");
  const { TargetValue = 0, ScaleInCooldown = 0, ScaleOutCooldown = 0 } = configuration;
  if (TargetValue <= 0) throw invalid("TargetValue must be greater than zero");
  if (ScaleInCooldown < 0 || ScaleOutCooldown < 0) throw invalid("Cooldown cannot be negative");
  return configuration;
}

/** @throws AwsError */
function metricOf(
  world: World,
  region: Region,
  { ResourceId }: ScalableTarget,
  { PredefinedMetricSpecification: specification }: Configuration,
): TrackedMetric {
  if (!specification) throw invalid("Specify exactly one predefined or customized metric");
  const service = scaledService(world, region, ResourceId);
  if (!service) throw invalid(`ECS service doesn't exist: ${ResourceId}`);
  return trackedMetric(service, specification);
}

/** @throws AwsError if another policy of the target tracks the same metric */
function checkOnly(region: Region, { ResourceId }: ScalableTarget, name: string, configuration: Configuration): void {
  const tracked = metricNamed(configuration);
  const other = region.applicationAutoScaling.policies.find(
    ({ TargetTrackingScalingPolicyConfiguration: theirs, ...policy }) =>
      policy.ResourceId === ResourceId && policy.PolicyName !== name && metricNamed(theirs) === tracked,
  );
  if (other) throw invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.");
}

function metricNamed({ PredefinedMetricSpecification: specification }: Configuration): string {
  return `${specification?.PredefinedMetricType} ${specification?.ResourceLabel}`;
}

function newPolicy(world: World, region: Region, target: ScalableTarget, PolicyName: string) {
  const { ServiceNamespace, ResourceId, ScalableDimension } = target;
  const PolicyARN = `arn:aws:autoscaling:${region.name}:${world.account}:scalingPolicy:${randomUUID()}:resource/${ServiceNamespace}/${ResourceId}:policyName/${PolicyName}`;
  return {
    PolicyARN,
    PolicyName,
    ServiceNamespace,
    ResourceId,
    ScalableDimension,
    PolicyType: "TargetTrackingScaling" as const,
    CreationTime: world.now(),
    hidden: { action: `${PolicyARN}:createdBy/${randomUUID()}` },
  };
}
