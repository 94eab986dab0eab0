import { DescribeTasksCommand, ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { mockClient } from "aws-sdk-client-mock";
import { expect, it, onTestFinished } from "vitest";
import { tasksOf } from "../../src/aws/service-tasks.ts";

it("has the tasks of every page of the listing", async () => {
  const ecs = mockClient(ECSClient);
  onTestFinished(() => ecs.restore());
  ecs
    .on(ListTasksCommand)
    .resolves({ taskArns: ["a", "b"], nextToken: "more" })
    .on(ListTasksCommand, { nextToken: "more" })
    .resolves({ taskArns: ["c"] });
  ecs.on(DescribeTasksCommand).callsFake(({ tasks = [] }) => ({
    tasks: tasks.map((taskArn: string) => ({ taskArn })),
  }));
  const place = { cluster: "cluster", name: "service" };
  const tasks = await tasksOf({ ecs: new ECSClient({ region: "us-east-1" }) }, place, "STOPPED");
  expect(tasks.map(({ taskArn }) => taskArn)).toEqual(["a", "b", "c"]);
});
