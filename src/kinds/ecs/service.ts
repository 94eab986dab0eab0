import { CreateServiceCommand, DeleteServiceCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { scalableTargetOf } from "../../aws/scalable-targets.ts";
import { toEcsTags } from "../../aws/tags.ts";
import { change, fieldChanges } from "../../engine/change.ts";
import { NotYet } from "../../engine/errors.ts";
import type { Change } from "../../engine/event.ts";
import { NotYetKnown } from "../../engine/resolve.ts";
import type { Kind } from "../../engine/task.ts";
import { deniedRightIn, isGrantedByNow } from "./denied-right.ts";
import { describeConnect, describeWantedConnect } from "./service-connect.ts";
import { tellEvents } from "./service-events.ts";
import { broken, pending, type WantedService } from "./service-progress.ts";
import { type FoundService, findService } from "./service-reads.ts";
import {
  describeLoadBalancers,
  describePlacement,
  networkFields,
  type ServiceSettings,
  toAws,
} from "./service-settings.ts";
import { describeStrategy } from "./strategy.ts";
import { addTags } from "./tags.ts";
import { TRY_AGAIN, whyTakenBack } from "./taken-back.ts";

/** A service, and whether its count is scaled. */
export interface Service extends WantedService {
  /** Application Auto Scaling has its count. */
  readonly isScaled: boolean;
  /** What a person can do about a right that its tasks lack; undefined: they lack none, as far as is known, or nothing in particular. */
  readonly repair: string | undefined;
}

/** A service: so many tasks of a task definition, kept running in a cluster. Its name is unique there. */
export interface ServiceDesired extends ServiceSettings {
  /** Name of the cluster. */
  readonly cluster: string;
  readonly name: string;
  /** Whether Application Auto Scaling may scale it: as long as it does the count is its own, and `desiredCount` is for a new service. */
  readonly scalable?: true;
  /** What a person can do where its tasks may not do something, and end. Default: nothing in particular. */
  readonly whenDenied?: string;
}

/** A service with its tasks. It is ready once all of them run and their targets are healthy. */
export const service: Kind<ServiceDesired, Service, Aws> = {
  type: "ecs.service",
  async find(aws, desired) {
    const { cluster, name, scalable } = desired;
    const [found, target] = await Promise.all([
      findService(aws, cluster, name, revisionIn(aws, desired)),
      scalable && scalableTargetOf(aws, { cluster, service: name }),
    ]);
    if (!found) return undefined;
    const rights = await rightsOf(aws, desired, found);
    const actual: Service = { ...found, ...rights, isScaled: target !== undefined, takenBack: undefined };
    const differs = () => differences(desired, actual).some(({ left }) => left === undefined);
    return { ...actual, takenBack: await whyTakenBack(aws, desired, found, differs) };
  },
  diff: differences,
  async create(aws, desired) {
    const { cluster, name } = desired;
    const tags = toEcsTags(aws.ownership);
    try {
      await aws.ecs.send(new CreateServiceCommand({ cluster, serviceName: name, ...toAws(desired), tags }));
    } catch (error) {
      if (!isCode(error, "InvalidParameterException") || !/not idempotent/.test((error as Error).message)) throw error;
      // Also said of a name that has just become free: whether it has is seen by looking.
      aws.shared.forget();
      if (!(await findService(aws, cluster, name))) throw new NotYet("AWS is still letting go of the name");
    }
  },
  async update({ ecs }, desired, _actual, changes) {
    const { cluster, name } = desired;
    const fields = new Set(changes.map(({ field }) => field.split(".")[0]));
    const settings = Object.entries(toAws(desired)).filter(([field]) => fields.has(field));
    // Another strategy is only taken with a new deployment (ecs:UpdateService, capacityProviderStrategy).
    // Tasks that run keep what their deployment began with.
    const forceNewDeployment = fields.has("capacityProviderStrategy") || fields.has("enableExecuteCommand");
    await ecs.send(
      new UpdateServiceCommand({ cluster, service: name, ...Object.fromEntries(settings), forceNewDeployment }),
    );
  },
  async remove({ ecs }, { cluster, arn }) {
    // With force it need not be scaled to 0 first (ecs:DeleteService).
    await ecs.send(new DeleteServiceCommand({ cluster, service: arn, force: true }));
  },
  pending,
  follow: async (_aws, { rollout, events }, note, told) =>
    tellEvents(events, rollout.createdAt, note, told as ReadonlySet<string> | undefined),
  broken,
  heals: true,
  remedy: ({ repair, takenBack }) => repair ?? (takenBack === undefined ? LOOK : TRY_AGAIN),
  leaving: ({ status }) => status === "DRAINING",
  outlives: ["ecs.task-definition"],
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ runningCount, desiredCount, healthyTargets }) =>
    [
      `${runningCount} of ${desiredCount} tasks running`,
      ...(healthyTargets === undefined ? [] : [`${healthyTargets} healthy targets`]),
    ].join(", "),
  limits: { usually: 60, usuallyGone: 90, ready: 1200, gone: 900 },
};

