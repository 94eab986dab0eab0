import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { bareEnvironment, runCli } from "../../support/cli.ts";
import { peerIsHere } from "../../support/peer.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Environment of `aws` on the sandbox that has the whole stack; undefined: there is no `aws` here. */
    awsCli: Readonly<Record<string, string>> | undefined;
  }
}

/** Creates the whole stack once, on a sandbox that all files of this folder share; they only look at it. */
export default async function created({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!peerIsHere("aws", ["--version"])) {
    provide("awsCli", undefined);
    return undefined;
  }
  const home = await mkdtemp(path.join(tmpdir(), "bia-aws-cli-"));
  const own = bareEnvironment({ BIA_SANDBOX_HOME: home });
  const stop = async () => {
    await runCli(["sandbox", "stop"], own);
    await rm(home, { recursive: true, force: true });
  };
  const { code, stderr } = await runCli(["create", "--all"], own);
  if (code !== 0) {
    await stop();
    throw new Error(`create --all ended with ${code}:\n${stderr}`);
  }
  const { stdout } = await runCli(["sandbox", "env", "--shell", "bash"], own);
  const pairs = [...stdout.matchAll(/^export (\w+)=(?:'([^']*)'|"([^"]*)"|(\S*))$/gm)];
  const variables = pairs.map(([, name, a, b, c]) => [name, a ?? b ?? c] as const);
  const inherited = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined);
  provide("awsCli", { ...Object.fromEntries(inherited), ...Object.fromEntries(variables), AWS_PAGER: "" });
  return stop;
}
