import type { TestProject } from "vitest/node";
import { peerIsHere } from "../../support/peer.ts";
import { started } from "./started.ts";

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
  const { env, run, stop } = await started();
  const { code, stderr } = await run("create", "--all");
  if (code !== 0) {
    await stop();
    throw new Error(`create --all ended with ${code}:\n${stderr}`);
  }
  provide("awsCli", env);
  return stop;
}
