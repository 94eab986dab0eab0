import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteResourcePolicyCommand,
  DescribeResourcePoliciesCommand,
  FilterLogEventsCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { StopTaskCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  type PutRuleCommandInput,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  type Target,
  TestEventPatternCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientConfig } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";
import {
  CLUSTER,
  createCluster,
  createService,
  type Ecs,
  ecsOf,
  register,
  SERVICE,
  settle,
  tasksOf,
} from "../ecs/fixtures.ts";

const RULE = "ecs";
const GROUP = "/aws/events/ecs";
const ECS = JSON.stringify({ source: ["aws.ecs"] });

interface Events extends Ecs {
  readonly events: EventBridgeClient;
  readonly logs: CloudWatchLogsClient;
  readonly groupArn: string;
}

async function eventsOf(): Promise<Events> {
  const at = await ecsOf({ pageSize: 2 });
  const config = { ...clientConfig(at.sandbox), maxAttempts: 1 };
  const events = new EventBridgeClient(config);
  const logs = new CloudWatchLogsClient(config);
  onTestFinished(() => {
    events.destroy();
    logs.destroy();
  });
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  return { ...at, events, logs, groupArn: `arn:aws:logs:us-east-1:${at.world.account}:log-group:${GROUP}` };
}

const put = ({ events }: Events, input: Partial<PutRuleCommandInput> = {}) =>
  events.send(new PutRuleCommand({ Name: RULE, EventPattern: ECS, ...input }));
const aim = ({ events, groupArn }: Events, target: Partial<Target> = {}) =>
  events.send(new PutTargetsCommand({ Rule: RULE, Targets: [{ Id: "logs", Arn: groupArn, ...target }] }));

/** Lets EventBridge write, for a rule. */
const allow = ({ logs, groupArn, world }: Events, { rule = RULE, more = {} } = {}) =>
  logs.send(
    new PutResourcePolicyCommand({
      policyName: "events",
      policyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] },
            Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
            Resource: `${groupArn}:*`,
            Condition: {
              StringEquals: { "aws:SourceAccount": world.account },
              ArnLike: { "aws:SourceArn": `arn:aws:events:us-east-1:*:rule/${rule}*` },
            },
            ...more,
          },
        ],
      }),
    }),
  );

/** What has arrived, oldest first. */
async function arrived({ logs }: Events) {
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP }));
  return events.map(({ message = "" }) => JSON.parse(message));
}

/** A service that comes up, whose task is stopped, and that is scaled. */
async function happen(at: Events): Promise<void> {
  await createCluster(at);
  await register(at);
  await createService(at, { desiredCount: 1 });
  await settle(at, 60);
  const [task] = await tasksOf(at);
  await at.ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: task?.taskArn, reason: "enough" }));
  await at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, desiredCount: 0 }));
  await settle(at, 60);
}

