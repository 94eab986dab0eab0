import { randomInt } from "node:crypto";
import { AwsError, type Call, notEmulated } from "../../wire/service.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { LoadBalancer } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { associateTargetGroups } from "./associations.ts";
import { attributesOf } from "./attributes.ts";
import { deleteListener } from "./listeners.ts";
import { checkedGroups, checkedSubnets, defaultGroup } from "./network.ts";
import {
  checkName,
  type ElbOperations,
  invalidConfiguration,
  loadBalancerOf,
  mergedTags,
  newArn,
  paged,
  sortedTags,
  validationError,
} from "./operation.ts";

/** Route 53's zone of the load balancers of a region ("Elastic Load Balancing endpoints and quotas"). */
const HOSTED_ZONES: Readonly<Record<string, string>> = {
  "us-east-1": "Z35SXDOTRQ7X7K",
  "us-east-2": "Z3AADJGX6KTTL2",
  "us-west-1": "Z368ELLRRE2KJ0",
  "us-west-2": "Z1H1FL5HABSF5",
  "ca-central-1": "ZQSVJUPU6J1EY",
  "sa-east-1": "Z2P70J7HTTTPLU",
  "eu-central-1": "Z215JYRZR1TBD5",
  "eu-north-1": "Z23TAZ6LKFMNIO",
  "eu-west-1": "Z32O12XQLNTSW2",
  "eu-west-2": "ZHURV8PSTC4K8",
  "eu-west-3": "Z3Q77PNBQS71R4",
  "ap-northeast-1": "Z14GRHDCWA56QT",
  "ap-northeast-2": "ZWKZPGTI48KDX",
  "ap-northeast-3": "Z5LXEXXYW11ES",
  "ap-south-1": "ZP97RAFLXTNZK",
  "ap-southeast-1": "Z1LMS91P8CMLE5",
  "ap-southeast-2": "Z1GM3OXH4ZPM65",
};

