import {
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { StopInstancesCommand } from "@aws-sdk/client-ec2";
import { UpdateCapacityProviderCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { refusal } from "../services/clients.ts";
import {
  createManagedCluster,
  createService,
  type Ecs,
  ecsOf,
  GROUP,
  PROVIDER,
  register,
  settle,
  tasksOf,
} from "../services/ecs/fixtures.ts";

const HOOK = "ecs-managed-draining-termination-hook";

async function hooksOf({ scaling }: Ecs) {
  const found = await scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: GROUP }));
  return found.LifecycleHooks;
}

async function membersOf({ scaling }: Ecs) {
  const found = await scaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }));
  const members = found.AutoScalingGroups?.[0]?.Instances ?? [];
  return members.map(({ InstanceId = "", LifecycleState }) => ({ id: InstanceId, state: LifecycleState }));
}

async function statesOf(at: Ecs) {
  return (await membersOf(at)).map(({ state }) => state).sort();
}

async function stopOne(at: Ecs): Promise<string> {
  const [{ id } = { id: "" }] = await membersOf(at);
  await at.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await settle(at);
  return id;
}

test("a provider that says nothing of draining puts ECS's hook on its group, and one that switches it off takes it away", async () => {
  const at = await ecsOf();
  await createManagedCluster(at);
  const LifecycleTransition = "autoscaling:EC2_INSTANCE_TERMINATING";
  expect(await hooksOf(at)).toMatchObject([
    { LifecycleHookName: HOOK, LifecycleTransition, HeartbeatTimeout: 3600, DefaultResult: "CONTINUE" },
  ]);
  const autoScalingGroupProvider = { managedDraining: "DISABLED" as const };
  await at.ecs.send(new UpdateCapacityProviderCommand({ name: PROVIDER, autoScalingGroupProvider }));
  await settle(at);
  expect(await hooksOf(at)).toEqual([]);
});

test("an instance that is taken out is held until its tasks have moved, and then goes", async () => {
  const at = await ecsOf();
  await createManagedCluster(at);
  await register(at);
  await createService(at);
  await settle(at);
  const [{ id } = { id: "" }] = await membersOf(at);
  const take = { InstanceId: id, ShouldDecrementDesiredCapacity: false };
  await at.scaling.send(new TerminateInstanceInAutoScalingGroupCommand(take));
  expect(at.world.region("us-east-1").ec2.instances.get(id)?.State.Name).toBe("running");
  await settle(at, 30);
  expect((await membersOf(at)).map((member) => member.id)).not.toContain(id);
  expect(await statesOf(at)).toEqual(["InService", "InService"]);
  expect(await tasksOf(at)).toHaveLength(2);
});

test("one that was stopped by hand is replaced, and held for an hour", async () => {
  const at = await ecsOf();
  await createManagedCluster(at);
  const id = await stopOne(at);
  expect(await statesOf(at)).toEqual(["InService", "InService", "Terminating:Wait"]);
  await at.world.clock.advance(3500 * 1000);
  expect(await statesOf(at)).toContain("Terminating:Wait");
  expect(at.world.region("us-east-1").ec2.instances.get(id)?.State.Name).toBe("stopped");
  await at.world.clock.advance(200 * 1000);
  expect(await statesOf(at)).toEqual(["InService", "InService"]);
});

test("one that is held can be let go by whoever completes the hook's action, once", async () => {
  const at = await ecsOf();
  await createManagedCluster(at);
  const id = await stopOne(at);
  const action = { AutoScalingGroupName: GROUP, LifecycleHookName: HOOK, InstanceId: id };
  const complete = () =>
    at.scaling.send(new CompleteLifecycleActionCommand({ ...action, LifecycleActionResult: "CONTINUE" }));
  await complete();
  await settle(at);
  expect(await statesOf(at)).toEqual(["InService", "InService"]);
  expect(await refusal(complete())).toBe(`ValidationError: No active Lifecycle Action found with instance ID ${id}`);
});

test("without a hook an instance is terminated at once", async () => {
  const at = await ecsOf();
  await createManagedCluster(at, { size: 2, max: 3 });
  const autoScalingGroupProvider = { managedDraining: "DISABLED" as const };
  await at.ecs.send(new UpdateCapacityProviderCommand({ name: PROVIDER, autoScalingGroupProvider }));
  await settle(at);
  await at.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 3 }));
  await stopOne(at);
  expect(await statesOf(at)).not.toContain("Terminating:Wait");
});
