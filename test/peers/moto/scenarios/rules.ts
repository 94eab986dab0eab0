import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  TestEventPatternCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eventbridge";
import type { Scenario } from "../transcript.ts";

const Name = "shop-events";
const EventPattern = JSON.stringify({ source: ["aws.ecs"], detail: { lastStatus: ["STOPPED"] } });
const EVENT = {
  id: "1",
  source: "aws.ecs",
  account: "000000000000",
  region: "us-east-1",
  time: "2026-01-01T00:00:00Z",
  resources: [],
  "detail-type": "ECS Task State Change",
};

/** Rules of EventBridge, and what they bring events to. */
export const rules: Scenario = {
  title: "EventBridge",
  async run({ eventBridge: client, logs }, call) {
    const rule = { Name, EventPattern, Description: "What ECS says", Tags: [{ Key: "owner", Value: "me" }] };
    const { RuleArn: ResourceARN = "" } = await call("PutRule", client.send(new PutRuleCommand(rule)));
    await call("PutRule, no JSON", client.send(new PutRuleCommand({ Name: "wrong", EventPattern: "{" })));
    await call("PutRule, nothing to match", client.send(new PutRuleCommand({ Name: "wrong" })));
    await call("DescribeRule", client.send(new DescribeRuleCommand({ Name })));
    await call("DescribeRule, unknown", client.send(new DescribeRuleCommand({ Name: "nothing" })));
    await call("ListRules", client.send(new ListRulesCommand({ NamePrefix: "shop" })));
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/aws/events/shop" }));
    const Arn = ResourceARN.replace(":events:", ":logs:").replace(/:rule\/.*/, ":log-group:/aws/events/shop");
    await call("PutTargets", client.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "logs", Arn }] })));
    await call(
      "PutTargets, unknown rule",
      client.send(new PutTargetsCommand({ Rule: "nothing", Targets: [{ Id: "logs", Arn }] })),
    );
    await call("ListTargetsByRule", client.send(new ListTargetsByRuleCommand({ Rule: Name })));
    await call("ListRuleNamesByTarget", client.send(new ListRuleNamesByTargetCommand({ TargetArn: Arn })));
    await call("DisableRule", client.send(new DisableRuleCommand({ Name })));
    await call("DescribeRule, disabled", client.send(new DescribeRuleCommand({ Name })));
    await call("EnableRule", client.send(new EnableRuleCommand({ Name })));
    await call(
      "TagResource",
      client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "stage", Value: "one" }] })),
    );
    await call("ListTagsForResource", client.send(new ListTagsForResourceCommand({ ResourceARN })));
    await call("UntagResource", client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["stage"] })));
    await call("ListTagsForResource, fewer", client.send(new ListTagsForResourceCommand({ ResourceARN })));
    for (const lastStatus of ["STOPPED", "RUNNING"]) {
      const Event = JSON.stringify({ ...EVENT, detail: { lastStatus } });
      await call(`TestEventPattern, ${lastStatus}`, client.send(new TestEventPatternCommand({ EventPattern, Event })));
    }
    await call("DeleteRule, with targets", client.send(new DeleteRuleCommand({ Name })));
    await call("RemoveTargets", client.send(new RemoveTargetsCommand({ Rule: Name, Ids: ["logs", "nothing"] })));
    await call("DeleteRule", client.send(new DeleteRuleCommand({ Name })));
    await call("DeleteRule, again", client.send(new DeleteRuleCommand({ Name })));
  },
  differences: [{ at: /^TestEventPattern, /, why: "moto answers nothing" }],
};
