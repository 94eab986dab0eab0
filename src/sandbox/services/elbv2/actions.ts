import type {
  Action,
  FixedResponseActionConfig,
  ForwardActionConfig,
  RedirectActionConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Region } from "../../world/world.ts";
import { targetGroupOf, validationError } from "./operation.ts";

/** ("Quotas for your Application Load Balancers") */
const MOST_GROUPS = 5;
const HEAVIEST = 999;
const LONGEST_BODY = 1024;
const CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/** The target groups that actions send requests to. */
export function targetGroupsOf(actions: readonly Action[]): string[] {
  return actions.flatMap(({ ForwardConfig }) =>
    (ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []),
  );
}

/**
 * The one action of a rule or listener, as AWS shows it.
 *
 * @param balancer ARN of its load balancer
 * @throws AwsError if AWS would refuse it
 */
export function checkedActions(region: Region, balancer: string, given: readonly Action[] | undefined): Action[] {
  const actions = (given ?? []).map(checkedAction);
  if (actions.length !== 1) throw validationError("A listener must have exactly one default forward action");
  for (const arn of targetGroupsOf(actions)) checkTargetGroup(region, balancer, arn);
  return actions;
}

function checkedAction(action: Action): Action {
  const { Type, Order, TargetGroupArn, ForwardConfig, RedirectConfig, FixedResponseConfig, ...other } = action;
  const order = Order !== undefined && { Order };
  const given = { TargetGroupArn, ForwardConfig, RedirectConfig, FixedResponseConfig, ...other };
  const allow = (...names: string[]) => {
    const [name] = Object.entries(given).flatMap(([key, value]) =>
      value === undefined || names.includes(key) ? [] : key,
    );
    if (name) throw validationError(`A ${Type} action cannot have ${name}`);
  };
  switch (Type) {
    case "forward":
      allow("TargetGroupArn", "ForwardConfig");
      return { Type, ...checkedForward(TargetGroupArn, ForwardConfig), ...order };
    case "redirect":
      allow("RedirectConfig");
      return { Type, RedirectConfig: checkedRedirect(RedirectConfig), ...order };
    case "fixed-response":
      allow("FixedResponseConfig");
      return { Type, FixedResponseConfig: checkedResponse(FixedResponseConfig), ...order };
    default:
      throw notEmulated(`actions of type ${Type}`);
  }
}

function checkedForward(
  groupArn: string | undefined,
  config: ForwardActionConfig | undefined,
): Pick<Action, "TargetGroupArn" | "ForwardConfig"> {
  if (config?.TargetGroupStickinessConfig?.Enabled) throw notEmulated("stickiness between target groups");
  const tuples = config?.TargetGroups ?? [];
  const [first] = tuples;
  const single = groupArn ?? (tuples.length === 1 ? first?.TargetGroupArn : undefined);
  if (!single && tuples.length === 0) throw validationError("A target group ARN must be specified for forward actions");
  if (groupArn && first && (tuples.length > 1 || first.TargetGroupArn !== groupArn)) {
    throw validationError("You cannot specify a target group ARN and a forward config with another one");
  }
  if (tuples.length > MOST_GROUPS) {
    throw new AwsError("TooManyTargetGroups", `You can specify up to '${MOST_GROUPS}' target groups in an action`);
  }
  const groups = tuples.length > 0 ? tuples : [{ TargetGroupArn: groupArn }];
  const TargetGroups = groups.map(({ TargetGroupArn = "", Weight = 1 }) => {
    if (Weight < 0 || Weight > HEAVIEST) throw validationError(`Weight '${Weight}' must be between 0 and ${HEAVIEST}`);
    return { TargetGroupArn, Weight };
  });
  return {
    ...(single && { TargetGroupArn: single }),
    ForwardConfig: { TargetGroups, TargetGroupStickinessConfig: { Enabled: false } },
  };
}

/** What is not named stays as it is in the request, and something has to change. (RedirectActionConfig) */
function checkedRedirect(config: RedirectActionConfig | undefined): RedirectActionConfig {
  if (!config?.StatusCode) throw validationError("A status code must be specified for redirect actions");
  const { Protocol = "#{protocol}", Host = "#{host}", Port = "#{port}" } = config;
  const { Path = "/#{path}", Query = "#{query}", StatusCode } = config;
  if (!Path.startsWith("/")) {
    throw validationError(
      "The Path parameter must be a valid path, should start with a '/', and may contain up to one of each of these placeholders: '#{path}', '#{host}', '#{port}'.",
    );
  }
  if (!/^(HTTPS?|#\{protocol\})$/.test(Protocol)) throw validationError(`The protocol '${Protocol}' is not valid`);
  if (!/^(\d+|#\{port\})$/.test(Port) || Number(Port) > 65535) throw validationError(`The port '${Port}' is not valid`);
  if (Protocol === "#{protocol}" && Host === "#{host}" && Port === "#{port}" && Path === "/#{path}") {
    throw new AwsError(
      "InvalidLoadBalancerAction",
      "The redirect configuration is not valid because it creates a loop.",
    );
  }
  return { Protocol, Port, Host, Path, Query, StatusCode };
}

function checkedResponse(config: FixedResponseActionConfig | undefined): FixedResponseActionConfig {
  const { StatusCode = "", ContentType, MessageBody } = config ?? {};
  if (!/^[245]\d\d$/.test(StatusCode)) throw validationError(`The status code '${StatusCode}' is not valid`);
  if (ContentType !== undefined && !CONTENT_TYPES.includes(ContentType)) {
    throw validationError(`The content type '${ContentType}' must be one of '${CONTENT_TYPES.join(", ")}'`);
  }
  if ((MessageBody?.length ?? 0) > LONGEST_BODY) {
    throw validationError(`The message body cannot be longer than '${LONGEST_BODY}' characters`);
  }
  return {
    StatusCode,
    ...(ContentType !== undefined && { ContentType }),
    ...(MessageBody !== undefined && { MessageBody }),
  };
}

/** A target group is behind one load balancer at most. */
function checkTargetGroup(region: Region, balancer: string, arn: string): void {
  const { LoadBalancerArns } = targetGroupOf(region, arn);
  if (LoadBalancerArns.every((other) => other === balancer)) return;
  throw new AwsError(
    "TargetGroupAssociationLimit",
    `The following target groups cannot be associated with more than one load balancer: ${arn}`,
  );
}
