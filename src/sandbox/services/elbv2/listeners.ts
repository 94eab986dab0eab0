import type { Action, Certificate } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Listener } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { associateTargetGroups, targetGroupsOf } from "./associations.ts";
import { checkSslPolicy, DEFAULT_SSL_POLICY } from "./catalogue.ts";
import {
  type ElbOperations,
  listenerOf,
  loadBalancerOf,
  mergedTags,
  newArn,
  paged,
  sortedTags,
  targetGroupOf,
  validationError,
} from "./operation.ts";

/** Listeners, each with its default rule; others are not emulated. */
export function listenerOperations(world: World): ElbOperations {
  return {
    CreateListener: {
      accepts: ["LoadBalancerArn", "Protocol", "Port", "SslPolicy", "Certificates", "DefaultActions", "Tags"],
      handle({ LoadBalancerArn, Protocol, Port, SslPolicy, Certificates, DefaultActions, Tags }, call) {
        const region = world.region(call.region);
        const balancer = loadBalancerOf(region, LoadBalancerArn);
        const tags = mergedTags([], Tags);
        const path = balancer.LoadBalancerArn.replace(/^.*:loadbalancer/, "listener");
        const ListenerArn = newArn(call, path);
        const defaultRule = newArn(call, ListenerArn.replace(/^.*:listener/, "listener-rule"));
        const wanted: Listener = {
          ListenerArn,
          LoadBalancerArn: balancer.LoadBalancerArn,
          ...checkedSettings(region, balancer.LoadBalancerArn, {
            Protocol,
            Port,
            SslPolicy,
            Certificates,
            DefaultActions,
          }),
          hidden: { defaultRule, tags },
        };
        const there = sameOn(region, wanted);
        if (there && settingsOf(there) !== settingsOf(wanted)) throw duplicate(wanted);
        if (there) return { Listeners: [there] };
        region.elbv2.listeners.put(wanted);
        associateTargetGroups(world, region);
        return { Listeners: [wanted] };
      },
    },

    DescribeListeners: {
      accepts: ["LoadBalancerArn", "ListenerArns", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { LoadBalancerArn, ListenerArns: arns } = input;
        const region = world.region(name);
        if (!LoadBalancerArn && !arns?.length) {
          throw validationError("You must specify either listener ARNs or a load balancer ARN");
        }
        if (LoadBalancerArn) loadBalancerOf(region, LoadBalancerArn);
        for (const arn of arns ?? []) listenerOf(region, arn);
        const found = region.elbv2.listeners.filter(
          (one) =>
            (!LoadBalancerArn || one.LoadBalancerArn === LoadBalancerArn) &&
            (!arns?.length || arns.includes(one.ListenerArn)),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { Listeners: items, ...rest };
      },
    },

    ModifyListener: {
      accepts: ["ListenerArn", "Protocol", "Port", "SslPolicy", "Certificates", "DefaultActions"],
      handle({ ListenerArn, ...input }, { region: name }) {
        const region = world.region(name);
        const listener = listenerOf(region, ListenerArn);
        const isHttps = (input.Protocol ?? listener.Protocol) === "HTTPS";
        const { SslPolicy = isHttps ? listener.SslPolicy : undefined } = input;
        const { Certificates = isHttps ? listener.Certificates : undefined } = input;
        const { Protocol = listener.Protocol, Port = listener.Port, DefaultActions = listener.DefaultActions } = input;
        const { ListenerArn: arn, LoadBalancerArn, hidden } = listener;
        const settings = { Protocol, Port, SslPolicy, Certificates, DefaultActions };
        const wanted: Listener = {
          ListenerArn: arn,
          LoadBalancerArn,
          ...checkedSettings(region, LoadBalancerArn, settings),
          hidden,
        };
        if (sameOn(region, wanted)) throw duplicate(wanted);
        region.elbv2.listeners.put(wanted);
        associateTargetGroups(world, region);
        return { Listeners: [wanted] };
      },
    },

    DeleteListener: {
      accepts: ["ListenerArn"],
      handle({ ListenerArn }, { region: name }) {
        const region = world.region(name);
        region.elbv2.listeners.delete(listenerOf(region, ListenerArn).ListenerArn);
        associateTargetGroups(world, region);
        return {};
      },
    },

    DescribeRules: {
      accepts: ["ListenerArn", "RuleArns", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { ListenerArn, RuleArns: arns } = input;
        const region = world.region(name);
        if (!ListenerArn === !arns?.length) {
          throw validationError("You must specify either listener rule ARNs or a listener ARN");
        }
        const of = ListenerArn ? [listenerOf(region, ListenerArn)] : region.elbv2.listeners.all();
        const rules = of.filter(({ hidden }) => !arns?.length || arns.includes(hidden.defaultRule));
        if (arns && rules.length < arns.length) throw new AwsError("RuleNotFound", "One or more rules not found");
        const { items, ...rest } = paged(rules, input, world.pageSize);
        const Rules = items.map(({ hidden, DefaultActions }) => ({
          RuleArn: hidden.defaultRule,
          Priority: "default",
          Conditions: [],
          Actions: DefaultActions,
          IsDefault: true,
        }));
        return { Rules, ...rest };
      },
    },
  };
}

type Settings = Pick<Listener, "Protocol" | "Port" | "SslPolicy" | "Certificates" | "DefaultActions">;
type Given = { readonly [Name in keyof Settings]: Settings[Name] | undefined };

function checkedSettings(region: Region, balancer: string, given: Given): Settings {
  const { Protocol, Port } = given;
  if (!Protocol) throw validationError("A listener protocol must be specified");
  if (Protocol !== "HTTP" && Protocol !== "HTTPS") {
    throw new AwsError(
      "UnsupportedProtocol",
      `The protocol '${Protocol}' is not supported for application load balancers`,
    );
  }
  if (Port === undefined) throw validationError("A listener port must be specified");
  if (Port < 1 || Port > 65535) throw validationError(`The port '${Port}' must be between 1 and 65535`);
  const DefaultActions = (given.DefaultActions ?? []).map(checkedAction);
  if (DefaultActions.length !== 1) throw validationError("A listener must have exactly one default forward action");
  for (const arn of targetGroupsOf({ DefaultActions })) checkTargetGroup(region, balancer, arn);
  return { Protocol, Port, DefaultActions, ...checkedTls(region, Protocol, given) };
}

/** An HTTPS listener has exactly one default certificate; an HTTP listener has none. */
function checkedTls(
  region: Region,
  protocol: "HTTP" | "HTTPS",
  { Certificates, SslPolicy }: Given,
): Pick<Listener, "Certificates" | "SslPolicy"> {
  if (protocol === "HTTP") {
    if (Certificates?.length) throw validationError("A certificate cannot be specified for HTTP listeners");
    if (SslPolicy) throw validationError("An SSL policy cannot be specified for HTTP listeners");
    return { Certificates: [] };
  }
  if (!Certificates?.length) throw validationError("A certificate must be specified for HTTPS listeners");
  if (Certificates.length > 1) {
    throw new AwsError("TooManyCertificates", "Up to '1' certificate ARNs can be specified, but more were specified");
  }
  const policy = SslPolicy ?? DEFAULT_SSL_POLICY;
  checkSslPolicy(policy);
  return { Certificates: Certificates.map((one) => checkedCertificate(region, one)), SslPolicy: policy };
}

function checkedCertificate(region: Region, { CertificateArn = "", IsDefault }: Certificate): Certificate {
  if (IsDefault !== undefined) throw validationError("You cannot set the isDefault parameter of a default certificate");
  const certificate = region.acm.certificates.get(CertificateArn);
  if (!certificate) throw new AwsError("CertificateNotFound", `Certificate '${CertificateArn}' not found`);
  // The words of AWS for a certificate that is only not issued yet.
  if (certificate.Status !== "ISSUED") {
    throw new AwsError(
      "UnsupportedCertificate",
      `The certificate '${CertificateArn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  }
  return { CertificateArn };
}

/** Only what forwards to one target group. */
function checkedAction(action: Action): Action {
  const { Type, TargetGroupArn, ForwardConfig, Order, ...other } = action;
  if (Type !== "forward") throw notEmulated(`actions of type ${Type}`);
  const [member] = Object.keys(other).filter((name) => other[name as keyof typeof other] !== undefined);
  if (member) throw validationError(`A forward action cannot have ${member}`);
  const groups = ForwardConfig?.TargetGroups ?? [];
  if (groups.length > 1) throw notEmulated("forwarding to several target groups");
  if (ForwardConfig?.TargetGroupStickinessConfig?.Enabled) throw notEmulated("stickiness between target groups");
  const arn = TargetGroupArn ?? groups[0]?.TargetGroupArn;
  if (!arn) throw validationError("A target group ARN must be specified for forward actions");
  if (groups[0] && groups[0].TargetGroupArn !== arn) {
    throw validationError("You cannot specify a target group ARN and a forward config with another one");
  }
  const weight = groups[0]?.Weight ?? 1;
  return {
    Type,
    TargetGroupArn: arn,
    ...(Order !== undefined && { Order }),
    ForwardConfig: {
      TargetGroups: [{ TargetGroupArn: arn, Weight: weight }],
      TargetGroupStickinessConfig: { Enabled: false },
    },
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

/** Another listener on the same port. */
function sameOn({ elbv2 }: Region, { ListenerArn, LoadBalancerArn, Port }: Listener): Listener | undefined {
  return elbv2.listeners.find(
    (one) => one.LoadBalancerArn === LoadBalancerArn && one.Port === Port && one.ListenerArn !== ListenerArn,
  );
}

function duplicate({ LoadBalancerArn }: Listener): AwsError {
  return new AwsError(
    "DuplicateListener",
    `A listener already exists on this port for this load balancer '${LoadBalancerArn}'`,
  );
}

/** What must be the same for a second create to answer with the first one's listener. Its tags count. */
function settingsOf({ Protocol, Port, SslPolicy, Certificates, DefaultActions, hidden }: Listener): string {
  return JSON.stringify([Protocol, Port, SslPolicy, Certificates, DefaultActions, sortedTags(hidden.tags)]);
}
