import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import type { World } from "../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../support/sandbox.ts";

/** SDK clients of a sandbox of the test's own. They do not retry, so that a test sees every refusal. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  readonly world: World;
}

/** A sandbox whose time stands still unless the test says otherwise. */
export async function clientsOf(options: SandboxOptions = {}, region = "us-east-1"): Promise<Clients> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const config = { ...clientConfig(sandbox, region), maxAttempts: 1 };
  const clients = {
    ec2: new EC2Client(config),
    iam: new IAMClient(config),
    ssm: new SSMClient(config),
    sts: new STSClient(config),
  };
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { ...clients, world: sandbox.world };
}

/** The refusal of a call, as `CODE: message`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { name, Code, message } = error as { name: string; Code?: string; message: string };
    return `${Code ?? name}: ${message}`;
  }
  throw new Error("The call was not refused.");
}
