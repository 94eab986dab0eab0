/** A sandbox of an older version of the product, as a process: `node --import tsx old-sandbox.ts <home> <version>`. */

import { makeHome, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";

const [folder = "", version = ""] = process.argv.slice(2);
const home = sandboxHome({ BIA_SANDBOX_HOME: folder });
await makeHome(home);
const sandbox = await startSandbox({
  version,
  folder: home.world,
  onShutdown: () => sandbox.close().then(() => process.exit(0)),
});
await writeRecord(home, { endpoint: sandbox.endpoint, ...sandbox.keys, version, pid: process.pid });
