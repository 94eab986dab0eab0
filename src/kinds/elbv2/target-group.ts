import {
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  DescribeTargetGroupAttributesCommand,
  type TargetGroup as ElbTargetGroup,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { targetGroupNamed } from "../../aws/listings.ts";
import { addTags, keepTags, tagsOf } from "../../aws/load-balancing-tags.ts";
import { STACK_TAG, type Tags, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Blocker, Kind } from "../../engine/task.ts";
import { type Attributes, attributeChanges, attributesToWrite, fromAttributeList } from "./attributes.ts";

/** How a load balancer finds out whether a target can take requests. */
export interface HealthCheck {
  readonly protocol: "HTTP" | "HTTPS";
  /** A port, or `traffic-port`: the one that the target is registered with. */
  readonly port: string;
  readonly path: string;
  /** Seconds between two checks. */
  readonly interval: number;
  /** Seconds that an answer may take; less than `interval`. */
  readonly timeout: number;
  /** Good answers in a row that make a target healthy. */
  readonly healthyThreshold: number;
  /** Bad answers in a row that make a target unhealthy. */
  readonly unhealthyThreshold: number;
  /** HTTP codes that count as good, e.g. `200-299`. */
  readonly codes: string;
}

/** A target group. Names are unique in a region, with at most 32 characters. */
export interface TargetGroupDesired {
  readonly name: string;
  /** Cannot be changed once it exists, as the next four. */
  readonly targetType: "instance" | "ip";
  readonly protocol: "HTTP" | "HTTPS";
  readonly protocolVersion: "HTTP1" | "HTTP2";
  /** Of targets that are registered without one. */
  readonly port: number;
  readonly vpcId: string;
  readonly healthCheck: HealthCheck;
  /** Attributes that are not to have their defaults, e.g. `deregistration_delay.timeout_seconds`. */
  readonly attributes: Attributes;
}

/** A target group as AWS has it. */
export interface TargetGroup extends Omit<TargetGroupDesired, "name" | "targetType" | "protocol" | "protocolVersion"> {
  readonly arn: string;
  readonly targetType: string;
  readonly protocol: string;
  readonly protocolVersion: string;
  /** ARNs of the load balancers that send it requests; at most one. */
  readonly loadBalancers: readonly string[];
  readonly tags: Tags;
}

/** What a load balancer sends requests to, with its health check and attributes. */
export const targetGroup: Kind<TargetGroupDesired, TargetGroup, Aws> = {
  type: "elbv2.target-group",
  async find(aws, { name }) {
    try {
      const found = await targetGroupNamed(aws, name);
      if (!found?.TargetGroupArn) return undefined;
      const arn = found.TargetGroupArn;
      const [allTags, { Attributes }] = await Promise.all([
        tagsOf(aws, [arn]),
        aws.elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn })),
      ]);
      const tags = allTags.get(arn);
      return tags && { ...fromAws(found), attributes: fromAttributeList(Attributes), tags };
    } catch (error) {
      if (isCode(error, "TargetGroupNotFound")) return undefined;
      throw error;
    }
  },
  diff(desired, actual) {
    return [
      ...IMMUTABLE.flatMap((field) => change(field, actual[field], desired[field], { needsReplacement: true })),
      ...CHECKS.flatMap((field) =>
        change(`healthCheck.${field}`, actual.healthCheck[field], desired.healthCheck[field]),
      ),
      ...attributeChanges(desired.attributes, actual.attributes),
    ];
  },
  async create({ elbv2, shared, ownership }, desired) {
    const { name, targetType, protocol, protocolVersion, port, vpcId, healthCheck } = desired;
    const { TargetGroups = [] } = await elbv2.send(
      new CreateTargetGroupCommand({
        Name: name,
        TargetType: targetType,
        Protocol: protocol,
        ProtocolVersion: protocolVersion,
        Port: port,
        VpcId: vpcId,
        ...toAws(healthCheck),
        Tags: toTagList(ownership),
      }),
    );
    const [made] = TargetGroups;
    if (!made?.TargetGroupArn) return undefined;
    keepTags(shared, made.TargetGroupArn, ownership);
    // Attributes cannot be given to what does not exist yet: those that are wanted are left to `update`.
    return { ...fromAws(made), attributes: {}, tags: ownership };
  },
  async update({ elbv2 }, { healthCheck, attributes }, actual, changes) {
    const { arn: TargetGroupArn } = actual;
    if (changes.some(({ field }) => field.startsWith("healthCheck."))) {
      await elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn, ...toAws(healthCheck) }));
    }
    const Attributes = attributesToWrite(attributes, changes);
    if (Attributes.length === 0) return undefined;
    const { Attributes: now } = await elbv2.send(
      new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }),
    );
    if (Attributes.length < changes.length) return undefined;
    return { ...actual, attributes: { ...actual.attributes, ...fromAttributeList(now) } };
  },
  async remove({ elbv2 }, { arn }) {
    await elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn: arn }));
  },
  blockedBy: (aws, { arn, loadBalancers }) => listenersOn(aws, arn, loadBalancers),
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ protocol, port, healthCheck }) => `${protocol} ${port}, checked on ${healthCheck.path}`,
  goneAtOnce: true,
  // It stays "in use" for a while after its last listener is gone.
  limits: { usually: 1, usuallyGone: 30, ready: 120, gone: 600 },
};

/** Listeners of other people's load balancers that send requests to the group; what is ours goes, and the group is free a little later. */
async function listenersOn(aws: Aws, arn: string, loadBalancers: readonly string[]): Promise<Blocker | undefined> {
  const tags = await tagsOf(aws, loadBalancers);
  const others = loadBalancers.filter((one) => tags.has(one) && tags.get(one)?.[STACK_TAG] !== aws.stack);
  if (others.length === 0) return undefined;
  const by = others.map((one) => `a listener or a rule of load balancer ${one.split("/").at(-2) ?? one}`).join(", ");
  return {
    by,
    next: `Delete ${by}, or point it to another target group than ${arn}; then run the same command again.`,
  };
}

const IMMUTABLE = ["targetType", "protocol", "protocolVersion", "port", "vpcId"] as const;
const CHECKS = [
  "protocol",
  "port",
  "path",
  "interval",
  "timeout",
  "healthyThreshold",
  "unhealthyThreshold",
  "codes",
] as const;

function fromAws(found: ElbTargetGroup): Omit<TargetGroup, "attributes" | "tags"> {
  return {
    arn: found.TargetGroupArn ?? "",
    targetType: found.TargetType ?? "",
    protocol: found.Protocol ?? "",
    protocolVersion: found.ProtocolVersion ?? "",
    port: found.Port ?? 0,
    vpcId: found.VpcId ?? "",
    healthCheck: healthCheckOf(found),
    loadBalancers: found.LoadBalancerArns ?? [],
  };
}

function healthCheckOf(found: ElbTargetGroup): HealthCheck {
  return {
    protocol: found.HealthCheckProtocol as HealthCheck["protocol"],
    port: found.HealthCheckPort ?? "",
    path: found.HealthCheckPath ?? "",
    interval: found.HealthCheckIntervalSeconds ?? 0,
    timeout: found.HealthCheckTimeoutSeconds ?? 0,
    healthyThreshold: found.HealthyThresholdCount ?? 0,
    unhealthyThreshold: found.UnhealthyThresholdCount ?? 0,
    codes: found.Matcher?.HttpCode ?? "",
  };
}

/** The whole check: an interval that is sent without its timeout may not fit the one that is there. */
function toAws(check: HealthCheck) {
  return {
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckPath: check.path,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    Matcher: { HttpCode: check.codes },
  };
}
