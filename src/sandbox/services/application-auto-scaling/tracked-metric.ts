import type { PredefinedMetricSpecification } from "@aws-sdk/client-application-auto-scaling";
import type { MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { EcsService } from "../../world/records.ts";
import { invalid } from "./operation.ts";

/** The metric of CloudWatch that a policy looks at. */
export type TrackedMetric = Pick<MetricAlarm, "Namespace" | "MetricName" | "Dimensions" | "Statistic" | "Unit">;

/** What ECS tells of a service, by type. */
const OF_ECS: Readonly<Record<string, string>> = {
  ECSServiceAverageCPUUtilization: "CPUUtilization",
  ECSServiceAverageMemoryUtilization: "MemoryUtilization",
};

/** @throws AwsError if the metric is none of a service's, or the label none of its target groups */
export function trackedMetric(
  service: EcsService,
  { PredefinedMetricType: type, ResourceLabel }: PredefinedMetricSpecification,
): TrackedMetric {
  if (type === "ALBRequestCountPerTarget") return requestsPerTarget(service, ResourceLabel);
  const MetricName = OF_ECS[type ?? ""];
  if (MetricName === undefined) {
    throw invalid(`The predefined metric ${type} is not supported for this scalable dimension`);
  }
  if (ResourceLabel !== undefined) {
    throw invalid("ResourceLabel is only supported for ALBRequestCountPerTarget");
  }
  const [, cluster, name] = service.serviceArn.split("/");
  return {
    Namespace: "AWS/ECS",
    MetricName,
    Dimensions: [
      { Name: "ClusterName", Value: cluster },
      { Name: "ServiceName", Value: name },
    ],
    Statistic: "Average",
    Unit: "Percent",
  };
}

/** By a label such as `app/NAME/ID/targetgroup/NAME/ID`. Its load balancer may be any: of one that is not the group's there is no data. */
function requestsPerTarget(service: EcsService, label: string | undefined): TrackedMetric {
  if (label === undefined) {
    throw invalid("Resource label should be specified for predefined metric type ALBRequestCountPerTarget");
  }
  const [, balancer, group] = /^(app\/[^/]+\/[^/]+)\/(targetgroup\/[^/]+\/[^/]+)$/.exec(label) ?? [];
  if (balancer === undefined || group === undefined) {
    throw invalid(`Invalid resource label '${label}' for predefined metric type ALBRequestCountPerTarget`);
  }
  if (!service.loadBalancers.some(({ targetGroupArn }) => targetGroupArn?.endsWith(`:${group}`))) {
    throw invalid(`Target group ${group} is not attached to resource ${resourceOf(service)}`);
  }
  return {
    Namespace: "AWS/ApplicationELB",
    MetricName: "RequestCountPerTarget",
    Dimensions: [
      { Name: "LoadBalancer", Value: balancer },
      { Name: "TargetGroup", Value: group },
    ],
    Statistic: "Sum",
    Unit: "None",
  };
}

function resourceOf({ serviceArn }: EcsService): string | undefined {
  return serviceArn.split(":").at(-1);
}
