import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import { siteOf } from "../../../support/listeners.ts";
import { defaultVpc, subnetIn } from "../ec2/fixtures.ts";
import { CLUSTER, createExecutionRole, type Ecs, ecsOf, SERVICE } from "./fixtures.ts";

export const UI = "public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0";

/** A cluster without instances, and what tasks on Fargate need around them. */
export interface Fargate extends Ecs {
  readonly executionRoleArn: string;
  readonly subnets: readonly string[];
  /** Lets everybody in on 8080. */
  readonly group: string;
}

export async function fargate(options: SandboxOptions = {}): Promise<Fargate> {
  const at = await ecsOf(options);
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const executionRoleArn = await createExecutionRole(at);
  const subnets = await Promise.all(["us-east-1a", "us-east-1b"].map((zone) => subnetIn(at.ec2, zone)));
  const made = { GroupName: "ui", Description: "ui", VpcId: await defaultVpc(at.ec2) };
  const { GroupId = "" } = await at.ec2.send(new CreateSecurityGroupCommand(made));
  await at.world.clock.advance(at.world.delay("security group visible"));
  const range = { IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  await at.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [range] }));
  return { ...at, executionRoleArn, subnets, group: GroupId };
}

export function registerUi(at: Fargate, input: Partial<RegisterTaskDefinitionCommandInput> = {}) {
  return at.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "ui",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "1024",
      memory: "2048",
      executionRoleArn: at.executionRoleArn,
      containerDefinitions: [
        {
          name: "application",
          image: UI,
          portMappings: [{ containerPort: 8080, name: "application", appProtocol: "http" }],
          linuxParameters: { initProcessEnabled: true },
          healthCheck: {
            command: ["CMD-SHELL", "curl -f http://localhost:8080/actuator/health || exit 1"],
            interval: 10,
            timeout: 5,
            retries: 3,
            startPeriod: 60,
          },
        },
      ],
      ...input,
    }),
  );
}

export function createUi(at: Fargate, input: Partial<CreateServiceCommandInput> = {}) {
  return at.ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: SERVICE,
      taskDefinition: "ui",
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: network(at),
      ...input,
    }),
  );
}

export function network({ subnets, group }: Fargate) {
  const awsvpcConfiguration = { subnets: [...subnets], securityGroups: [group], assignPublicIp: "ENABLED" as const };
  return { awsvpcConfiguration };
}

/** A target group of addresses behind a load balancer. Answers its ARN. */
export async function behindBalancer(at: Fargate): Promise<string> {
  const { TargetGroups } = await at.elbv2.send(
    new CreateTargetGroupCommand({
      Name: "ui",
      Protocol: "HTTP",
      Port: 8080,
      VpcId: await defaultVpc(at.ec2),
      TargetType: "ip",
      HealthCheckPath: "/actuator/health",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
    }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const { LoadBalancers } = await at.elbv2.send(
    new CreateLoadBalancerCommand({ Name: "ui", Subnets: [...at.subnets], SecurityGroups: [at.group] }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn }];
  await at.elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 8080, DefaultActions }));
  return TargetGroupArn;
}

/** What the first listener shows to a browser of this computer; nothing, while there is none. */
export async function page(at: Ecs): Promise<string> {
  const site = await siteOf(at.sandbox);
  return site === undefined ? "" : (await fetch(`${site}/home`)).text();
}
