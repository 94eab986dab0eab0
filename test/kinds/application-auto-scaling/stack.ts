import { CreateClusterCommand, CreateServiceCommand, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { type Stack, task } from "../../../src/engine/task.ts";
import {
  type ScalableTargetDesired,
  scalableTarget,
} from "../../../src/kinds/application-auto-scaling/scalable-target.ts";
import {
  type ScalingPolicyDesired,
  scalingPolicy,
} from "../../../src/kinds/application-auto-scaling/scaling-policy.ts";
import { clientsOf, type ServedAws } from "../../support/runs.ts";

export const CLUSTER = "retail-store-ecs-cluster";
export const SERVICE = "ui";
/** How Application Auto Scaling names the service's count. */
export const COUNT = {
  ServiceNamespace: "ecs",
  ResourceId: `service/${CLUSTER}/${SERVICE}`,
  ScalableDimension: "ecs:service:DesiredCount",
} as const;

/** A scaled service whose own stack is another. */
export function scalingStack(
  target: Partial<ScalableTargetDesired> = {},
  policy: Partial<ScalingPolicyDesired> = {},
): Stack {
  const scaled = { cluster: CLUSTER, service: SERVICE };
  const suspended = { scaleIn: false, scaleOut: false, scheduled: false };
  const bounds = task("target", "scalable target", scalableTarget, {
    ...scaled,
    min: 2,
    max: 10,
    suspended,
    ...target,
  });
  const tracking = task(
    "policy",
    "scaling policy",
    scalingPolicy,
    {
      ...scaled,
      name: "busy",
      metric: "ECSServiceAverageCPUUtilization",
      targetValue: 70,
      scaleIn: true,
      ...policy,
    },
    [bounds],
  );
  return {
    name: "retail",
    stages: [{ name: "autoscaling", title: "scaling", tasks: [bounds, tracking], outputs: {}, costs: [] }],
  };
}

/** A service of two tasks, which find no place. */
export async function addService(sandbox: ServedAws, desiredCount = 2): Promise<void> {
  const clients = clientsOf(sandbox);
  await clients.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const containerDefinitions = [{ name: "application", image: "httpd", memory: 128 }];
  await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: "ui", containerDefinitions }));
  await clients.ecs.send(
    new CreateServiceCommand({ cluster: CLUSTER, serviceName: SERVICE, taskDefinition: "ui", desiredCount }),
  );
  clients.close();
}
