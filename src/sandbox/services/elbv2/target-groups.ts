import { AwsError, notEmulated } from "../../wire/service.ts";
import { type TargetGroup, targetKey } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { checkedHealthCheck, HEALTH_CHECK, USUAL } from "./health-check.ts";
import {
  checkName,
  type ElbOperations,
  loadBalancerOf,
  mergedTags,
  newArn,
  paged,
  sortedTags,
  targetGroupOf,
  validationError,
} from "./operation.ts";

/** Target groups. */
export function targetGroupOperations(world: World): ElbOperations {
  return {
    CreateTargetGroup: {
      accepts: [
        "Name",
        "Protocol",
        "ProtocolVersion",
        "Port",
        "VpcId",
        "TargetType",
        "IpAddressType",
        "Tags",
        ...HEALTH_CHECK,
      ],
      handle(input, call) {
        const region = world.region(call.region);
        const { Name = "", Protocol, ProtocolVersion = "HTTP1", Port, VpcId, TargetType = "instance" } = input;
        checkName("target group", Name);
        if (TargetType !== "instance" && TargetType !== "ip") throw notEmulated(`targets of type ${TargetType}`);
        if (!Protocol) throw validationError("A protocol must be specified");
        if (Protocol !== "HTTP" && Protocol !== "HTTPS") throw notEmulated(`target groups of protocol ${Protocol}`);
        if (!["HTTP1", "HTTP2"].includes(ProtocolVersion)) throw notEmulated(`the protocol version ${ProtocolVersion}`);
        if (Port === undefined) throw validationError("A port must be specified");
        if (!VpcId) throw validationError("A VPC ID must be specified");
        if (!region.ec2.vpcs.get(VpcId)) throw validationError(`The VPC ID '${VpcId}' is not found`);
        if ((input.IpAddressType ?? "ipv4") !== "ipv4") throw notEmulated("target groups of IPv6 addresses");
        const wanted: TargetGroup = {
          TargetGroupArn: newArn(call, `targetgroup/${Name}`),
          TargetGroupName: Name,
          Protocol,
          ProtocolVersion,
          Port,
          VpcId,
          TargetType,
          IpAddressType: "ipv4",
          LoadBalancerArns: [],
          ...checkedHealthCheck(USUAL, input),
          hidden: { attributes: {}, tags: mergedTags([], input.Tags) },
        };
        const there = region.elbv2.targetGroups.find(({ TargetGroupName }) => TargetGroupName === Name);
        if (there && settingsOf(there) !== settingsOf(wanted)) {
          throw new AwsError(
            "DuplicateTargetGroupName",
            `A target group with the same name '${Name}' exists, but with different settings`,
          );
        }
        // No load balancer yet is no list of them in this answer (example of the aws CLI).
        const { LoadBalancerArns: arns, ...made } = there ?? region.elbv2.targetGroups.put(wanted);
        return { TargetGroups: [{ ...made, ...(arns.length > 0 && { LoadBalancerArns: arns }) }] };
      },
    },

    DescribeTargetGroups: {
      accepts: ["LoadBalancerArn", "TargetGroupArns", "Names", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { LoadBalancerArn, TargetGroupArns: arns, Names: names } = input;
        const region = world.region(name);
        if ([LoadBalancerArn, arns, names].filter((one) => one?.length).length > 1) {
          throw validationError("Only one of load balancer ARN, target group ARNs and names can be specified");
        }
        if (LoadBalancerArn !== undefined) loadBalancerOf(region, LoadBalancerArn);
        const all = region.elbv2.targetGroups.all();
        const known = all.flatMap(({ TargetGroupArn, TargetGroupName }) => [TargetGroupArn, TargetGroupName]);
        if ([...(arns ?? []), ...(names ?? [])].some((one) => !known.includes(one))) {
          throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
        }
        const found = all.filter(
          ({ TargetGroupArn, TargetGroupName, LoadBalancerArns }) =>
            (LoadBalancerArn === undefined || LoadBalancerArns.includes(LoadBalancerArn)) &&
            (!arns?.length || arns.includes(TargetGroupArn)) &&
            (!names?.length || names.includes(TargetGroupName)),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { TargetGroups: items, ...rest };
      },
    },

    ModifyTargetGroup: {
      accepts: ["TargetGroupArn", ...HEALTH_CHECK],
      handle({ TargetGroupArn, ...input }, { region: name }) {
        const region = world.region(name);
        const group = targetGroupOf(region, TargetGroupArn);
        return { TargetGroups: [region.elbv2.targetGroups.put({ ...group, ...checkedHealthCheck(group, input) })] };
      },
    },

    DeleteTargetGroup: {
      accepts: ["TargetGroupArn"],
      handle({ TargetGroupArn = "" }, { region: name }) {
        const { targetGroups, targets } = world.region(name).elbv2;
        const group = targetGroups.get(TargetGroupArn);
        // The model has no "not found" for it (elasticloadbalancing:DeleteTargetGroup).
        if (!group) return {};
        const { inUseUntil } = group.hidden;
        if (group.LoadBalancerArns.length > 0 || (inUseUntil && inUseUntil > world.now())) {
          throw new AwsError(
            "ResourceInUse",
            `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
          );
        }
        for (const target of targets.filter((one) => one.TargetGroupArn === TargetGroupArn)) {
          targets.delete(targetKey(target));
        }
        targetGroups.delete(TargetGroupArn);
        return {};
      },
    },
  };
}

/** What must be the same for a second create to answer with the first one's target group. Its tags count. */
function settingsOf(group: TargetGroup): string {
  const { Protocol, ProtocolVersion, Port, VpcId, TargetType, hidden } = group;
  const check = HEALTH_CHECK.map((name) => group[name]);
  return JSON.stringify([Protocol, ProtocolVersion, Port, VpcId, TargetType, check, sortedTags(hidden.tags)]);
}
