import type { ServiceRevisionSummary, ServiceDeployment as WireDeployment } from "@aws-sdk/client-ecs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { nameIn } from "../../world/ecs/names.ts";
import { breakerThreshold } from "../../world/ecs/service-deployments.ts";
import type { ServiceDeployment } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { isPending } from "./cluster-shape.ts";
import { clusterOf, type EcsOperations, findService, invalid, paged } from "./operation.ts";

const MOST_ARNS = 20;
const UNDER_WAY = ["PENDING", "IN_PROGRESS"];
/** Such a deployment is stopped already, and goes on with that ("Stopping Amazon ECS service deployments"). */
const BEING_STOPPED = ["STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"];

/** Deployments of services, and what the services were when each began. They go with their service. */
export function serviceDeploymentOperations(world: World): EcsOperations {
  return {
    ListServiceDeployments: {
      accepts: ["service", "cluster", "status", "createdAt", "nextToken", "maxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const [, clusterName] = /:service\/([^/]+)\/[^/]+$/.exec(input.service ?? "") ?? [];
        const cluster = clusterOf(region, input.cluster ?? clusterName);
        const service = findService(region, cluster, input.service ?? "");
        if (!service) throw new AwsError("ServiceNotFoundException", "Service not found.");
        const { after, before } = input.createdAt ?? {};
        const found = region.ecs.serviceDeployments
          .filter(
            ({ serviceArn, status, createdAt }) =>
              serviceArn === service.serviceArn &&
              (!input.status || input.status.length === 0 || input.status.includes(status)) &&
              (!after || createdAt > after) &&
              (!before || createdAt < before),
          )
          .reverse();
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { serviceDeployments: items.map(briefOf), ...rest };
      },
    },

    DescribeServiceDeployments: {
      accepts: ["serviceDeploymentArns"],
      handle({ serviceDeploymentArns: asked = [] }, { region: name }) {
        const region = world.region(name);
        checkArns(asked, "serviceDeploymentArns");
        const found = asked.map((arn) => ({ arn, record: region.ecs.serviceDeployments.get(arn) }));
        return {
          serviceDeployments: found.flatMap(({ record }) => (record ? shape(region, record) : [])),
          failures: found.flatMap(({ arn, record }) => (record ? [] : { arn, reason: "MISSING" })),
        };
      },
    },

    DescribeServiceRevisions: {
      accepts: ["serviceRevisionArns"],
      handle({ serviceRevisionArns: asked = [] }, { region: name }) {
        const { ecs } = world.region(name);
        checkArns(asked, "serviceRevisionArns");
        const found = asked.map((arn) => ({ arn, record: ecs.serviceRevisions.get(arn) }));
        return {
          serviceRevisions: found.flatMap(({ record }) => {
            if (!record) return [];
            const { hidden: _hidden, ...revision } = record;
            return revision;
          }),
          failures: found.flatMap(({ arn, record }) => (record ? [] : { arn, reason: "MISSING" })),
        };
      },
    },

    StopServiceDeployment: {
      accepts: ["serviceDeploymentArn", "stopType"],
      handle({ serviceDeploymentArn: arn = "", stopType = "ROLLBACK" }, { region: name }) {
        const { ecs } = world.region(name);
        if (stopType !== "ROLLBACK") throw notEmulated(`the stop type ${stopType}`);
        const present = ecs.serviceDeployments.get(arn);
        if (!present) {
          throw new AwsError("ServiceDeploymentNotFoundException", "The service deployment was not found.");
        }
        if (BEING_STOPPED.includes(present.status)) return { serviceDeploymentArn: arn };
        if (!UNDER_WAY.includes(present.status)) {
          throw new AwsError(
            "ConflictException",
            `The service deployment cannot be stopped because its status is ${present.status}.`,
          );
        }
        ecs.serviceDeployments.put({ ...present, status: "ROLLBACK_REQUESTED", updatedAt: world.now() });
        // Its scheduler looks at a service whenever that changes.
        ecs.services.update(present.serviceArn, () => {});
        return { serviceDeploymentArn: arn };
      },
    },
  };
}

function checkArns(arns: readonly string[], parameter: string): void {
  if (arns.length === 0) throw invalid(`${parameter} cannot be empty.`);
  if (arns.length > MOST_ARNS) throw invalid(`At most ${MOST_ARNS} can be described at once.`);
}

function briefOf(record: ServiceDeployment) {
  const { serviceDeploymentArn, serviceArn, clusterArn, createdAt, startedAt, finishedAt, status, statusReason } =
    record;
  const targetServiceRevisionArn = record.targetServiceRevision.arn;
  return {
    serviceDeploymentArn,
    serviceArn,
    clusterArn,
    createdAt,
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(targetServiceRevisionArn !== undefined && { targetServiceRevisionArn }),
    status,
    ...(statusReason !== undefined && { statusReason }),
  };
}

/** A service deployment as ECS answers it, with the counts of its tasks and where its circuit breaker stands. */
function shape(region: Region, record: ServiceDeployment): WireDeployment {
  const { sourceServiceRevisions, targetServiceRevision, ...rest } = record;
  return {
    ...rest,
    sourceServiceRevisions: sourceServiceRevisions.map((one) => counted(region, record, one)),
    targetServiceRevision: counted(region, record, targetServiceRevision),
    deploymentCircuitBreaker: breakerOf(region, record),
  };
}

function counted({ ecs }: Region, { serviceArn }: ServiceDeployment, { arn = "" }: ServiceRevisionSummary) {
  const deploymentId = ecs.serviceRevisions.get(arn)?.hidden.deploymentId;
  const service = ecs.services.get(serviceArn);
  const tasks = ecs.tasks.filter(({ startedBy, lastStatus }) => startedBy === deploymentId && lastStatus !== "STOPPED");
  return {
    arn,
    requestedTaskCount: service?.deployments[0]?.id === deploymentId ? (service?.desiredCount ?? 0) : 0,
    runningTaskCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTaskCount: tasks.filter(({ lastStatus }) => isPending(lastStatus)).length,
  };
}

/** Of one that was given up as it was then, because its tasks are forgotten. */
function breakerOf({ ecs }: Region, deployment: ServiceDeployment) {
  const { serviceArn, targetServiceRevision, status, deploymentCircuitBreaker: kept } = deployment;
  if (kept) return kept;
  const service = ecs.services.get(serviceArn);
  const threshold = service && breakerThreshold(service);
  if (threshold === undefined) return { status: "DISABLED" as const, failureCount: 0, threshold: 0 };
  const id = `ecs-svc/${nameIn(targetServiceRevision.arn ?? "")}`;
  const present = service?.deployments.find((one) => one.id === id);
  return {
    status: UNDER_WAY.includes(status) ? ("MONITORING" as const) : ("MONITORING_COMPLETE" as const),
    failureCount: present?.failedTasks ?? 0,
    threshold,
  };
}
