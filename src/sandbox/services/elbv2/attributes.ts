import type { AwsError } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import type { LoadBalancer, TargetGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type ElbOperations, listenerOf, loadBalancerOf, targetGroupOf, validationError } from "./operation.ts";

/** An attribute: its default, and which values it takes. */
type Attribute = readonly [value: string, takes: RegExp | readonly [least: number, most: number]];

const SWITCH = /^(true|false)$/;
const TEXT = /^.*$/s;
const TARGETS: Attribute["1"] = /^(off|\d+)$/;

/** Those of application load balancers, with their defaults (LoadBalancerAttribute). */
const LOAD_BALANCER: Readonly<Record<string, Attribute>> = {
  "access_logs.s3.enabled": ["false", SWITCH],
  "access_logs.s3.bucket": ["", TEXT],
  "access_logs.s3.prefix": ["", TEXT],
  "client_keep_alive.seconds": ["3600", [60, 604800]],
  "connection_logs.s3.enabled": ["false", SWITCH],
  "connection_logs.s3.bucket": ["", TEXT],
  "connection_logs.s3.prefix": ["", TEXT],
  "deletion_protection.enabled": ["false", SWITCH],
  "health_check_logs.s3.enabled": ["false", SWITCH],
  "health_check_logs.s3.bucket": ["", TEXT],
  "health_check_logs.s3.prefix": ["", TEXT],
  "idle_timeout.timeout_seconds": ["60", [1, 4000]],
  "load_balancing.cross_zone.enabled": ["true", /^true$/],
  "routing.http.desync_mitigation_mode": ["defensive", /^(monitor|defensive|strictest)$/],
  "routing.http.drop_invalid_header_fields.enabled": ["false", SWITCH],
  "routing.http.preserve_host_header.enabled": ["false", SWITCH],
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ["false", SWITCH],
  "routing.http.xff_client_port.enabled": ["false", SWITCH],
  "routing.http.xff_header_processing.mode": ["append", /^(append|preserve|remove)$/],
  "routing.http2.enabled": ["true", SWITCH],
  "waf.fail_open.enabled": ["false", SWITCH],
  "zonal_shift.config.enabled": ["false", SWITCH],
};

/** Those of target groups of an application load balancer, with their defaults (TargetGroupAttribute). */
const TARGET_GROUP: Readonly<Record<string, Attribute>> = {
  "deregistration_delay.timeout_seconds": ["300", [0, 3600]],
  "load_balancing.algorithm.anomaly_mitigation": ["off", /^(on|off)$/],
  "load_balancing.algorithm.type": ["round_robin", /^(round_robin|least_outstanding_requests|weighted_random)$/],
  "load_balancing.cross_zone.enabled": [
    "use_load_balancer_configuration",
    /^(true|false|use_load_balancer_configuration)$/,
  ],
  "slow_start.duration_seconds": ["0", /^(0|[3-9]\d|[1-8]\d\d|900)$/],
  "stickiness.enabled": ["false", SWITCH],
  "stickiness.type": ["lb_cookie", /^(lb_cookie|app_cookie)$/],
  "stickiness.app_cookie.cookie_name": ["", TEXT],
  "stickiness.app_cookie.duration_seconds": ["86400", [1, 604800]],
  "stickiness.lb_cookie.duration_seconds": ["86400", [1, 604800]],
  "target_group_health.dns_failover.minimum_healthy_targets.count": ["1", TARGETS],
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": ["off", TARGETS],
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ["1", TARGETS],
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ["off", TARGETS],
};

/** Attributes of load balancers and target groups. Those of listeners can only be read. */
export function attributeOperations(world: World): ElbOperations {
  return {
    DescribeLoadBalancerAttributes: {
      accepts: ["LoadBalancerArn"],
      handle: ({ LoadBalancerArn }, { region }) => ({
        Attributes: listed(attributesOf(loadBalancerOf(world.region(region), LoadBalancerArn))),
      }),
    },

    ModifyLoadBalancerAttributes: {
      accepts: ["LoadBalancerArn", "Attributes"],
      handle({ LoadBalancerArn, Attributes }, { region: name }) {
        const region = world.region(name);
        const balancer = loadBalancerOf(region, LoadBalancerArn);
        const attributes = { ...balancer.hidden.attributes, ...checked("Load balancer", LOAD_BALANCER, Attributes) };
        const changed = { ...balancer, hidden: { ...balancer.hidden, attributes } };
        return { Attributes: listed(attributesOf(region.elbv2.loadBalancers.put(changed))) };
      },
    },

    DescribeTargetGroupAttributes: {
      accepts: ["TargetGroupArn"],
      handle: ({ TargetGroupArn }, { region }) => ({
        Attributes: listed(targetGroupAttributes(targetGroupOf(world.region(region), TargetGroupArn))),
      }),
    },

    ModifyTargetGroupAttributes: {
      accepts: ["TargetGroupArn", "Attributes"],
      handle({ TargetGroupArn, Attributes }, { region: name }) {
        const region = world.region(name);
        const group = targetGroupOf(region, TargetGroupArn);
        const attributes = { ...group.hidden.attributes, ...checked("Target group", TARGET_GROUP, Attributes) };
        const changed = { ...group, hidden: { ...group.hidden, attributes } };
        return { Attributes: listed(targetGroupAttributes(region.elbv2.targetGroups.put(changed))) };
      },
    },

    DescribeListenerAttributes: {
      accepts: ["ListenerArn"],
      handle({ ListenerArn }, { region }) {
        listenerOf(world.region(region), ListenerArn);
        return { Attributes: [{ Key: "routing.http.response.server.enabled", Value: "true" }] };
      },
    },
  };
}

/** All attributes of a load balancer, those that nobody set with their defaults. */
export function attributesOf({ hidden }: LoadBalancer): Record<string, string> {
  return { ...defaults(LOAD_BALANCER), ...hidden.attributes };
}

function targetGroupAttributes({ hidden }: TargetGroup): Record<string, string> {
  return { ...defaults(TARGET_GROUP), ...hidden.attributes };
}

function defaults(known: Readonly<Record<string, Attribute>>): Record<string, string> {
  return Object.fromEntries(Object.entries(known).map(([key, [value]]) => [key, value]));
}

function listed(attributes: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
}

function checked(
  thing: string,
  known: Readonly<Record<string, Attribute>>,
  given: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> {
  if (!given?.length) throw validationError("At least one attribute must be specified");
  const attributes: Record<string, string> = {};
  for (const { Key = "", Value = "" } of given) {
    const attribute = entry(known, Key);
    if (!attribute) throw validationError(`${thing} attribute key '${Key}' is not recognized`);
    if (Key in attributes) throw validationError(`${thing} attribute key '${Key}' was specified more than once`);
    if (!takes(attribute, Value)) throw invalidValue(thing, Key, Value);
    attributes[Key] = Value;
  }
  return attributes;
}

function takes([, values]: Attribute, value: string): boolean {
  if (values instanceof RegExp) return values.test(value);
  const [least, most] = values;
  return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}

function invalidValue(thing: string, key: string, value: string): AwsError {
  return validationError(`${thing} attribute value '${value}' of '${key}' is not valid`);
}
