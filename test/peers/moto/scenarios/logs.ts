import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteResourcePolicyCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeResourcePoliciesCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutResourcePolicyCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Call, Scenario } from "../transcript.ts";

const logGroupName = "shop";
const logStreamName = "ui/application/1";

/** Log groups, what is written into them and read of them. */
export const logs: Scenario = {
  title: "CloudWatch Logs",
  async run({ logs: client }, call) {
    await call("CreateLogGroup", client.send(new CreateLogGroupCommand({ logGroupName, tags: { owner: "me" } })));
    await call("CreateLogGroup, again", client.send(new CreateLogGroupCommand({ logGroupName })));
    await call("PutRetentionPolicy", client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 })));
    await call(
      "PutRetentionPolicy, of 8 days",
      client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 8 })),
    );
    const { logGroups = [] } = await call(
      "DescribeLogGroups",
      client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "sh" })),
    );
    await call("DeleteRetentionPolicy", client.send(new DeleteRetentionPolicyCommand({ logGroupName })));
    await call("DescribeLogGroups, kept", client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "sh" })));
    const resourceArn = logGroups[0]?.arn?.replace(/:\*$/, "") ?? "";
    await call("TagResource", client.send(new TagResourceCommand({ resourceArn, tags: { stage: "one" } })));
    await call("ListTagsForResource", client.send(new ListTagsForResourceCommand({ resourceArn })));
    await call("UntagResource", client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["stage"] })));
    await call("ListTagsForResource, fewer", client.send(new ListTagsForResourceCommand({ resourceArn })));
    await events(client, call);
    await policies(client, call);
    await call("DeleteLogGroup", client.send(new DeleteLogGroupCommand({ logGroupName })));
    await call("DeleteLogGroup, again", client.send(new DeleteLogGroupCommand({ logGroupName })));
  },
  differences: [
    { at: /\.logGroupClass$/, why: "moto leaves it out (logs:LogGroup)" },
    {
      at: /^PutRetentionPolicy, of 8 days$|\.retentionInDays$/,
      why: "moto takes it; AWS: InvalidParameterException (PutRetentionPolicy)",
    },
    { at: /\.storedBytes$|\.uploadSequenceToken$/, why: "AWS has long told 0, and needs no token (logs:LogStream)" },
    { at: /\.(eventId|next\w+Token)$/, why: "of no meaning" },
    { at: /\.searchedLogStreams\.0$/, why: "AWS has long told none (logs:FilterLogEvents)" },
  ],
};

async function events(client: CloudWatchLogsClient, call: Call): Promise<void> {
  const from = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
  const stream = { logGroupName, logStreamName };
  await call(
    "PutLogEvents, no stream",
    client.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: from, message: "x" }] })),
  );
  await call("CreateLogStream", client.send(new CreateLogStreamCommand(stream)));
  await call("CreateLogStream, again", client.send(new CreateLogStreamCommand(stream)));
  const logEvents = ["started", "GET /home 200", "GET /cart 500"].map((message, index) => ({
    timestamp: from + index,
    message,
  }));
  await call("PutLogEvents", client.send(new PutLogEventsCommand({ ...stream, logEvents })));
  await call(
    "PutLogEvents, out of order",
    client.send(new PutLogEventsCommand({ ...stream, logEvents: [...logEvents].reverse() })),
  );
  await call(
    "DescribeLogStreams",
    client.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: "ui/" })),
  );
  await call("GetLogEvents", client.send(new GetLogEventsCommand({ ...stream, startFromHead: true })));
  await call("GetLogEvents, the last", client.send(new GetLogEventsCommand({ ...stream, limit: 1 })));
  await call(
    "GetLogEvents, since",
    client.send(new GetLogEventsCommand({ ...stream, startTime: from + 2, startFromHead: true })),
  );
  await call("GetLogEvents, unknown", client.send(new GetLogEventsCommand({ ...stream, logStreamName: "nothing" })));
  await call("FilterLogEvents", client.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "GET" })));
  await call(
    "FilterLogEvents, two words",
    client.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "GET 500" })),
  );
  await call(
    "FilterLogEvents, of a stream",
    client.send(
      new FilterLogEventsCommand({
        logGroupName,
        logStreamNames: [logStreamName],
        startTime: from + 1,
        endTime: from + 2,
      }),
    ),
  );
  await call("DeleteLogStream", client.send(new DeleteLogStreamCommand(stream)));
  await call("DescribeLogStreams, none", client.send(new DescribeLogStreamsCommand({ logGroupName })));
}

async function policies(client: CloudWatchLogsClient, call: Call): Promise<void> {
  const Statement = [
    { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "logs:PutLogEvents", Resource: "*" },
  ];
  const policyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await call("PutResourcePolicy", client.send(new PutResourcePolicyCommand({ policyName: "events", policyDocument })));
  await call("DescribeResourcePolicies", client.send(new DescribeResourcePoliciesCommand({})));
  await call("DeleteResourcePolicy", client.send(new DeleteResourcePolicyCommand({ policyName: "events" })));
  await call("DeleteResourcePolicy, again", client.send(new DeleteResourcePolicyCommand({ policyName: "events" })));
}
