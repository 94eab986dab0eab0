import type { Service } from "@aws-sdk/client-ecs";
import {
  type Action,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeRules,
  type Rule,
  type RuleCondition,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients } from "./clients.ts";

/** What a listener does with requests. */
interface RuleNow {
  /** As AWS has it: a number, or `default`. */
  readonly priority: string;
  /** In words, e.g. `path-pattern /api/*`; all of them have to hold. None: it fits always. */
  readonly conditions: readonly string[];
  /** In words, e.g. `forward tg-bia`. */
  readonly action: string;
}

/** A port that a load balancer listens on. */
export interface ListenerNow {
  readonly arn: string;
  readonly port: number;
  readonly protocol: string;
  /** The first that fits decides. */
  readonly rules: readonly RuleNow[];
}

/** What a service's load balancer sends requests to. */
export interface TargetHealth {
  readonly id: string;
  readonly port: number;
  readonly zone: string | undefined;
  readonly state: string;
  /** Empty: there is none to tell. */
  readonly reason: string;
}

/** The load balancer that a service is behind. */
export interface BalancerNow {
  readonly name: string;
  readonly state: string;
  readonly zones: readonly string[];
  /** Ids of its security groups. */
  readonly groups: readonly string[];
  readonly listeners: readonly ListenerNow[];
}

/**
 * The targets of a service, and the load balancer that its target group belongs to: undefined where it belongs to none. Four
 * calls, two after each other, and one for each listener.
 */
export async function balancerOf({ elbv2 }: Pick<Clients, "elbv2">, { loadBalancers = [] }: Service) {
  const [TargetGroupArn] = loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  if (TargetGroupArn === undefined) return { targets: [], balancer: undefined };
  const [{ TargetGroups = [] }, { TargetHealthDescriptions = [] }] = await Promise.all([
    elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] })),
    elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
  ]);
  const targets = TargetHealthDescriptions.map(
    ({ Target, TargetHealth }): TargetHealth => ({
      id: Target?.Id ?? "",
      port: Target?.Port ?? 0,
      zone: Target?.AvailabilityZone,
      state: TargetHealth?.State ?? "",
      reason: [TargetHealth?.Reason, TargetHealth?.Description].filter(Boolean).join(": "),
    }),
  );
  const [arn] = TargetGroups[0]?.LoadBalancerArns ?? [];
  return { targets, balancer: arn === undefined ? undefined : await balancerNamed({ elbv2 }, arn) };
}

async function balancerNamed({ elbv2 }: Pick<Clients, "elbv2">, LoadBalancerArn: string): Promise<BalancerNow> {
  const [{ LoadBalancers: [found] = [] }, { Listeners = [] }] = await Promise.all([
    elbv2.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] })),
    elbv2.send(new DescribeListenersCommand({ LoadBalancerArn })),
  ]);
  const listeners = Listeners.map(async ({ ListenerArn: arn = "", Port: port = 0, Protocol: protocol = "" }) => {
    return { arn, port, protocol, rules: (await rulesOf({ elbv2 }, arn)).map(ruleInWords) };
  });
  return {
    name: found?.LoadBalancerName ?? "",
    state: found?.State?.Code ?? "not there",
    zones: (found?.AvailabilityZones ?? []).flatMap(({ ZoneName }) => ZoneName ?? []),
    groups: found?.SecurityGroups ?? [],
    listeners: await Promise.all(listeners),
  };
}

async function rulesOf({ elbv2: client }: Pick<Clients, "elbv2">, ListenerArn: string): Promise<Rule[]> {
  const rules: Rule[] = [];
  for await (const { Rules = [] } of paginateDescribeRules({ client }, { ListenerArn })) rules.push(...Rules);
  return rules;
}

function ruleInWords({ Priority = "", Conditions = [], Actions = [] }: Rule): RuleNow {
  return {
    priority: Priority,
    conditions: Conditions.map(conditionInWords),
    action: Actions.map(actionInWords).join(", "),
  };
}

function conditionInWords(condition: RuleCondition): string {
  const { Field = "", Values = [], HttpHeaderConfig, QueryStringConfig } = condition;
  const configs = [
    condition.HostHeaderConfig,
    condition.PathPatternConfig,
    condition.HttpRequestMethodConfig,
    condition.SourceIpConfig,
    HttpHeaderConfig,
  ];
  const queries = (QueryStringConfig?.Values ?? []).map(({ Key, Value }) => [Key, Value].filter(Boolean).join("="));
  const values = configs.flatMap((config) => config?.Values ?? []);
  const all = new Set([...Values, ...values, ...queries]);
  return [Field, HttpHeaderConfig?.HttpHeaderName, [...all].join(" | ")].filter(Boolean).join(" ");
}

function actionInWords({ Type, TargetGroupArn, ForwardConfig, RedirectConfig, FixedResponseConfig }: Action): string {
  const groups = ForwardConfig?.TargetGroups?.map(({ TargetGroupArn: arn }) => arn) ?? [TargetGroupArn];
  const { Protocol, Host, Port, Path } = RedirectConfig ?? {};
  // `.../targetgroup/NAME/ID`
  if (Type === "forward") return `forward ${groups.map((arn = "") => arn.split("/")[1]).join(", ")}`;
  if (Type === "redirect") return `redirect ${Protocol}://${Host}:${Port}${Path}`;
  return [Type, FixedResponseConfig?.StatusCode].filter(Boolean).join(" ");
}
