import { type Stack, type Task, task } from "../../../src/engine/task.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { type ListenerDesired, listener } from "../../../src/kinds/elbv2/listener.ts";
import { type LoadBalancerDesired, loadBalancer } from "../../../src/kinds/elbv2/load-balancer.ts";
import { type TargetGroupDesired, targetGroup } from "../../../src/kinds/elbv2/target-group.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";

export const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";
export const OTHER_CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/87654321-1234-1234-1234-123456789012";
export const SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** What a stack for a test has otherwise than the one of the course. */
export interface Otherwise {
  readonly balancer?: Partial<LoadBalancerDesired>;
  readonly targetGroup?: Partial<TargetGroupDesired>;
  readonly https?: Partial<ListenerDesired>;
}

/** A load balancer with its target group and both listeners, as in the course. */
export function balancedStack(otherwise: Otherwise = {}): Stack {
  const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
  const vpc = task("vpc", "default VPC", defaultVpc, { zones });
  const vpcId = vpc.out((found) => found.vpcId);

  const group = task("security-group", "security group bia-alb-teste", securityGroup, {
    name: "bia-alb-teste",
    description: "SG do ALB da Bia",
    vpcId,
    ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, cidr: "0.0.0.0/0" }],
    tags: {},
  });

  const balancer = task("load-balancer", "load balancer bia-alb", loadBalancer, {
    name: "bia-alb",
    scheme: "internet-facing" as const,
    subnets: vpc.out(({ subnets }) => zones.map((zone) => subnets[zone] ?? "")),
    securityGroups: [group.out(({ groupId }) => groupId)],
    attributes: { "idle_timeout.timeout_seconds": "30" },
    ...otherwise.balancer,
  });

  const targets = task("target-group", "target group tg-bia", targetGroup, {
    name: "tg-bia",
    targetType: "instance" as const,
    protocol: "HTTP" as const,
    protocolVersion: "HTTP1" as const,
    port: 80,
    vpcId,
    healthCheck: {
      protocol: "HTTP" as const,
      port: "traffic-port",
      path: "/",
      interval: 15,
      timeout: 5,
      healthyThreshold: 5,
      unhealthyThreshold: 2,
      codes: "200-299",
    },
    attributes: { "deregistration_delay.timeout_seconds": "30" },
    ...otherwise.targetGroup,
  });

  const between = {
    loadBalancer: balancer.early(({ arn }) => arn),
    targetGroup: targets.out(({ arn }) => arn),
  };
  const http = task("http-listener", "listener HTTP 80", listener, { ...between, port: 80, protocol: "HTTP" as const });
  const https = task("https-listener", "listener HTTPS 443", listener, {
    ...between,
    port: 443,
    protocol: "HTTPS" as const,
    certificate: CERTIFICATE,
    sslPolicy: SSL_POLICY,
    ...otherwise.https,
  });
  return stackOf([vpc, group, balancer, targets, http, https]);
}

// biome-ignore lint/suspicious/noExplicitAny: tasks of any kind
function stackOf(tasks: readonly Task<any, any, any>[]): Stack {
  return { name: "bia", stages: [{ name: "1", title: "load balancing", tasks, outputs: {}, costs: [] }] };
}

/** Two certificates that are issued: nobody can validate one without a domain. */
export async function withCertificates({ world }: RunningSandbox): Promise<void> {
  for (const CertificateArn of [CERTIFICATE, OTHER_CERTIFICATE]) {
    world.region("us-east-1").acm.certificates.put({
      CertificateArn,
      DomainName: "www.bia.test",
      SubjectAlternativeNames: ["www.bia.test"],
      DomainValidationOptions: [],
      Status: "ISSUED",
      Type: "AMAZON_ISSUED",
      KeyAlgorithm: "RSA_2048",
      CreatedAt: world.now(),
      hidden: { tags: [], recordsKnownAt: world.now(), inUseUntil: {} },
    });
  }
}
