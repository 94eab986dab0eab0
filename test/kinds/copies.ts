import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { openCopy } from "../support/created.ts";

/**
 * What many tests start from, made once by whichever of them asks first: the function that is answered opens a copy, for the
 * running test alone, which is closed when the test ends.
 */
export function copiesOf(make: (sandbox: RunningSandbox) => Promise<unknown>): () => Promise<RunningSandbox> {
  let saved: Promise<string> | undefined;
  afterAll(async () => {
    if (saved) await rm(await saved, { recursive: true, force: true });
  });
  return async () => {
    saved ??= savedWorld(make);
    const sandbox = await openCopy(await saved, { delays: "none" });
    onTestFinished(() => sandbox.close());
    return sandbox;
  };
}

async function savedWorld(make: (sandbox: RunningSandbox) => Promise<unknown>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bia-world-"));
  const sandbox = await startSandbox({ delays: "none", folder });
  await make(sandbox);
  await sandbox.close();
  return folder;
}
