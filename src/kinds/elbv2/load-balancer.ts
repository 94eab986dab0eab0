import {
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DescribeLoadBalancerAttributesCommand,
  type LoadBalancer as ElbLoadBalancer,
  ModifyLoadBalancerAttributesCommand,
  SetIpAddressTypeCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { loadBalancerNamed } from "../../aws/listings.ts";
import { addTags, keepTags, tagsOf } from "../../aws/load-balancing-tags.ts";
import { type Tags, toTagList } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { type Attributes, attributeChanges, attributesToWrite, fromAttributeList } from "./attributes.ts";

/** An application load balancer. Names are unique in a region, with at most 32 characters. */
export interface LoadBalancerDesired {
  readonly name: string;
  /** Cannot be changed once it exists. */
  readonly scheme: "internet-facing" | "internal";
  /** Ids; in two zones at least, one of each zone. */
  readonly subnets: readonly string[];
  /** Ids. */
  readonly securityGroups: readonly string[];
  /** Default `ipv4`. */
  readonly ipAddressType?: "ipv4" | "dualstack" | undefined;
  /** Attributes that are not to have their defaults, e.g. `idle_timeout.timeout_seconds`. Default: none. */
  readonly attributes?: Attributes | undefined;
}

/** A load balancer as AWS has it. */
export interface LoadBalancer {
  readonly arn: string;
  readonly dnsName: string;
  /** Route 53's zone of the DNS name, for alias records. */
  readonly hostedZoneId: string;
  readonly vpcId: string;
  readonly scheme: string;
  /** `provisioning`, `active`, `active_impaired` or `failed`. */
  readonly state: string;
  /** Why it is in this state, where AWS says. */
  readonly reason?: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly ipAddressType: string;
  /** All of them, or none if none is wanted. */
  readonly attributes: Attributes;
  readonly tags: Tags;
}

/** An application load balancer. Listeners can be made as soon as it exists; requests are served once it is active. */
export const loadBalancer: Kind<LoadBalancerDesired, LoadBalancer, Aws> = {
  type: "elbv2.load-balancer",
  linkedRole: "AWSServiceRoleForElasticLoadBalancing",
  async find(aws, { name, attributes: wanted }) {
    try {
      const found = await loadBalancerNamed(aws, name);
      if (!found?.LoadBalancerArn) return undefined;
      const arn = found.LoadBalancerArn;
      const [allTags, attributes] = await Promise.all([tagsOf(aws, [arn]), wanted ? attributesOf(aws, arn) : {}]);
      const tags = allTags.get(arn);
      return tags && { ...fromAws(found), attributes, tags };
    } catch (error) {
      if (isCode(error, "LoadBalancerNotFound")) return undefined;
      throw error;
    }
  },
  diff(desired, actual) {
    const { scheme, subnets, securityGroups, ipAddressType = "ipv4", attributes = {} } = desired;
    return [
      ...change("scheme", actual.scheme, scheme, { needsReplacement: true }),
      ...change("subnets", listed(actual.subnets), listed(subnets)),
      ...change("securityGroups", listed(actual.securityGroups), listed(securityGroups)),
      ...change("ipAddressType", actual.ipAddressType, ipAddressType),
      ...attributeChanges(attributes, actual.attributes),
    ];
  },
  async create({ elbv2, shared, ownership }, { name, scheme, subnets, securityGroups, ipAddressType = "ipv4" }) {
    const { LoadBalancers = [] } = await elbv2.send(
      new CreateLoadBalancerCommand({
        Name: name,
        Type: "application",
        Scheme: scheme,
        IpAddressType: ipAddressType,
        Subnets: [...subnets],
        SecurityGroups: [...securityGroups],
        Tags: toTagList(ownership),
      }),
    );
    const [made] = LoadBalancers;
    if (!made?.LoadBalancerArn) return undefined;
    keepTags(shared, made.LoadBalancerArn, ownership);
    // Attributes cannot be given to what does not exist yet: those that are wanted are left to `update`.
    return { ...fromAws(made), attributes: {}, tags: ownership };
  },
  async update({ elbv2 }, desired, { arn: LoadBalancerArn }, changes) {
    const { subnets, securityGroups, ipAddressType: IpAddressType = "ipv4", attributes = {} } = desired;
    const differs = (name: string) => changes.some(({ field }) => field === name);
    if (differs("subnets")) {
      await elbv2.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: [...subnets] }));
    }
    if (differs("securityGroups")) {
      await elbv2.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [...securityGroups] }));
    }
    if (differs("ipAddressType")) await elbv2.send(new SetIpAddressTypeCommand({ LoadBalancerArn, IpAddressType }));
    const Attributes = attributesToWrite(attributes, changes);
    if (Attributes.length === 0) return;
    await elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
  },
  async remove({ elbv2 }, { arn }) {
    // Its listeners go with it (elasticloadbalancing:DeleteLoadBalancer).
    await elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
  },
  pending: ({ state }) => (state === "provisioning" ? "provisioning" : undefined),
  broken: ({ state, reason }) =>
    state === "failed" ? `AWS could not set it up: ${reason ?? "no reason given"}` : undefined,
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ state, dnsName }) => [...(state === "active" ? [] : [state]), dnsName].join(", "),
  goneAtOnce: true,
  limits: { usually: 120, usuallyGone: 5, ready: 900, gone: 600 },
};

function fromAws(found: ElbLoadBalancer): Omit<LoadBalancer, "attributes" | "tags"> {
  return {
    arn: found.LoadBalancerArn ?? "",
    dnsName: found.DNSName ?? "",
    hostedZoneId: found.CanonicalHostedZoneId ?? "",
    vpcId: found.VpcId ?? "",
    scheme: found.Scheme ?? "",
    state: found.State?.Code ?? "",
    ...(found.State?.Reason && { reason: found.State.Reason }),
    subnets: (found.AvailabilityZones ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
    securityGroups: found.SecurityGroups ?? [],
    ipAddressType: found.IpAddressType ?? "",
  };
}

async function attributesOf({ elbv2 }: Aws, LoadBalancerArn: string): Promise<Attributes> {
  const { Attributes } = await elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
  return fromAttributeList(Attributes);
}