/** What is different once a program has been denied a right: what a person can do, or that the tasks which ended are of the past. */
async function rightsOf(aws: Aws, { whenDenied }: ServiceDesired, found: FoundService) {
  const denied = deniedRightIn(found.printed);
  if (!denied) return { repair: undefined };
  if (!(await isGrantedByNow(aws, found.taskDefinition, denied))) return { repair: whenDenied };
  const trouble = `its tasks ended because role ${denied.role} might not do ${denied.action}; it may by now, and ECS's next task stays`;
  return { repair: undefined, crashes: 0, printed: [], trouble };
}

function differences(desired: ServiceDesired, actual: Service): Change[] {
  const changes = settingChanges(desired, actual);
  const { whenFailing } = actual.deployment;
  const isHealing = actual.rollout.state === "IN_PROGRESS" && actual.rollout.failedTasks > 0 && changes.length === 0;
  const more = isHealing && whenFailing === "off" ? COUNTED : {};
  return [
    ...changes,
    ...change("deploymentConfiguration.deploymentCircuitBreaker", whenFailing, desired.deployment.whenFailing, more),
  ];
}

const COUNTED = {
  left: "ECS would give up the deployment at once for the tasks that have failed so far; it is turned on once they stay",
};

/** What differs, the circuit breaker aside. */
function settingChanges(desired: ServiceDesired, actual: Service): Change[] {
  return [
    ...change(
      "taskDefinition",
      nameIn(actual.taskDefinition),
      nameIn(desired.taskDefinition),
      actual.chosenOver === desired.taskDefinition ? CHOSEN : {},
    ),
    ...(actual.isScaled ? [] : change("desiredCount", actual.desiredCount, desired.desiredCount)),
    ...runsOnChanges(desired, actual),
    ...fieldChanges(networkFields(actual.fargate), networkFields(desired.fargate)),
    ...change(
      "deploymentConfiguration.minimumHealthyPercent",
      actual.deployment.minimumHealthyPercent,
      desired.deployment.minimumHealthyPercent,
    ),
    ...change(
      "deploymentConfiguration.maximumPercent",
      actual.deployment.maximumPercent,
      desired.deployment.maximumPercent,
    ),
    ...change("availabilityZoneRebalancing", actual.availabilityZoneRebalancing, desired.availabilityZoneRebalancing),
    ...change(
      "loadBalancers",
      describeLoadBalancers(actual.loadBalancers),
      describeLoadBalancers(desired.loadBalancers),
    ),
    ...change(
      "placementConstraints",
      describePlacement(actual.placementConstraints),
      describePlacement(desired.placementConstraints),
    ),
    ...change(
      "placementStrategy",
      describePlacement(actual.placementStrategy),
      describePlacement(desired.placementStrategy),
    ),
    ...change("healthCheckGracePeriodSeconds", actual.healthCheckGracePeriod, desired.healthCheckGracePeriod),
    ...change("propagateTags", actual.propagateTags, desired.propagateTags),
    ...(desired.executeCommand === undefined
      ? []
      : change("enableExecuteCommand", `${actual.executeCommand ?? false}`, `${desired.executeCommand}`)),
    ...(desired.serviceConnect === undefined
      ? []
      : change(
          "serviceConnectConfiguration",
          describeConnect(actual.connected, desired.serviceConnect),
          describeWantedConnect(desired.serviceConnect),
        )),
  ];
}

const LOOK =
  "`bia-infra logs --previous` shows what its tasks printed. Correct the app and deploy it again, or let AWS try once more with `bia-infra restart`.";

/** The revision that is wanted, where it is known: a first look waits for no other thing to tell it. */
function revisionIn({ shared }: Aws, desired: ServiceDesired): string | undefined {
  if (shared.untouched) return undefined;
  try {
    return desired.taskDefinition;
  } catch (error) {
    if (error instanceof NotYetKnown) return undefined;
    throw error;
  }
}

const CHOSEN = { left: "somebody put the service on it since, and what was taken back is not put forward again" };

/** A launch type is for good. (ecs:UpdateService, launchType is none of its parameters) */
function runsOnChanges({ fargate, capacityProviderStrategy }: ServiceDesired, actual: Service): Change[] {
  const wanted = fargate ? FARGATE : describeStrategy(capacityProviderStrategy);
  const isFixed = (actual.fargate === undefined) !== (fargate === undefined);
  return change("capacityProviderStrategy", describeRunsOn(actual), wanted, isFixed ? { needsReplacement: true } : {});
}

const FARGATE = "launch type FARGATE";

function describeRunsOn({ capacityProviderStrategy, launchType }: Service): string {
  return launchType === undefined ? describeStrategy(capacityProviderStrategy) : `launch type ${launchType}`;
}
