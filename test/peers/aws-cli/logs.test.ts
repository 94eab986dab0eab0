import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

const GROUP = "/ecs/task-def-bia-alb";

describeOnAwsCli("the aws CLI on CloudWatch Logs of the sandbox", () => {
  it("shows the service's log group, ours and kept for a week", () => {
    const { logGroups } = look("logs", "describe-log-groups", "--log-group-name-prefix", "/ecs/");
    expect(logGroups).toMatchObject([{ logGroupName: GROUP, retentionInDays: 7 }]);
    const tags = look("logs", "list-tags-for-resource", "--resource-arn", logGroups[0].arn.replace(/:\*$/, ""));
    expect(tags.tags).toMatchObject({ "bia-infra:stack": "bia", "bia-infra:task": "log-group" });
  });

  it("puts events, gets them from their stream, and filters them", () => {
    const stream = ["--log-group-name", GROUP, "--log-stream-name", "by-hand"];
    expect(aws("logs", "create-log-stream", ...stream).code).toBeUndefined();
    const now = Date.now();
    const events = [`timestamp=${now - 1},message=first ERROR`, `timestamp=${now},message=second`];
    expect(look("logs", "put-log-events", ...stream, "--log-events", ...events)).toHaveProperty("nextSequenceToken");
    const got = look("logs", "get-log-events", ...stream, "--start-from-head");
    expect(got.events.map(({ message }: { message: string }) => message)).toEqual(["first ERROR", "second"]);
    const named = ["--log-group-name", GROUP, "--log-stream-names", "by-hand"];
    const found = look("logs", "filter-log-events", ...named, "--filter-pattern", "ERROR");
    expect(found.events).toMatchObject([{ message: "first ERROR", logStreamName: "by-hand", timestamp: now - 1 }]);
    expect(aws("logs", "delete-log-stream", ...stream).code).toBeUndefined();
  });

  it("keeps a group's events for a time, or for ever, and lists its streams", () => {
    const group = ["--log-group-name", "by-hand"];
    look("logs", "create-log-group", ...group);
    const kept = () => look("logs", "describe-log-groups", "--log-group-name-prefix", "by-hand").logGroups;
    look("logs", "put-retention-policy", ...group, "--retention-in-days", "3");
    expect(kept()).toMatchObject([{ retentionInDays: 3 }]);
    look("logs", "delete-retention-policy", ...group);
    expect(kept()[0]).not.toHaveProperty("retentionInDays");
    look("logs", "create-log-stream", ...group, "--log-stream-name", "one");
    expect(look("logs", "describe-log-streams", ...group).logStreams).toMatchObject([{ logStreamName: "one" }]);
    look("logs", "delete-log-group", ...group);
    expect(kept()).toEqual([]);
  });

  it("asks Insights, and is told where a query cannot be understood", async () => {
    const stream = ["--log-group-name", GROUP, "--log-stream-name", "by-hand-2"];
    aws("logs", "create-log-stream", ...stream);
    look("logs", "put-log-events", ...stream, "--log-events", `timestamp=${Date.now()},message=asked for`);
    const times = ["--start-time", "0", "--end-time", `${Math.ceil(Date.now() / 1000)}`];
    const query = (text: string) => ["--log-group-name", GROUP, ...times, "--query-string", text];
    const result = () => {
      const text = "fields @message | filter @logStream = 'by-hand-2'";
      const { queryId } = look("logs", "start-query", ...query(text));
      return look("logs", "get-query-results", "--query-id", queryId);
    };
    const found = [[expect.objectContaining({ field: "@message", value: "asked for" }), expect.anything()]];
    await expect.poll(result, { timeout: 30_000 }).toMatchObject({ status: "Complete", results: found });
    expect(aws("logs", "start-query", ...query("campos @message")).message).toContain("line 1 and position 1");
    expect(aws("logs", "delete-log-stream", ...stream).code).toBeUndefined();
  });

  it.each([
    [["create-log-group", "--log-group-name", GROUP], "ResourceAlreadyExistsException"],
    [["delete-log-group", "--log-group-name", "nothing"], "ResourceNotFoundException"],
    [["put-retention-policy", "--log-group-name", GROUP, "--retention-in-days", "8"], "InvalidParameterException"],
    [
      ["start-query", "--log-group-name", GROUP, "--start-time", "0", "--end-time", "1", "--query-string", "fields"],
      "MalformedQueryException",
    ],
  ])("is told what AWS says of %s", (args, code) => {
    expect(aws("logs", ...args).code).toBe(code);
  });
});
