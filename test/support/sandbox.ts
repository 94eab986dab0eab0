import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeHome, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";
import { VERSION } from "../../src/version.ts";

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

/** The certificate, in PEM, of the authority that signs for a sandbox's servers. */
export async function authorityOf({ endpoint, keys }: RunningSandbox): Promise<string> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const { pem } = (await (await fetch(`${endpoint}/_sandbox/authority`, { headers })).json()) as { pem: string };
  return pem;
}

/**
 * Makes a sandbox in this process the one that commands in other processes find.
 *
 * @returns BIA_SANDBOX_HOME for those processes
 */
export async function homeOf(sandbox: RunningSandbox): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bia-sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const home = sandboxHome({ BIA_SANDBOX_HOME: folder });
  await makeHome(home);
  await writeRecord(home, { endpoint: sandbox.endpoint, ...sandbox.keys, version: VERSION, pid: process.pid });
  return folder;
}
