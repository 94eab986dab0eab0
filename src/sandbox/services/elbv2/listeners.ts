import { AwsError } from "../../wire/service.ts";
import type { Listener } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkedActions } from "./actions.ts";
import { associateTargetGroups } from "./associations.ts";
import { checkSslPolicy, DEFAULT_SSL_POLICY } from "./catalogue.ts";
import { checkedCertificate } from "./listener-certificates.ts";
import {
  type ElbOperations,
  listenerOf,
  loadBalancerOf,
  mergedTags,
  newArn,
  paged,
  sortedTags,
  validationError,
} from "./operation.ts";
import { newRuleArn, rulesOf } from "./rules.ts";

/** Listeners, each with its default rule. */
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
        const defaultRule = newRuleArn(call, { ListenerArn });
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
        const { ListenerArn: arn, LoadBalancerArn } = listener;
        const { local, certificates, ...others } = listener.hidden;
        const settings = { Protocol, Port, SslPolicy, Certificates, DefaultActions };
        const wanted: Listener = {
          ListenerArn: arn,
          LoadBalancerArn,
          ...checkedSettings(region, LoadBalancerArn, settings),
          hidden: {
            ...others,
            ...(local && Port === listener.Port && { local }),
            ...(certificates && isHttps && { certificates }),
          },
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
        deleteListener(region, listenerOf(region, ListenerArn));
        associateTargetGroups(world, region);
        return {};
      },
    },
  };
}

/** Deletes a listener with its rules. */
export function deleteListener(region: Region, listener: Listener): void {
  for (const { RuleArn } of rulesOf(region, listener)) region.elbv2.rules.delete(RuleArn);
  region.elbv2.listeners.delete(listener.ListenerArn);
}

type Settings = Pick<Listener, "Protocol" | "Port" | "SslPolicy" | "Certificates" | "DefaultActions">;
type Given = { readonly [Name in keyof Settings]: Settings[Name] | undefined };

function checkedSettings(region: Region, balancer: string, given: Given): Settings {
  const { Protocol, Port } = given;
  if (!Protocol) throw validationError("A listener protocol must be specified");
  if (Protocol !== "HTTP" && Protocol !== "HTTPS") {
    // hashicorp/terraform#18126
    throw validationError(`Listener protocol '${Protocol}' must be one of 'HTTPS, HTTP'`);
  }
  if (Port === undefined) throw validationError("A listener port must be specified");
  const DefaultActions = checkedActions(region, balancer, given.DefaultActions);
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
