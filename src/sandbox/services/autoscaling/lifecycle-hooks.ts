import { release } from "../../world/autoscaling/members.ts";
import type { World } from "../../world/world.ts";
import { groupOf, type ScalingOperations, validationError } from "./operation.ts";

/** Seconds that the hook which ECS puts on a group holds an instance. */
const HEARTBEAT = 3600;
/** Seconds that an instance is held at most, however often its heartbeat is recorded: a hundred times that. */
const MOST = 172_800;

/** The lifecycle hook that ECS puts on a group whose instances it drains; nobody else's are emulated. */
export function lifecycleHookOperations(world: World): ScalingOperations {
  return {
    DescribeLifecycleHooks: {
      accepts: ["AutoScalingGroupName", "LifecycleHookNames"],
      handle({ AutoScalingGroupName, LifecycleHookNames: names }, { region }) {
        const { terminationHook: name } = groupOf(world.region(region), AutoScalingGroupName).hidden;
        if (name === undefined || (names?.length && !names.includes(name))) return { LifecycleHooks: [] };
        const hook = {
          LifecycleHookName: name,
          AutoScalingGroupName,
          LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          HeartbeatTimeout: HEARTBEAT,
          GlobalTimeout: MOST,
          DefaultResult: "CONTINUE",
        };
        return { LifecycleHooks: [hook] };
      },
    },

    CompleteLifecycleAction: {
      accepts: ["AutoScalingGroupName", "LifecycleHookName", "InstanceId", "LifecycleActionResult"],
      handle({ AutoScalingGroupName, LifecycleHookName, InstanceId = "" }, { region: name }) {
        const region = world.region(name);
        const { AutoScalingGroupName: group, hidden } = groupOf(region, AutoScalingGroupName);
        if (LifecycleHookName !== hidden.terminationHook || hidden.heldUntil?.[InstanceId] === undefined) {
          throw validationError(`No active Lifecycle Action found with instance ID ${InstanceId}`);
        }
        // Of one that is being terminated, ABANDON and CONTINUE both let it go.
        release(world, region, group, [InstanceId]);
        return {};
      },
    },
  };
}
