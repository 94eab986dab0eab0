import type { Service } from "../wire/service.ts";
import type { World } from "../world/world.ts";
import { acm } from "./acm/index.ts";
import { applicationAutoScaling } from "./application-auto-scaling/index.ts";
import { autoScaling } from "./autoscaling/index.ts";
import { cloudWatch } from "./cloudwatch/index.ts";
import { cloudWatchLogs } from "./cloudwatch-logs/index.ts";
import { dynamodb } from "./dynamodb/index.ts";
import { ec2 } from "./ec2/index.ts";
import { ecr } from "./ecr/index.ts";
import { ecs } from "./ecs/index.ts";
import { elbv2 } from "./elbv2/index.ts";
import { eventbridge } from "./eventbridge/index.ts";
import { iam } from "./iam/index.ts";
import { rds } from "./rds/index.ts";
import { route53 } from "./route53/index.ts";
import { secretsManager } from "./secrets-manager/index.ts";
import { serviceQuotas } from "./service-quotas.ts";
import { serviceDiscovery } from "./servicediscovery/index.ts";
import { ssm } from "./ssm/index.ts";
import { sts } from "./sts.ts";

/** All services that the sandbox emulates, in the order in which a run of the command line needs them. */
export function servicesOf(world: World): Service[] {
  return [
    sts(world),
    ssm(world),
    secretsManager(world),
    iam(world),
    ec2(world),
    autoScaling(world),
    elbv2(world),
    ecr(world),
    rds(world),
    route53(world),
    acm(world),
    cloudWatch(world),
    cloudWatchLogs(world),
    eventbridge(world),
    ecs(world),
    applicationAutoScaling(world),
    serviceDiscovery(world),
    dynamodb(world),
    serviceQuotas(world),
  ];
}
