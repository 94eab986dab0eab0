import { RunTaskCommand, type RunTaskCommandInput, StopTaskCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { addMachines, CLUSTER, createCluster, type Ecs, ecsOf, FAMILY, register, tasksOf } from "./fixtures.ts";

const run = ({ ecs }: Ecs, input: Partial<RunTaskCommandInput> = {}) =>
  ecs.send(new RunTaskCommand({ cluster: CLUSTER, taskDefinition: FAMILY, ...input }));

async function cluster(machines: number): Promise<Ecs> {
  const at = await ecsOf();
  await createCluster(at, 0);
  addMachines(at, machines);
  await register(at);
  return at;
}

describe("RunTask", () => {
  test("starts as many tasks as find a place, and says of each machine why there are no more", async () => {
    const at = await cluster(1);
    const { tasks = [], failures } = await run(at, { count: 3, startedBy: "me", tags: [{ key: "of", value: "me" }] });
    expect(tasks).toMatchObject([{ group: `family:${FAMILY}`, startedBy: "me", tags: [{ key: "of", value: "me" }] }]);
    expect(failures).toMatchObject([{ arn: tasks[0]?.containerInstanceArn, reason: "RESOURCE:MEMORY" }]);
    await at.world.clock.advance(1000);
    expect(await tasksOf(at)).toMatchObject([{ lastStatus: "RUNNING" }]);
    await at.ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: tasks[0]?.taskArn }));
    await at.world.clock.advance(1000);
    expect(await tasksOf(at)).toEqual([]);
    expect(await tasksOf(at, "STOPPED")).toMatchObject([
      { stopCode: "UserInitiated", stoppedReason: "Task stopped by user" },
    ]);
  });

  test("is refused where there is no machine, for too many tasks, and for containers that there are not", async () => {
    const at = await cluster(0);
    expect(await refusal(run(at))).toBe(
      "InvalidParameterException: No Container Instances were found in your cluster.",
    );
    expect(await refusal(run(at, { count: 11 }))).toBe("InvalidParameterException: count must be between 1 and 10.");
    expect(await refusal(run(at, { overrides: { containerOverrides: [{ name: "other" }] } }))).toBe(
      "InvalidParameterException: Override for container named other is not a container in the TaskDefinition.",
    );
  });

  test("places a task by the memory and the processor that the call gives its container", async () => {
    const at = await cluster(1);
    await run(at);
    const smaller = (memory: number) =>
      run(at, { overrides: { containerOverrides: [{ name: "bia", memory, cpu: 128 }] } });
    expect((await smaller(600)).failures).toMatchObject([{ reason: "RESOURCE:MEMORY" }]);
    const { tasks, failures } = await smaller(256);
    expect(failures).toEqual([]);
    expect(tasks).toMatchObject([{ cpu: "128", memory: "256", containers: [{ cpu: "128", memory: "256" }] }]);
  });

  test("that is repeated starts nothing more, unless it asks for something else", async () => {
    const at = await cluster(2);
    const first = await run(at, { clientToken: "one" });
    const again = await run(at, { clientToken: "one" });
    expect(again.tasks?.[0]?.taskArn).toBe(first.tasks?.[0]?.taskArn);
    await register(at);
    expect(await refusal(run(at, { clientToken: "one" }))).toMatch(/^ConflictException: /);
    expect(await tasksOf(at)).toHaveLength(1);
  });
});