/** Load balancers. */
export function loadBalancerOperations(world: World): ElbOperations {
  return {
    CreateLoadBalancer: {
      accepts: ["Name", "Subnets", "SubnetMappings", "SecurityGroups", "Scheme", "Tags", "Type", "IpAddressType"],
      handle(input, call) {
        const { Name = "", Scheme = "internet-facing", Type = "application", IpAddressType = "ipv4", Tags } = input;
        const region = world.region(call.region);
        checkName("load balancer", Name);
        if (Name.startsWith("internal-")) {
          throw validationError(`The load balancer name '${Name}' cannot begin with the reserved prefix 'internal-'`);
        }
        if (Type !== "application") throw notEmulated(`load balancers of type ${Type}`);
        checkIpAddressType(IpAddressType);
        const { zones, vpcId: VpcId } = checkedSubnets(region, input);
        const groups = input.SecurityGroups?.length ? input.SecurityGroups : [defaultGroup(region, VpcId)];
        checkedGroups(world, region, groups, VpcId);
        const tags = mergedTags([], Tags);
        const path = `loadbalancer/app/${Name}`;
        const wanted: LoadBalancer = {
          LoadBalancerArn: newArn(call, path),
          DNSName: dnsName(Name, Scheme, call),
          CanonicalHostedZoneId: HOSTED_ZONES[call.region] ?? "",
          CreatedTime: world.now(),
          LoadBalancerName: Name,
          Scheme: Scheme as LoadBalancer["Scheme"],
          VpcId,
          State: { Code: "provisioning" },
          Type,
          AvailabilityZones: zones,
          SecurityGroups: groups,
          IpAddressType,
          hidden: { attributes: {}, tags },
        };
        const there = region.elbv2.loadBalancers.find(({ LoadBalancerName }) => LoadBalancerName === Name);
        if (there && settingsOf(there) !== settingsOf(wanted)) {
          throw new AwsError(
            "DuplicateLoadBalancerName",
            `A load balancer with the same name '${Name}' exists, but with different settings`,
          );
        }
        if (there) return { LoadBalancers: [there] };
        ensureLinkedRole(world, "elasticloadbalancing.amazonaws.com");
        return { LoadBalancers: [region.elbv2.loadBalancers.put(wanted)] };
      },
    },

    DescribeLoadBalancers: {
      accepts: ["LoadBalancerArns", "Names", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { LoadBalancerArns: arns, Names: names } = input;
        const region = world.region(name);
        if (arns?.length && names?.length) {
          throw validationError("Load balancer names and load balancer ARNs cannot be specified at the same time");
        }
        const all = region.elbv2.loadBalancers.all();
        const absent = names?.filter((one) => !all.some(({ LoadBalancerName }) => LoadBalancerName === one)) ?? [];
        if (absent.length > 0) {
          throw new AwsError("LoadBalancerNotFound", `Load balancers '[${absent.join(", ")}]' not found`);
        }
        for (const arn of arns ?? []) loadBalancerOf(region, arn);
        const found = all.filter(
          ({ LoadBalancerArn, LoadBalancerName }) =>
            (!arns?.length || arns.includes(LoadBalancerArn)) && (!names?.length || names.includes(LoadBalancerName)),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { LoadBalancers: items, ...rest };
      },
    },

    DeleteLoadBalancer: {
      accepts: ["LoadBalancerArn"],
      handle({ LoadBalancerArn = "" }, { region: name }) {
        const region = world.region(name);
        const { loadBalancers, listeners } = region.elbv2;
        const balancer = loadBalancers.get(LoadBalancerArn);
        // elasticloadbalancing:DeleteLoadBalancer: "does not exist or has already been deleted, the call succeeds".
        if (!balancer) return {};
        if (attributesOf(balancer)["deletion_protection.enabled"] === "true") {
          throw new AwsError(
            "OperationNotPermitted",
            `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
          );
        }
        for (const one of listeners.filter((listener) => listener.LoadBalancerArn === LoadBalancerArn)) {
          deleteListener(region, one);
        }
        associateTargetGroups(world, region);
        loadBalancers.delete(LoadBalancerArn);
        return {};
      },
    },

    SetSubnets: {
      accepts: ["LoadBalancerArn", "Subnets", "SubnetMappings", "IpAddressType"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const balancer = loadBalancerOf(region, input.LoadBalancerArn);
        const { IpAddressType = balancer.IpAddressType } = input;
        checkIpAddressType(IpAddressType);
        const { zones, vpcId } = checkedSubnets(region, input);
        if (vpcId !== balancer.VpcId) {
          throw invalidConfiguration("The subnets must belong to the VPC of the load balancer");
        }
        region.elbv2.loadBalancers.put({ ...balancer, AvailabilityZones: zones, IpAddressType });
        return { AvailabilityZones: zones, IpAddressType };
      },
    },

    SetSecurityGroups: {
      accepts: ["LoadBalancerArn", "SecurityGroups"],
      handle({ LoadBalancerArn, SecurityGroups = [] }, { region: name }) {
        const region = world.region(name);
        const balancer = loadBalancerOf(region, LoadBalancerArn);
        if (SecurityGroups.length === 0) throw validationError("At least one security group must be specified");
        checkedGroups(world, region, SecurityGroups, balancer.VpcId);
        region.elbv2.loadBalancers.put({ ...balancer, SecurityGroups });
        return { SecurityGroupIds: SecurityGroups };
      },
    },

    SetIpAddressType: {
      accepts: ["LoadBalancerArn", "IpAddressType"],
      handle({ LoadBalancerArn, IpAddressType = "ipv4" }, { region: name }) {
        const region = world.region(name);
        const balancer = loadBalancerOf(region, LoadBalancerArn);
        checkIpAddressType(IpAddressType);
        region.elbv2.loadBalancers.put({ ...balancer, IpAddressType });
        return { IpAddressType };
      },
    },
  };
}

/** What must be the same for a second create to answer with the first one's load balancer. Its tags count. */
function settingsOf(balancer: LoadBalancer): string {
  const { Scheme, Type, IpAddressType, AvailabilityZones, SecurityGroups, hidden } = balancer;
  const subnets = AvailabilityZones.map(({ SubnetId }) => SubnetId).sort();
  return JSON.stringify([Scheme, Type, IpAddressType, subnets, [...SecurityGroups].sort(), sortedTags(hidden.tags)]);
}

function dnsName(name: string, scheme: string, { region }: Call): string {
  const digits = Array.from({ length: 10 }, (_, index) => (index === 0 ? randomInt(1, 10) : randomInt(10))).join("");
  return `${scheme === "internal" ? "internal-" : ""}${name}-${digits}.${region}.elb.amazonaws.com`;
}

/** The default VPC has no IPv6 addresses. */
function checkIpAddressType(type: string): void {
  if (type !== "ipv4") {
    throw invalidConfiguration("You must specify subnets with an associated IPv6 CIDR block.");
  }
}
