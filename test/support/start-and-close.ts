/** Starts a sandbox, leaves an idle connection open as SDK clients do, and closes it: the process then has to end by itself. */

import { Agent, request } from "node:http";
import { startSandbox } from "../../src/sandbox/sandbox.ts";

const sandbox = await startSandbox();
const agent = new Agent({ keepAlive: true });
await new Promise<void>((resolve) => {
  const call = request(`${sandbox.endpoint}/_sandbox/health`, { agent }, (response) => {
    response.resume().once("end", resolve);
  });
  call.end();
});
await sandbox.close();
