import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stopSandbox } from "../../src/sandbox/daemon.ts";
import { type Home, sandboxHome } from "../../src/sandbox/home.ts";

/** An empty home for a sandbox of the running test's own; what runs in it is stopped when the test ends. */
export async function homeForTest(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "bia-sandbox-"));
  const home = sandboxHome({ BIA_SANDBOX_HOME: folder });
  onTestFinished(async () => {
    await stopSandbox(home);
    await rm(folder, { recursive: true, force: true });
  });
  return home;
}
