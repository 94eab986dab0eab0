import { notEmulated } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { groupOf, type ScalingOperations } from "./operation.ts";

/** The processes that the sandbox's groups know; the others do nothing here that one could suspend. */
const EMULATED = ["Launch", "Terminate"];

/** What of a group's doings is suspended. */
export function processOperations(world: World): ScalingOperations {
  return {
    SuspendProcesses: {
      accepts: ["AutoScalingGroupName", "ScalingProcesses"],
      handle({ AutoScalingGroupName, ScalingProcesses }, { region: name }) {
        const region = world.region(name);
        const suspended = processes(ScalingProcesses);
        const since = world.now().toISOString();
        region.autoscaling.groups.update(groupOf(region, AutoScalingGroupName).AutoScalingGroupName, (draft) => {
          const others = (draft.SuspendedProcesses ?? []).filter(
            ({ ProcessName = "" }) => !suspended.includes(ProcessName),
          );
          const now = suspended.map((ProcessName) => ({ ProcessName, SuspensionReason: `User suspended at ${since}` }));
          draft.SuspendedProcesses = [...others, ...now];
        });
        return {};
      },
    },

    ResumeProcesses: {
      accepts: ["AutoScalingGroupName", "ScalingProcesses"],
      handle({ AutoScalingGroupName, ScalingProcesses }, { region: name }) {
        const region = world.region(name);
        const resumed = processes(ScalingProcesses);
        region.autoscaling.groups.update(groupOf(region, AutoScalingGroupName).AutoScalingGroupName, (draft) => {
          draft.SuspendedProcesses = (draft.SuspendedProcesses ?? []).filter(
            ({ ProcessName = "" }) => !resumed.includes(ProcessName),
          );
        });
        return {};
      },
    },
  };
}

/** None at all are all of them. (autoscaling:SuspendProcesses) */
function processes(asked: readonly string[] | undefined): readonly string[] {
  const unknown = asked?.find((name) => !EMULATED.includes(name));
  if (unknown !== undefined) throw notEmulated(`the process ${unknown} of a scaling group`);
  return asked?.length ? asked : EMULATED;
}
