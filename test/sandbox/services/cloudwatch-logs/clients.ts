import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
} from "@aws-sdk/client-cloudwatch-logs";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";

export const GROUP = "/ecs/app";

/** A client of a sandbox of the test's own, whose time stands still. It does not retry, so that a test sees every refusal. */
export async function logsClient(
  options: SandboxOptions = {},
  region = "us-east-1",
): Promise<{ logs: CloudWatchLogsClient; world: World }> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const logs = new CloudWatchLogsClient({
    ...clientConfig(sandbox, region),
    maxAttempts: 1,
    // Live tails have a host of their own, which the address of the sandbox has not.
    disableHostPrefix: true,
  });
  onTestFinished(() => logs.destroy());
  return { logs, world: sandbox.world };
}

/** Makes the group with streams of these names. */
export async function makeStreams(logs: CloudWatchLogsClient, ...names: string[]): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  for (const logStreamName of names) {
    await logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName }));
  }
}

export function put(
  logs: CloudWatchLogsClient,
  logStreamName: string,
  logEvents: InputLogEvent[],
): Promise<PutLogEventsCommandOutput> {
  return logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName, logEvents }));
}
