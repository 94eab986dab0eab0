import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DisableRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { logGroup } from "../../../src/kinds/cloudwatch-logs/log-group.ts";
import { rule } from "../../../src/kinds/eventbridge/rule.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const Name = "retail-store-ecs-events";
const group = task("group", "log group", logGroup, { name: "/aws/events/ecs", retention: 7 });
const events = task("events", "rule", rule, {
  name: Name,
  pattern: { source: ["aws.ecs"], detail: { clusterArn: ["arn:of:cluster"] } },
  logGroup: group.out(({ arn }) => arn),
});
const stack: Stack = {
  name: "retail",
  stages: [{ name: "observability", title: "events", tasks: [group, events], outputs: {}, costs: [] }],
};

describeContract({
  task: "events",
  stack,
  drifts: {
    "another pattern": {
      field: /^pattern$/,
      make: ({ eventBridge }) => eventBridge.send(new PutRuleCommand({ Name, EventPattern: '{"source":["aws.ec2"]}' })),
    },
    "its events turned off": {
      field: /^state$/,
      make: ({ eventBridge }) => eventBridge.send(new DisableRuleCommand({ Name })),
    },
    "no target": {
      field: /^target$/,
      make: ({ eventBridge }) => eventBridge.send(new RemoveTargetsCommand({ Rule: Name, Ids: ["bia-infra"] })),
    },
  },
});

it("a rule goes with the targets that others have given it, and is told from one of somebody else", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const { eventBridge, logs } = clientsOf(sandbox);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/theirs" }));
  const before = await everything(sandbox);
  await createOn(sandbox, { stack });
  const Arn = `arn:aws:logs:us-east-1:${sandbox.world.account}:log-group:/theirs`;
  await eventBridge.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "theirs", Arn }] }));
  expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
  expect(await everything(sandbox)).toEqual(before);

  await eventBridge.send(new PutRuleCommand({ Name, EventPattern: '{"source":["aws.ec2"]}' }));
  const theirs = await everything(sandbox);
  expect(verdicts(await createOn(sandbox, { stack, only: "events" }))).toMatchObject({ events: "foreign" });
  await destroyOn(sandbox, { stack });
  expect(await everything(sandbox)).toEqual(theirs);
});
