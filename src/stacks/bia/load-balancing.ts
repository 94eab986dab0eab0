import { type Ref, task } from "../../engine/task.ts";
import { listener } from "../../kinds/elbv2/listener.ts";
import { loadBalancer } from "../../kinds/elbv2/load-balancer.ts";
import { targetGroup } from "../../kinds/elbv2/target-group.ts";
import type { BiaVariables } from "../../variables/index.ts";

/** Where the load balancer stands. */
interface Position {
  readonly vpcId: Ref<string>;
  readonly subnets: readonly Ref<string>[];
  readonly securityGroup: Ref<string>;
}

/** The load balancer with its HTTP listener, and the target group that it forwards to. */
export function loadBalancingTasks(
  settings: Exclude<BiaVariables["loadBalancer"], false>,
  { name, port, healthCheck, deregistrationDelay }: BiaVariables["targetGroup"],
  { vpcId, subnets, securityGroup }: Position,
) {
  const balancer = task("load-balancer", `load balancer ${settings.name}`, loadBalancer, {
    name: settings.name,
    scheme: "internet-facing",
    subnets,
    securityGroups: [securityGroup],
  });

  const { successCodes: codes, ...times } = healthCheck;
  const targets = task("target-group", `target group ${name}`, targetGroup, {
    name,
    targetType: "instance",
    protocol: "HTTP",
    protocolVersion: "HTTP1",
    port,
    vpcId,
    healthCheck: { protocol: "HTTP", port: "traffic-port", codes, ...times },
    attributes: { "deregistration_delay.timeout_seconds": `${deregistrationDelay}` },
  });

  const http = task("http-listener", `listener HTTP ${settings.httpPort}`, listener, {
    // AWS takes listeners of a balancer that is not active yet.
    loadBalancer: balancer.early(({ arn }) => arn),
    port: settings.httpPort,
    protocol: "HTTP",
    targetGroup: targets.out(({ arn }) => arn),
  });

  return { balancer, targets, http };
}