describe("a rule of EventBridge", () => {
  it("brings what happens to tasks, services, deployments and instances to a log group that lets it write", async () => {
    const at = await eventsOf();
    await put(at);
    await aim(at);
    await allow(at);
    await happen(at);
    const events = await arrived(at);
    expect(events[0]).toMatchObject({
      version: "0",
      source: "aws.ecs",
      account: at.world.account,
      region: "us-east-1",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const of = (type: string) => events.filter((event) => event["detail-type"] === type).map(({ detail }) => detail);
    expect(of("ECS Container Instance State Change")[0]).toMatchObject({ status: "ACTIVE", agentConnected: true });
    const tasks = of("ECS Task State Change");
    expect(tasks.map(({ lastStatus }) => lastStatus)).toEqual(expect.arrayContaining(["RUNNING", "STOPPED"]));
    expect(tasks.find(({ lastStatus }) => lastStatus === "STOPPED")).toMatchObject({
      group: `service:${SERVICE}`,
      stoppedReason: "enough",
      stopCode: "UserInitiated",
      containers: [{ name: "bia" }],
    });
    const versions = tasks.filter(({ taskArn }) => taskArn === tasks[0].taskArn).map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
    expect(of("ECS Deployment State Change").map(({ eventName }) => eventName)).toEqual([
      "SERVICE_DEPLOYMENT_IN_PROGRESS",
      "SERVICE_DEPLOYMENT_COMPLETED",
    ]);
    expect(of("ECS Service Action")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ eventType: "INFO", eventName: "SERVICE_STEADY_STATE" }),
        expect.objectContaining({ eventName: "SERVICE_DESIRED_COUNT_UPDATED", desiredCount: 0 }),
      ]),
    );
    expect(JSON.stringify(events)).not.toContain("hidden");
  });

  it.each<[string, (at: Events) => Promise<unknown>]>([
    ["without a resource policy", async () => {}],
    ["with a policy for another rule", (at) => allow(at, { rule: "other" })],
    ["with a policy for half of what it takes", (at) => allow(at, { more: { Action: "logs:PutLogEvents" } })],
    ["with a policy of another service", (at) => allow(at, { more: { Principal: { Service: "es.amazonaws.com" } } })],
    [
      "while it is disabled",
      async (at) => {
        await allow(at);
        await at.events.send(new DisableRuleCommand({ Name: RULE }));
      },
    ],
    [
      "that asks for something else",
      async (at) => {
        await allow(at);
        await put(at, { EventPattern: JSON.stringify({ source: ["aws.ec2"] }) });
      },
    ],
  ])("brings nothing, and tells nobody, %s", async (_, make) => {
    const at = await eventsOf();
    await put(at);
    await aim(at);
    await make(at);
    await createCluster(at, 1);
    expect(await arrived(at)).toEqual([]);
  });

  it("is put whole each time, its tags aside, and is listed page by page", async () => {
    const at = await eventsOf();
    const Tags = [{ Key: "made", Value: "by test" }];
    const { RuleArn } = await put(at, { Description: "first", Tags });
    expect(RuleArn).toBe(`arn:aws:events:us-east-1:${at.world.account}:rule/${RULE}`);
    await put(at, { Tags: [{ Key: "other", Value: "ignored" }] });
    const { $metadata: _, ...described } = await at.events.send(new DescribeRuleCommand({ Name: RULE }));
    expect(described).toEqual({
      Name: RULE,
      Arn: RuleArn,
      EventPattern: ECS,
      State: "ENABLED",
      EventBusName: "default",
      CreatedBy: at.world.account,
    });
    const tags = async () => (await at.events.send(new ListTagsForResourceCommand({ ResourceARN: RuleArn }))).Tags;
    expect(await tags()).toEqual(Tags);
    await at.events.send(new TagResourceCommand({ ResourceARN: RuleArn, Tags: [{ Key: "more", Value: "1" }] }));
    await at.events.send(new UntagResourceCommand({ ResourceARN: RuleArn, TagKeys: ["made"] }));
    expect(await tags()).toEqual([{ Key: "more", Value: "1" }]);
    for (const Name of ["ecs-2", "ecs-3", "other"]) await put(at, { Name });
    const first = await at.events.send(new ListRulesCommand({ NamePrefix: "ecs" }));
    const second = await at.events.send(new ListRulesCommand({ NamePrefix: "ecs", NextToken: first.NextToken }));
    expect([first, second].map(({ Rules }) => Rules?.map(({ Name }) => Name))).toEqual([[RULE, "ecs-2"], ["ecs-3"]]);
    await at.events.send(new DisableRuleCommand({ Name: RULE }));
    expect((await at.events.send(new DescribeRuleCommand({ Name: RULE }))).State).toBe("DISABLED");
    await at.events.send(new EnableRuleCommand({ Name: RULE }));
    const tested = { EventPattern: ECS, Event: JSON.stringify({ source: "aws.ecs" }) };
    expect((await at.events.send(new TestEventPatternCommand(tested))).Result).toBe(true);
  });

  it("cannot go before its targets; one that is not there has gone", async () => {
    const at = await eventsOf();
    await put(at);
    await aim(at);
    const remove = () => at.events.send(new DeleteRuleCommand({ Name: RULE }));
    expect(await refusal(remove())).toBe("ValidationException: Rule can't be deleted since it has targets.");
    const { Targets } = await at.events.send(new ListTargetsByRuleCommand({ Rule: RULE }));
    expect(Targets).toEqual([{ Id: "logs", Arn: at.groupArn }]);
    const named = await at.events.send(new ListRuleNamesByTargetCommand({ TargetArn: at.groupArn }));
    expect(named.RuleNames).toEqual([RULE]);
    const removed = await at.events.send(new RemoveTargetsCommand({ Rule: RULE, Ids: ["logs"] }));
    expect(removed.FailedEntryCount).toBe(0);
    await remove();
    await remove();
    expect(await refusal(at.events.send(new DescribeRuleCommand({ Name: RULE })))).toBe(
      "ResourceNotFoundException: Rule ecs does not exist on EventBus default.",
    );
    expect(await refusal(aim(at))).toMatch(/^ResourceNotFoundException: Rule ecs does not exist/);
  });

  it.each<[string, (at: Events) => Promise<unknown>, RegExp]>([
    [
      "a pattern that is none",
      (at) => put(at, { EventPattern: '{"source":"x"}' }),
      /^InvalidEventPatternException: Event pattern is not valid\. Reason: "source" must be/,
    ],
    [
      "no pattern",
      (at) => put(at, { EventPattern: undefined }),
      /^ValidationException: Parameter\(s\) EventPattern or Schedule/,
    ],
    ["a schedule", (at) => put(at, { ScheduleExpression: "rate(1 hour)" }), /^SandboxNotEmulated: .*schedule/],
    ["another bus", (at) => put(at, { EventBusName: "mine" }), /^SandboxNotEmulated: .*event buses/],
    [
      "a target of another service",
      (at) => aim(at, { Arn: "arn:aws:lambda:us-east-1:1:function:f" }),
      /^SandboxNotEmulated: .*targets/,
    ],
    ["a target's input", (at) => aim(at, { InputPath: "$.detail" }), /^SandboxNotEmulated: .*InputPath/],
    [
      "a target's role",
      (at) => aim(at, { RoleArn: "arn:aws:iam::1:role/r" }),
      /^ValidationException: RoleArn is not supported/,
    ],
  ])("is refused with %s", async (_, call, words) => {
    const at = await eventsOf();
    if (!/pattern|schedule|bus/.test(String(_))) await put(at);
    expect(await refusal(call(at))).toMatch(words);
  });
});

