import type { Filter, InstanceStatus } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { instanceType } from "../../world/catalogue/instance-types.ts";
import { leaving } from "../../world/ec2/leaving.ts";
import { invalidCombination, missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import { checkVcpus } from "../../world/ec2/vcpu-quota.ts";
import { instanceState } from "../../world/instance-states.ts";
import type { Instance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { INSTANCE_FILTERS, reservations, shapesIn } from "./instance-shapes.ts";
import { type Filters, filtered, paged } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const STATUS_FILTERS: Filters<InstanceStatus> = {
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  "instance-state-code": ({ InstanceState }) => InstanceState?.Code,
  "instance-state-name": ({ InstanceState }) => InstanceState?.Name,
  "instance-status.status": ({ InstanceStatus: status }) => status?.Status,
  "instance-status.reachability": ({ InstanceStatus: status }) => status?.Details?.map(({ Status }) => Status),
  "system-status.status": ({ SystemStatus }) => SystemStatus?.Status,
  "system-status.reachability": ({ SystemStatus }) => SystemStatus?.Details?.map(({ Status }) => Status),
};

/** Looking at instances, and starting, stopping, rebooting and terminating them. */
export function instanceOperations(world: World): Ec2Operations {
  const known = isKnown(world);
  return {
    DescribeInstances: reading(
      ["InstanceIds", "Filters", "NextToken", "MaxResults"],
      (input, { region: name, account }) => {
        const region = world.region(name);
        const { instances } = region.ec2;
        const ids = input.InstanceIds;
        const all = ids?.length ? recordsOf("instance", instances, ids, known) : instances.filter(known);
        const found = input.Filters?.length ? passing(region, all, input.Filters) : all;
        const { items, ...rest } = paged(found, input, world.pageSize, ids);
        return { Reservations: reservations(region, items, account), ...rest };
      },
    ),

    DescribeInstanceStatus: reading(
      ["InstanceIds", "Filters", "IncludeAllInstances", "NextToken", "MaxResults"],
      (input, { region: name }) => {
        const { instances } = world.region(name).ec2;
        const ids = input.InstanceIds;
        const all = ids?.length ? recordsOf("instance", instances, ids, known) : instances.filter(known);
        const shownOnes = all.filter(({ State }) => input.IncludeAllInstances || State.Name === "running");
        const statuses = shownOnes.map((instance) => statusOf(world, instance));
        const { items, ...rest } = paged(filtered(statuses, input.Filters, STATUS_FILTERS), input, world.pageSize, ids);
        return { InstanceStatuses: items, ...rest };
      },
    ),

    StartInstances: changing(["InstanceIds"], ({ InstanceIds }, { region: name }) => {
      const region = world.region(name);
      const instances = asked(region, InstanceIds, known);
      for (const instance of instances) refuseUnless(instance, ["stopped", "pending", "running"], "started");
      for (const { State, InstanceType } of instances) {
        const type = instanceType(InstanceType);
        if (type && State.Name === "stopped") checkVcpus(world, region, type, 1, 1);
      }
      return () => ({
        StartingInstances: instances.map((instance) =>
          moved(region, instance, ["stopped"], (draft) => {
            draft.State = instanceState("pending");
            draft.StateReason = { Code: "pending", Message: "pending" };
            draft.StateTransitionReason = "";
            draft.LaunchTime = world.now();
          }),
        ),
      });
    }),

    StopInstances: changing(["InstanceIds", "Force"], ({ InstanceIds }, { region: name }) => {
      const region = world.region(name);
      const instances = asked(region, InstanceIds, known);
      for (const instance of instances) refuseUnless(instance, ["running", "stopping", "stopped"], "stopped");
      refuseProtected(instances, "stopped", ["disableApiStop"]);
      return () => ({
        StoppingInstances: instances.map((instance) =>
          moved(region, instance, ["running"], leaving(world, "stopping")),
        ),
      });
    }),

    TerminateInstances: changing(["InstanceIds"], ({ InstanceIds }, { region: name }) => {
      const region = world.region(name);
      // gruntwork-io/cloud-nuke#731
      if (!InstanceIds?.length) throw invalidCombination("No instances specified");
      const instances = asked(region, InstanceIds, known);
      refuseProtected(instances, "terminated", ["disableApiStop", "disableApiTermination"]);
      return () => ({
        TerminatingInstances: instances.map((instance) =>
          moved(region, instance, ["pending", "running", "stopping", "stopped"], leaving(world, "shutting-down")),
        ),
      });
    }),

    RebootInstances: changing(["InstanceIds"], ({ InstanceIds }, { region: name }) => {
      const region = world.region(name);
      const instances = asked(region, InstanceIds, known);
      for (const instance of instances) refuseUnless(instance, ["running", "pending"], "rebooted");
      return () => {
        for (const { InstanceId } of instances) {
          region.ec2.instances.update(InstanceId, (draft) => {
            draft.hidden.bootedAt = world.now();
          });
        }
        return {};
      };
    }),

    GetConsoleOutput: reading(["InstanceId", "Latest"], ({ InstanceId = "", Latest }, { region: name }) => {
      const { instances, machines } = world.region(name).ec2;
      const { InstanceType } = recordOf("instance", instances, InstanceId, known);
      if (Latest && instanceType(InstanceType)?.hypervisor !== "nitro")
        throw new AwsError("UnsupportedOperation", NO_LATEST);
      const machine = machines.get(InstanceId);
      if (!machine?.console) return { InstanceId };
      return { InstanceId, Output: Buffer.from(machine.console).toString("base64"), Timestamp: machine.consoleAt };
    }),
  };
}

/** (eks-node-monitoring-agent, e2e tests) */
const NO_LATEST = "This instance type does not support retrieving the latest console logs";

function passing(region: Region, instances: readonly Instance[], filters: Filter[]): Instance[] {
  const shape = shapesIn(region);
  const candidates = instances.map((instance) => ({ instance, shape: shape(instance) }));
  return filtered(candidates, filters, INSTANCE_FILTERS).map(({ instance }) => instance);
}

/** True once DescribeInstances and the others know a new instance. */
export function isKnown(world: World): (instance: Instance) => boolean {
  return ({ hidden }) => hidden.visibleAt <= world.now();
}

function asked(region: Region, ids: readonly string[] | undefined, known: (instance: Instance) => boolean): Instance[] {
  if (!ids?.length) throw missingParameter("InstanceId");
  return recordsOf("instance", region.ec2.instances, [...new Set(ids)], known);
}

/** Stop protection keeps an instance from being terminated, too (EC2 User Guide, "Enable stop protection"). */
function refuseProtected(
  instances: readonly Instance[],
  done: string,
  attributes: readonly ("disableApiStop" | "disableApiTermination")[],
): void {
  for (const { InstanceId, hidden } of instances) {
    const attribute = attributes.find((one) => hidden[one]);
    if (attribute === undefined) continue;
    throw new AwsError(
      "OperationNotPermitted",
      `The instance '${InstanceId}' may not be ${done}. Modify its '${attribute}' instance attribute and try again.`,
    );
  }
}

function refuseUnless({ InstanceId, State }: Instance, states: readonly string[], what: string): void {
  if (states.includes(State.Name ?? "")) return;
  throw new AwsError(
    "IncorrectInstanceState",
    `The instance '${InstanceId}' is not in a state from which it can be ${what}.`,
  );
}

/** Changes an instance if it is in one of the states, and says how it was and is. */
function moved(
  region: Region,
  { InstanceId, State: PreviousState }: Instance,
  from: readonly string[],
  change: (draft: Instance) => void,
) {
  const after = from.includes(PreviousState.Name ?? "") ? region.ec2.instances.update(InstanceId, change) : undefined;
  return { InstanceId, PreviousState, CurrentState: after?.State ?? PreviousState };
}

function statusOf(world: World, { InstanceId, Placement, State, hidden }: Instance): InstanceStatus {
  const isRunning = State.Name === "running";
  const checkedAt = (hidden.bootedAt?.getTime() ?? 0) + world.delay("instance status ok");
  const isPassed = checkedAt <= world.now().getTime();
  const Status = isRunning ? (isPassed ? "ok" : "initializing") : "not-applicable";
  const reachability = {
    Name: "reachability" as const,
    Status: isPassed ? ("passed" as const) : ("initializing" as const),
  };
  const summary = isRunning ? { Status, Details: [reachability] } : { Status };
  return {
    InstanceId,
    AvailabilityZone: Placement.AvailabilityZone,
    InstanceState: State,
    InstanceStatus: summary as InstanceStatus["InstanceStatus"],
    SystemStatus: summary as InstanceStatus["SystemStatus"],
  };
}
