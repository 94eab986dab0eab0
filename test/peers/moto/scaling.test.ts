import {
  type ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STACK_TAG } from "../../../src/aws/tags.ts";
import type { Stack } from "../../../src/engine/task.ts";
import { addService, scalingStack } from "../../kinds/application-auto-scaling/stack.ts";
import { clientsOf, createOn, destroyOn, unfinished, verdicts } from "../../support/runs.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";

/** Scaling of a service against moto: what is sent, and how answers are read. */
describe.skipIf(!motoIsHere)("a scaled service against moto", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto();
    await addService(moto);
  });

  afterAll(() => moto?.stop());

  it("is created, left alone the second time, and its policy has the alarms that AWS makes", async () => {
    expect(verdicts(await createOn(moto, { stack: onMoto() }))).toEqual({ target: "create", policy: "create" });
    const again = await createOn(moto, { stack: onMoto() });
    expect(verdicts(again)).toEqual({ target: "unchanged", policy: "unchanged" });
    expect(again.calls.changing).toBe(0);
    const clients = clientsOf(moto);
    const { MetricAlarms } = await clients.cloudWatch.send(new DescribeAlarmsCommand({}));
    clients.close();
    expect(MetricAlarms).toMatchObject([
      { AlarmName: expect.stringContaining("AlarmHigh"), ComparisonOperator: "GreaterThanThreshold" },
      { AlarmName: expect.stringContaining("AlarmLow"), ComparisonOperator: "LessThanThreshold" },
    ]);
  });

  it("follows other figures, and is destroyed with nothing left", async () => {
    const other = scalingStack({ max: 5 }, { targetValue: 50, scaleInCooldown: 60 });
    expect(verdicts(await createOn(moto, { stack: around(other) }))).toEqual({ target: "update", policy: "update" });
    const destroyed = await destroyOn(moto, { stack: onMoto() });
    expect(unfinished(destroyed)).toEqual([]);
    expect(verdicts(await destroyOn(moto, { stack: onMoto() }))).toEqual({ target: "absent", policy: "absent" });
  });
});

const onMoto = () => around(scalingStack());

/** moto knows neither the tags of scalable targets nor the activities of scaling. */
function around(stack: Stack): Stack {
  for (const task of stack.stages.flatMap(({ tasks }) => tasks)) {
    const { find } = task.kind;
    const kind = {
      ...task.kind,
      find: (aws: { applicationAutoScaling: ApplicationAutoScalingClient }, desired: unknown) =>
        find(
          Object.create(aws, { applicationAutoScaling: { value: knowingMore(aws.applicationAutoScaling) } }),
          desired,
        ),
    };
    Object.assign(task, { kind });
  }
  return stack;
}

function knowingMore(client: ApplicationAutoScalingClient): ApplicationAutoScalingClient {
  const send = async (command: object, ...rest: unknown[]) => {
    if (command instanceof ListTagsForResourceCommand) return { Tags: { [STACK_TAG]: "retail" } };
    if (command instanceof DescribeScalingActivitiesCommand) return { ScalingActivities: [] };
    return Reflect.apply(client.send, client, [command, ...rest]);
  };
  return Object.create(client, { send: { value: send } });
}
