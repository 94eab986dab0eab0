import {
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CreateClusterCommand, CreateServiceCommand, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CLUSTER, COUNT, SERVICE } from "../../../kinds/application-auto-scaling/stack.ts";
import type { Scenario } from "../transcript.ts";

const POLICY = {
  ...COUNT,
  PolicyName: "busy",
  PolicyType: "TargetTrackingScaling",
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 70,
    PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" },
    ScaleInCooldown: 60,
  },
} as const;

/** The count of a service's tasks as a scalable target, and policies of it. */
export const scaling: Scenario = {
  title: "Application Auto Scaling",
  async run({ applicationAutoScaling: client, ecs }, call) {
    await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
    const containerDefinitions = [{ name: "application", image: "httpd", memory: 128 }];
    await ecs.send(new RegisterTaskDefinitionCommand({ family: "scaled", containerDefinitions }));
    const service = { cluster: CLUSTER, serviceName: SERVICE, taskDefinition: "scaled", desiredCount: 2 };
    await ecs.send(new CreateServiceCommand(service));
    const bounds = { ...COUNT, MinCapacity: 2, MaxCapacity: 10 };
    await call(
      "RegisterScalableTarget, unknown",
      client.send(new RegisterScalableTargetCommand({ ...bounds, ResourceId: "service/nowhere/nothing" })),
    );
    await call("RegisterScalableTarget, no bounds", client.send(new RegisterScalableTargetCommand({ ...COUNT })));
    await call("RegisterScalableTarget", client.send(new RegisterScalableTargetCommand(bounds)));
    const target = { ServiceNamespace: COUNT.ServiceNamespace, ResourceIds: [COUNT.ResourceId] };
    await call("DescribeScalableTargets", client.send(new DescribeScalableTargetsCommand(target)));
    await call(
      "RegisterScalableTarget, again",
      client.send(new RegisterScalableTargetCommand({ ...COUNT, MaxCapacity: 5 })),
    );
    await call("DescribeScalableTargets, changed", client.send(new DescribeScalableTargetsCommand(target)));
    await call("PutScalingPolicy", client.send(new PutScalingPolicyCommand(POLICY)));
    const policies = { ServiceNamespace: COUNT.ServiceNamespace, ResourceId: COUNT.ResourceId };
    await call("DescribeScalingPolicies", client.send(new DescribeScalingPoliciesCommand(policies)));
    await call("DeleteScalingPolicy", client.send(new DeleteScalingPolicyCommand({ ...COUNT, PolicyName: "busy" })));
    await call(
      "DeleteScalingPolicy, again",
      client.send(new DeleteScalingPolicyCommand({ ...COUNT, PolicyName: "busy" })),
    );
    await call("DescribeScalingPolicies, none", client.send(new DescribeScalingPoliciesCommand(policies)));
    await call("DeregisterScalableTarget", client.send(new DeregisterScalableTargetCommand(COUNT)));
    await call("DeregisterScalableTarget, again", client.send(new DeregisterScalableTargetCommand(COUNT)));
    await call("PutScalingPolicy, no target", client.send(new PutScalingPolicyCommand(POLICY)));
    await call("DescribeScalableTargets, none", client.send(new DescribeScalableTargetsCommand(target)));
  },
  differences: [
    { at: /\.(RoleARN|SuspendedState)$/, why: "moto leaves it out (application-autoscaling:ScalableTarget)" },
    { at: /^RegisterScalableTarget, unknown$/, why: "moto: ECS's refusal; AWS: ValidationException" },
    {
      at: /^RegisterScalableTarget, no bounds$/,
      why: "moto takes it; AWS: ValidationException (RegisterScalableTarget, MinCapacity)",
    },
    { at: /^PutScalingPolicy, no target$/, why: "moto takes it; AWS: ObjectNotFoundException (PutScalingPolicy)" },
    { at: /^De\w+, again$/, why: "moto: ValidationException; AWS: ObjectNotFoundException (DeleteScalingPolicy)" },
  ],
};
