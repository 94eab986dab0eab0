import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SandboxDetails } from "../../src/sandbox/daemon.ts";
import { makeHome, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { VERSION } from "../../src/version.ts";
import { bareEnvironment } from "./cli.ts";
import { clientsOf, createOn } from "./runs.ts";

const TINY_APP = path.join(import.meta.dirname, "tiny-app");

/** The whole stack with the tiny app, its tasks really running, and what commands need to work on it. */
export interface StackUp {
  readonly sandbox: RunningSandbox;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly aws: ReturnType<typeof clientsOf>;
}

/** @param over variables beside the source of the app, which lies in `app` of the folder */
export async function stackUp(over: object = {}, options: Pick<SandboxOptions, "speed"> = {}): Promise<StackUp> {
  const sandbox = await startSandbox({ delays: "none", traffic: true, registryPort: 0, ...options });
  const folder = await mkdtemp(path.join(tmpdir(), "bia-tasks-"));
  await cp(TINY_APP, path.join(folder, "app"), { recursive: true });
  await mkdir(path.join(folder, "config"));
  const variables = { app: { source: "../app" }, ...over };
  await writeFile(path.join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
  const env = bareEnvironment({ BIA_SANDBOX_HOME: path.join(folder, "sandbox") });
  const home = sandboxHome(env);
  await makeHome(home);
  const at = { endpoint: sandbox.endpoint, ...(sandbox.places.registry && { registry: sandbox.places.registry }) };
  await writeRecord(home, { ...at, ...sandbox.keys, version: VERSION, pid: process.pid });
  await createOn(sandbox, {
    stack: stackOf((await load(undefined, folder)).variables, { region: "us-east-1", target: "sandbox" }),
  });
  return { sandbox, folder, env, aws: clientsOf(sandbox) };
}

/** Where the site answers over HTTP. */
export async function siteOf({ sandbox: { endpoint, keys } }: StackUp): Promise<string> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const { listeners } = (await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json()) as SandboxDetails;
  const http = listeners.find(({ protocol }) => protocol === "HTTP");
  return `http://${http?.address}:${http?.localPort}`;
}

export async function takeDown({ sandbox, folder, aws }: StackUp): Promise<void> {
  aws.close();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}
