import {
  CreateLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { logGroup } from "../../../src/kinds/cloudwatch-logs/log-group.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const logGroupName = "/ecs/bia";

const group = task("log-group", `log group ${logGroupName}`, logGroup, { name: logGroupName, retention: 7 });
const stack: Stack = {
  name: "bia",
  stages: [{ name: "1", title: "logs", tasks: [group], outputs: {}, costs: [] }],
};
const only = "log-group";

describeContract({
  task: only,
  stack,
  drifts: {
    "events that stay for ever": {
      field: /^retention$/,
      make: ({ logs }) => logs.send(new DeleteRetentionPolicyCommand({ logGroupName })),
    },
    "events that go earlier": {
      field: /^retention$/,
      make: ({ logs }) => logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 })),
    },
  },
});

describe("a log group", () => {
  it("is told from those whose names begin as its own does, on whichever page it is listed", async () => {
    const sandbox = await sandboxForTest({ delays: "none", pageSize: 1 });
    const { logs } = clientsOf(sandbox);
    for (const more of ["-2", "/a", "a"]) {
      await logs.send(new CreateLogGroupCommand({ logGroupName: `${logGroupName}${more}` }));
    }
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ "log-group": "create" });
    await createOn(sandbox, { stack, only });
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ "log-group": "unchanged" });
  });

  it("is made whole although AWS takes no change of it in its first moments", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await createOn(sandbox, { stack, only });
    const { logGroups } = await clientsOf(sandbox).logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups).toMatchObject([{ logGroupName, retentionInDays: 7 }]);
  });

  it("that is listed for a while after its end is gone", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    sandbox.world.faults.set([{ operation: "logs:DescribeLogGroups", effect: { lag: 3 } }]);
    expect(verdicts(await destroyOn(sandbox, { stack, only }))).toEqual({ "log-group": "remove" });
    await clientsOf(sandbox).logs.send(new DescribeLogGroupsCommand({}));
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ "log-group": "create" });
  });

  it("of somebody else is used as it is, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await clientsOf(sandbox).logs.send(new CreateLogGroupCommand({ logGroupName }));
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack, only });
    expect(created.tasks).toMatchObject([
      { verdict: "foreign", changes: [{ field: "retention", from: "for ever", to: "7 days" }] },
    ]);
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
  });
});
