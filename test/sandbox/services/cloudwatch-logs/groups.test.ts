import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  paginateDescribeLogGroups,
  StartLiveTailCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { GROUP, logsClient, makeStreams, put } from "./clients.ts";

const LONG = "a".repeat(513);

async function named(logs: CloudWatchLogsClient, logGroupNamePrefix?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix })) {
    names.push(...logGroups.map(({ logGroupName = "" }) => logGroupName));
  }
  return names;
}

const create = (logs: CloudWatchLogsClient, logGroupName: string) =>
  logs.send(new CreateLogGroupCommand({ logGroupName }));

describe("a log group", () => {
  it("is described with both forms of its ARN, and without the events that it does not have", async () => {
    const { logs, world } = await logsClient();
    await create(logs, GROUP);
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: GROUP }));
    const logGroupArn = `arn:aws:logs:us-east-1:${world.account}:log-group:${GROUP}`;
    expect(logGroups).toEqual([
      {
        logGroupName: GROUP,
        logGroupArn,
        arn: `${logGroupArn}:*`,
        creationTime: world.now().getTime(),
        storedBytes: 0,
        metricFilterCount: 0,
        logGroupClass: "STANDARD",
      },
    ]);
  });

  it("is made once, in each region", async () => {
    const { logs } = await logsClient();
    await create(logs, GROUP);
    expect(await refusal(create(logs, GROUP))).toBe(
      "ResourceAlreadyExistsException: The specified log group already exists",
    );
    const { logs: elsewhere } = await logsClient({}, "eu-west-1");
    expect(await named(elsewhere)).toEqual([]);
  });

  it.each([
    ["", /at 'logGroupName' failed to satisfy constraint: Member must have length greater than or equal to 1/],
    ["a b", /^InvalidParameterException: .*'a b'.*satisfy regular expression pattern: \[\\\.\\-_\/#A-Za-z0-9\]\+/],
    [LONG, /length less than or equal to 512/],
    ["aws/mine", /^InvalidParameterException: .*reserved/],
  ])("is not made with the name '%s'", async (name, words) => {
    const { logs } = await logsClient();
    expect(await refusal(create(logs, name))).toMatch(words);
  });

  it("is found by the beginning of its name or by a part of it, page by page in order of the names", async () => {
    const { logs } = await logsClient({ pageSize: 3 });
    for (const name of ["b", "/ecs/b", "/ecs/a", "/ecs/c", "/ecs/d", "a"]) await create(logs, name);
    expect(await named(logs)).toEqual(["/ecs/a", "/ecs/b", "/ecs/c", "/ecs/d", "a", "b"]);
    expect(await named(logs, "/ecs/")).toHaveLength(4);
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: "cs/a" }));
    expect(logGroups?.map(({ logGroupName, storedBytes }) => [logGroupName, storedBytes])).toEqual([
      ["/ecs/a", undefined],
    ]);
    const both = new DescribeLogGroupsCommand({ logGroupNamePattern: "a", logGroupNamePrefix: "a" });
    expect(await refusal(logs.send(both))).toMatch(/^InvalidParameterException: .*mutually exclusive/);
    const many = new DescribeLogGroupsCommand({ limit: 51 });
    expect(await refusal(logs.send(many))).toMatch(/at 'limit' .*less than or equal to 50/);
  });

  it("is deleted with its streams, once", async () => {
    const { logs, world } = await logsClient();
    await makeStreams(logs, "one");
    await put(logs, "one", [{ timestamp: world.now().getTime(), message: "hello" }]);
    await logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    const missing = "ResourceNotFoundException: The specified log group does not exist.";
    expect(await refusal(logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP })))).toBe(missing);
    expect(await refusal(logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP })))).toBe(missing);
    await create(logs, GROUP);
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
    expect(logStreams).toEqual([]);
  });

  it("keeps its events as many days as AWS knows of, or for ever", async () => {
    const { logs } = await logsClient();
    await create(logs, GROUP);
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 7 }));
    const retention = async () => (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.[0]?.retentionInDays;
    expect(await retention()).toBe(7);
    const odd = new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 8 });
    expect(await refusal(logs.send(odd))).toMatch(/^InvalidParameterException: .*'8' at 'retentionInDays'/);
    await logs.send(new DeleteRetentionPolicyCommand({ logGroupName: GROUP }));
    expect(await retention()).toBeUndefined();
  });

  it("has tags, by its ARN without the asterisk", async () => {
    const { logs, world } = await logsClient();
    await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP, tags: { owner: "me" } }));
    const resourceArn = `arn:aws:logs:us-east-1:${world.account}:log-group:${GROUP}`;
    await logs.send(new TagResourceCommand({ resourceArn, tags: { stage: "2" } }));
    const tags = async () => (await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
    expect(await tags()).toEqual({ owner: "me", stage: "2" });
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["owner"] }));
    expect(await tags()).toEqual({ stage: "2" });
    const asterisk = new ListTagsForResourceCommand({ resourceArn: `${resourceArn}:*` });
    expect(await refusal(logs.send(asterisk))).toMatch(/^InvalidParameterException: /);
    const reserved = new TagResourceCommand({ resourceArn, tags: { "aws:x": "1" } });
    expect(await refusal(logs.send(reserved))).toMatch(/^InvalidParameterException: .*aws:/);
  });
});

