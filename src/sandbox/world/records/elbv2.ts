import type * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Known } from "./known.ts";

/** Without its listeners: they are records of their own. */
export type LoadBalancer = Known<
  elbv2.LoadBalancer,
  | "LoadBalancerArn"
  | "LoadBalancerName"
  | "DNSName"
  | "CanonicalHostedZoneId"
  | "Scheme"
  | "Type"
  | "VpcId"
  | "State"
  | "AvailabilityZones"
  | "SecurityGroups"
  | "IpAddressType"
> & {
  hidden: {
    /** Those that were set; the others have their defaults. */
    attributes: Record<string, string>;
    tags: elbv2.Tag[];
  };
};

/** `LoadBalancerArns` follows the listeners. */
export type TargetGroup = Known<
  elbv2.TargetGroup,
  | "TargetGroupArn"
  | "TargetGroupName"
  | "Protocol"
  | "Port"
  | "VpcId"
  | "TargetType"
  | "LoadBalancerArns"
  | "HealthCheckEnabled"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "UnhealthyThresholdCount"
> & {
  hidden: {
    /** Those that were set; the others have their defaults. */
    attributes: Record<string, string>;
    tags: elbv2.Tag[];
    /** Until when it counts as in use after its last listener let go of it. */
    inUseUntil?: Date;
  };
};

/** A listener with its default rule; the others are records of their own. */
export type Listener = Known<
  elbv2.Listener,
  "ListenerArn" | "LoadBalancerArn" | "Port" | "Protocol" | "Certificates" | "DefaultActions"
> & {
  hidden: {
    /** ARN of the rule for what no other rule matches. */
    defaultRule: string;
    tags: elbv2.Tag[];
    /** ARNs of its certificates beside the default one. */
    certificates?: string[];
    /** Where it listened last on this computer, for the next time. Absent: nowhere yet. */
    local?: { address: string; port: number };
  };
};

/** A rule of a listener, the default one aside. */
export interface Rule {
  RuleArn: string;
  ListenerArn: string;
  /** The lowest is asked first. */
  Priority: number;
  Conditions: elbv2.RuleCondition[];
  Actions: elbv2.Action[];
  hidden: { tags: elbv2.Tag[] };
}

/** A target that is registered, or is being drained. */
export interface Target {
  TargetGroupArn: string;
  /** Of an instance, or an IP address. */
  Id: string;
  Port: number;
  hidden: {
    registeredAt: Date;
    deregisteredAt?: Date;
    /** As its controller sees it; absent: the controller has not looked yet. */
    health?: elbv2.TargetHealth;
  };
}

/** The key of a target in its table. */
export function targetKey({ TargetGroupArn, Id, Port }: Pick<Target, "TargetGroupArn" | "Id" | "Port">): string {
  return `${TargetGroupArn}|${Id}|${Port}`;
}
