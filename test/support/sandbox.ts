import { onTestFinished } from "vitest";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";

/** Configuration that any SDK client takes to talk to a sandbox. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A sandbox of the running test's own, in this process and in memory; closed when the test ends. */
export async function sandboxForTest(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** Points an SDK client at a sandbox: `new EC2Client(clientConfig(sandbox))`. */
export function clientConfig(sandbox: RunningSandbox, region = "us-east-1"): ClientConfig {
  return { endpoint: sandbox.endpoint, region, credentials: sandbox.keys };
}