describe("a log stream", () => {
  it("is made in a group that is there, once", async () => {
    const { logs } = await logsClient();
    const make = () => logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: "bia/bia/1" }));
    expect(await refusal(make())).toBe("ResourceNotFoundException: The specified log group does not exist.");
    await create(logs, GROUP);
    await make();
    expect(await refusal(make())).toBe("ResourceAlreadyExistsException: The specified log stream already exists");
    const odd = new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: "a:b" });
    expect(await refusal(logs.send(odd))).toMatch(/^InvalidParameterException: .*'a:b' at 'logStreamName'/);
  });

  it("tells when it had its events, and is listed by its name or by the last of them", async () => {
    const { logs, world } = await logsClient();
    const now = world.now().getTime();
    await makeStreams(logs, "c", "b", "a");
    await put(logs, "a", [
      { timestamp: now - 5, message: "x" },
      { timestamp: now, message: "x" },
    ]);
    await put(logs, "c", [{ timestamp: now - 1, message: "x" }]);
    const list = async (input: object) =>
      (await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP, ...input }))).logStreams ?? [];
    expect((await list({})).map(({ logStreamName }) => logStreamName)).toEqual(["a", "b", "c"]);
    expect((await list({ logStreamNamePrefix: "a" }))[0]).toMatchObject({
      firstEventTimestamp: now - 5,
      lastEventTimestamp: now,
      lastIngestionTime: now,
      storedBytes: 0,
    });
    const latest = await list({ orderBy: "LastEventTime", descending: true });
    expect(latest.map(({ logStreamName }) => logStreamName)).toEqual(["a", "c", "b"]);
    expect(await refusal(list({ orderBy: "LastEventTime", logStreamNamePrefix: "a" }))).toBe(
      "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.",
    );
  });

  it("is deleted alone", async () => {
    const { logs } = await logsClient();
    await makeStreams(logs, "one", "two");
    const gone = new DeleteLogStreamCommand({ logGroupName: GROUP, logStreamName: "one" });
    await logs.send(gone);
    expect(await refusal(logs.send(gone))).toBe("ResourceNotFoundException: The specified log stream does not exist.");
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(["two"]);
  });
});

it("refuses live tails by name", async () => {
  const { logs } = await logsClient();
  const tail = new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:us-east-1:1:log-group:a"] });
  expect(await refusal(logs.send(tail))).toMatch(/^SandboxNotEmulated: .*StartLiveTail/);
});
