import type { Action, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ActionConfig, ConditionConfig, RuleConfig } from "../plane/balancer.ts";
import type { Listener } from "../world/records.ts";
import type { Region } from "../world/world.ts";

/** The rules of a listener in the order in which they are asked, the default one last. */
export function rulesOf({ elbv2 }: Region, { ListenerArn, DefaultActions }: Listener): RuleConfig[] {
  const rules = elbv2.rules.filter((rule) => rule.ListenerArn === ListenerArn);
  const sorted = rules.sort((one, other) => one.Priority - other.Priority);
  return [
    ...sorted.map(({ Priority, Conditions, Actions }) => ({
      priority: Priority,
      conditions: Conditions.map(conditionOf),
      action: actionOf(Actions),
    })),
    { priority: 0, conditions: [], action: actionOf(DefaultActions) },
  ];
}

function conditionOf(condition: RuleCondition): ConditionConfig {
  const values = (config: { readonly Values?: string[] | undefined } | undefined) =>
    config?.Values ?? condition.Values ?? [];
  const { HttpHeaderConfig: header, QueryStringConfig: query } = condition;
  switch (condition.Field) {
    case "host-header":
      return { field: "host-header", values: values(condition.HostHeaderConfig) };
    case "path-pattern":
      return { field: "path-pattern", values: values(condition.PathPatternConfig) };
    case "http-request-method":
      return { field: "http-request-method", values: values(condition.HttpRequestMethodConfig) };
    case "source-ip":
      return { field: "source-ip", values: values(condition.SourceIpConfig) };
    case "http-header":
      return { field: "http-header", name: header?.HttpHeaderName ?? "", values: values(header) };
    case "query-string": {
      const pairs = (query?.Values ?? []).map(({ Key, Value = "" }) => ({
        ...(Key !== undefined && { key: Key }),
        value: Value,
      }));
      return { field: "query-string", values: pairs };
    }
    default:
      throw new TypeError(`No listener rule has the condition ${condition.Field}.`);
  }
}

function actionOf([action]: readonly Action[]): ActionConfig {
  const { RedirectConfig: redirect, FixedResponseConfig: fixed, ForwardConfig: forward } = action ?? {};
  if (redirect) {
    return {
      type: "redirect",
      status: redirect.StatusCode === "HTTP_301" ? 301 : 302,
      protocol: redirect.Protocol ?? "#{protocol}",
      host: redirect.Host ?? "#{host}",
      port: redirect.Port ?? "#{port}",
      path: redirect.Path ?? "/#{path}",
      query: redirect.Query ?? "#{query}",
    };
  }
  if (fixed) {
    const { StatusCode, ContentType = "text/plain", MessageBody = "" } = fixed;
    const contentType = `${ContentType}; charset=utf-8`;
    return { type: "fixed-response", status: Number(StatusCode), contentType, body: MessageBody };
  }
  const groups = forward?.TargetGroups ?? [];
  return {
    type: "forward",
    groups: groups.map(({ TargetGroupArn = "", Weight = 1 }) => ({ id: TargetGroupArn, weight: Weight })),
  };
}
