import { isIPv4 } from "node:net";
import type {
  AdministrativeOverride,
  TargetDescription,
  TargetHealth,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { type Target, type TargetGroup, targetKey } from "../../world/records.ts";
import { REGISTERING } from "../../world/target-health.ts";
import type { Region, World } from "../../world/world.ts";
import { type ElbOperations, targetGroupOf, validationError } from "./operation.ts";

/** Targets of a target group. Their controller moves their health, and drains them. */
export function targetOperations(world: World): ElbOperations {
  return {
    RegisterTargets: {
      accepts: ["TargetGroupArn", "Targets"],
      handle({ TargetGroupArn, Targets }, { region: name }) {
        const region = world.region(name);
        const group = targetGroupOf(region, TargetGroupArn);
        const wanted = named(group, Targets);
        checkThere(region, group, wanted);
        for (const target of wanted) {
          const there = region.elbv2.targets.get(targetKey(target));
          if (there && !there.hidden.deregisteredAt) continue;
          region.elbv2.targets.put({ ...target, hidden: { registeredAt: world.now() } });
        }
        return {};
      },
    },

    DeregisterTargets: {
      accepts: ["TargetGroupArn", "Targets"],
      handle({ TargetGroupArn, Targets }, { region: name }) {
        const region = world.region(name);
        const group = targetGroupOf(region, TargetGroupArn);
        for (const target of named(group, Targets)) {
          region.elbv2.targets.update(targetKey(target), (draft) => {
            draft.hidden.deregisteredAt ??= world.now();
          });
        }
        return {};
      },
    },

    DescribeTargetHealth: {
      accepts: ["TargetGroupArn", "Targets"],
      handle({ TargetGroupArn, Targets }, { region: name }) {
        const region = world.region(name);
        const group = targetGroupOf(region, TargetGroupArn);
        const asked: (Named & { hidden?: Target["hidden"] })[] = Targets?.length
          ? named(group, Targets).map((target) => region.elbv2.targets.get(targetKey(target)) ?? target)
          : region.elbv2.targets.filter((target) => target.TargetGroupArn === group.TargetGroupArn);
        const TargetHealthDescriptions = asked.map((target) => ({
          Target: { Id: target.Id, Port: target.Port },
          HealthCheckPort: group.HealthCheckPort === "traffic-port" ? `${target.Port}` : group.HealthCheckPort,
          ...(target.hidden
            ? { TargetHealth: target.hidden.health ?? REGISTERING, AdministrativeOverride: NO_OVERRIDE }
            : { TargetHealth: NOT_REGISTERED }),
        }));
        return { TargetHealthDescriptions };
      },
    },
  };
}

type Named = Pick<Target, "TargetGroupArn" | "Id" | "Port">;

const NO_OVERRIDE: AdministrativeOverride = {
  State: "no_override",
  Reason: "AdministrativeOverride.NoOverride",
  Description: "No override is currently active on target",
};

const NOT_REGISTERED: TargetHealth = {
  State: "unused",
  Reason: "Target.NotRegistered",
  Description: "Target is not registered to the target group",
};

/** Targets with the group's port where they name none. */
function named(
  { TargetGroupArn, Port: usual }: TargetGroup,
  targets: readonly TargetDescription[] | undefined,
): Named[] {
  if (!targets?.length) throw validationError("At least one target must be specified");
  return targets.map(({ Id = "", Port = usual, AvailabilityZone, QuicServerId }) => {
    if (AvailabilityZone !== undefined) throw notEmulated("the parameter Targets.AvailabilityZone");
    if (QuicServerId !== undefined) throw notEmulated("the parameter Targets.QuicServerId");
    return { TargetGroupArn, Id, Port };
  });
}

function checkThere({ ec2 }: Region, { TargetType, VpcId }: TargetGroup, targets: readonly Named[]): void {
  for (const { Id } of targets) {
    if (TargetType === "ip" && !isIPv4(Id)) throw validationError(`The IP address '${Id}' is not a valid IPv4 address`);
    if (TargetType === "ip") continue;
    // kubernetes-sigs/aws-load-balancer-controller#328 and #272
    if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(Id)) throw validationError(`Instance ID '${Id}' is not valid`);
    if (!ec2.instances.get(Id)) {
      throw new AwsError("InvalidTarget", `The following instances do not exist: '${Id}'`);
    }
    const { VpcId: vpcId } = ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === Id) ?? {};
    if (vpcId !== undefined && vpcId !== VpcId) {
      throw new AwsError("InvalidTarget", `Instance ID '${Id}' is not valid`);
    }
  }
  const idle = targets.filter(({ Id }) => TargetType === "instance" && ec2.instances.get(Id)?.State.Name !== "running");
  if (idle.length > 0) {
    const ids = idle.map(({ Id }) => `'${Id}'`).join(", ");
    throw new AwsError(
      "InvalidTarget",
      `The following targets are not in a running state and cannot be registered: ${ids}`,
    );
  }
}
