import { PutResourcePolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { ownershipIn, sidOf } from "../../../src/aws/log-policies.ts";
import { ownershipTags } from "../../../src/aws/tags.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { logGroup } from "../../../src/kinds/cloudwatch-logs/log-group.ts";
import { resourcePolicy } from "../../../src/kinds/cloudwatch-logs/resource-policy.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const policyName = "retail-store-ecs-events";
const group = task("group", "log group", logGroup, { name: "/aws/events/ecs", retention: 7 });
const policy = task("events-log-policy", "resource policy", resourcePolicy, {
  name: policyName,
  logGroup: group.out(({ arn }) => arn),
  services: ["events.amazonaws.com", "delivery.logs.amazonaws.com"],
});
const stack: Stack = {
  name: "retail",
  stages: [{ name: "observability", title: "events", tasks: [group, policy], outputs: {}, costs: [] }],
};

/** A statement, ours but for what is said otherwise. */
function documentWith(more: object): string {
  const statement = {
    Sid: sidOf(ownershipTags("retail", "events-log-policy")),
    Effect: "Allow",
    Principal: { Service: ["delivery.logs.amazonaws.com", "events.amazonaws.com"] },
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/ecs:*",
    ...more,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

const put = (more: object) => new PutResourcePolicyCommand({ policyName, policyDocument: documentWith(more) });

describeContract({
  task: "events-log-policy",
  stack,
  drifts: {
    "a service that may not write any more": {
      field: /^services$/,
      make: ({ logs }) => logs.send(put({ Principal: { Service: "delivery.logs.amazonaws.com" } })),
    },
    "another log group": {
      field: /^resource$/,
      make: ({ logs }) => logs.send(put({ Resource: "arn:aws:logs:us-east-1:000000000000:log-group:/other:*" })),
    },
    "a condition": {
      field: /^condition$/,
      make: ({ logs }) => logs.send(put({ Condition: { StringEquals: { "aws:SourceAccount": "1" } } })),
    },
  },
});

it("a resource policy of the same name that somebody else made is left as it is", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await clientsOf(sandbox).logs.send(put({ Sid: "Theirs", Action: "logs:PutLogEvents" }));
  const before = await everything(sandbox);
  expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({ "events-log-policy": "foreign" });
  await destroyOn(sandbox, { stack });
  expect(await everything(sandbox)).toEqual(before);
});

it("whose a resource policy is stands in its statement", () => {
  const tags = ownershipTags("retail", "events-log-policy");
  expect(sidOf(tags)).toMatch(/^[A-Za-z0-9]+$/);
  expect(ownershipIn(documentWith({}))).toEqual(tags);
  expect(ownershipIn(documentWith({ Sid: "BiaInfra" }))).toEqual({});
});