describe("a resource policy of CloudWatch Logs", () => {
  it("is put, replaced, listed and deleted, and there are ten", async () => {
    const at = await eventsOf();
    await allow(at);
    const list = async () => (await at.logs.send(new DescribeResourcePoliciesCommand({ limit: 50 }))).resourcePolicies;
    await allow(at, { rule: "other" });
    expect(await list()).toMatchObject([{ policyName: "events", policyDocument: expect.stringContaining("other") }]);
    const policyDocument = (await list())?.[0]?.policyDocument;
    const more = (index: number) =>
      at.logs.send(new PutResourcePolicyCommand({ policyName: `p${index}`, policyDocument }));
    for (let index = 1; index < 10; index++) await more(index);
    expect(await refusal(more(10))).toBe("LimitExceededException: Resource limit exceeded.");
    const remove = () => at.logs.send(new DeleteResourcePolicyCommand({ policyName: "events" }));
    await remove();
    expect(await refusal(remove())).toMatch(/^ResourceNotFoundException/);
    const conditioned = (Condition: object) => refusal(allow(at, { more: { Condition } }));
    expect(await conditioned({ StringIs: { "aws:SourceAccount": "1" } })).toMatch(
      /^InvalidParameterException: .*Syntax/,
    );
    expect(await conditioned({ StringEquals: { "logs:Owner": "1" } })).toMatch(/^SandboxNotEmulated: .*logs:Owner/);
    expect(await refusal(allow(at, { more: { Principal: undefined } }))).toMatch(/^InvalidParameterException/);
  });
});
