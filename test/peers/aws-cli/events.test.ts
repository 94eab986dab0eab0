import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

const RULE = "by-hand";
const GROUP = "/aws/events/by-hand";
const RULE_ARN = `arn:aws:events:us-east-1:000000000000:rule/${RULE}`;
const GROUP_ARN = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`;
const PATTERN = JSON.stringify({ source: ["aws.ecs"] });

/** In this order. */
describeOnAwsCli("the aws CLI on EventBridge of the sandbox", () => {
  const did = (...args: string[]) => expect(aws(...args).code).toBeUndefined();

  it("keeps ECS's events in a log group: rule, target and resource policy", () => {
    did("logs", "create-log-group", "--log-group-name", GROUP);
    const rule = ["--name", RULE, "--event-pattern", PATTERN, "--tags", "Key=a,Value=b"];
    expect(look("events", "put-rule", ...rule)).toEqual({ RuleArn: RULE_ARN });
    const put = look("events", "put-targets", "--rule", RULE, "--targets", `Id=logs,Arn=${GROUP_ARN}`);
    expect(put).toEqual({ FailedEntryCount: 0, FailedEntries: [] });
    const statement = {
      Effect: "Allow",
      Principal: { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] },
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: `${GROUP_ARN}:*`,
    };
    const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    look("logs", "put-resource-policy", "--policy-name", RULE, "--policy-document", document);
    expect(look("logs", "describe-resource-policies").resourcePolicies).toMatchObject([{ policyName: RULE }]);
    expect(look("events", "list-rule-names-by-target", "--target-arn", GROUP_ARN).RuleNames).toEqual([RULE]);
    expect(look("events", "list-targets-by-rule", "--rule", RULE).Targets).toEqual([{ Id: "logs", Arn: GROUP_ARN }]);
  });

  it("turns the rule off and on, and tags it", () => {
    did("events", "disable-rule", "--name", RULE);
    expect(look("events", "describe-rule", "--name", RULE)).toMatchObject({ State: "DISABLED", EventPattern: PATTERN });
    did("events", "enable-rule", "--name", RULE);
    expect(look("events", "list-rules", "--name-prefix", "by-").Rules).toMatchObject([{ State: "ENABLED" }]);
    did("events", "tag-resource", "--resource-arn", RULE_ARN, "--tags", "Key=c,Value=d");
    did("events", "untag-resource", "--resource-arn", RULE_ARN, "--tag-keys", "a");
    expect(look("events", "list-tags-for-resource", "--resource-arn", RULE_ARN).Tags).toEqual([
      { Key: "c", Value: "d" },
    ]);
  });

  it("tells whether a pattern is that of an event", () => {
    const event = JSON.stringify({
      id: "1",
      source: "aws.ecs",
      account: "1",
      time: "2026-01-01T00:00:00Z",
      region: "us-east-1",
      resources: [],
      "detail-type": "x",
    });
    expect(look("events", "test-event-pattern", "--event-pattern", PATTERN, "--event", event).Result).toBe(true);
  });

  it("takes the rule away once it has no target, and policy and group after it", () => {
    expect(aws("events", "delete-rule", "--name", RULE).code).toBe("ValidationException");
    look("events", "remove-targets", "--rule", RULE, "--ids", "logs");
    did("events", "delete-rule", "--name", RULE);
    did("logs", "delete-resource-policy", "--policy-name", RULE);
    did("logs", "delete-log-group", "--log-group-name", GROUP);
  });

  it.each([
    [["put-rule", "--name", RULE, "--event-pattern", '{"source":"x"}'], "InvalidEventPatternException"],
    [["describe-rule", "--name", "nothing"], "ResourceNotFoundException"],
    [
      ["put-targets", "--rule", "nothing", "--targets", "Id=a,Arn=arn:aws:logs:us-east-1:1:log-group:g"],
      "ResourceNotFoundException",
    ],
  ])("is told what AWS says of %s", (args, code) => {
    expect(aws("events", ...args).code).toBe(code);
  });
});
