/** The process that a sandbox lives in. The command line starts it and it stays, without a terminal, until it is stopped. */

import { VERSION } from "../version.ts";
import { claimHome } from "./claim.ts";
import { type Home, readRecord, sandboxHome, writeRecord } from "./home.ts";
import { lastWords, openLog } from "./request-log.ts";
import { type RunningSandbox, randomKeys, type SandboxOptions, startSandbox } from "./sandbox.ts";

async function main(home: Home): Promise<void> {
  const claim = await claimHome(home, Number(process.argv[2]));
  if (!claim) return;
  const before = await readRecord(home);
  const keys = before ?? randomKeys();
  const log = openLog(home.log);
  const startedAt = new Date().toISOString();
  const sandbox = await startOnPort(portOf(before?.endpoint), {
    keys: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
    version: VERSION,
    folder: home.world,
    mayWrite: () =>
      claim.holds() || die(new Error("Another process serves this home now, because this one seemed dead.")),
    log: log.request,
    onShutdown: () => void stop(),
  });
  const record = { endpoint: sandbox.endpoint, ...sandbox.keys, version: VERSION };
  await writeRecord(home, { ...record, pid: process.pid, startedAt });
  log.note(`bia-infra ${VERSION} serves at ${sandbox.endpoint} (process ${process.pid})`);
  void sandbox.preload();

  let stopping: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopping ??= (async () => {
      await sandbox.close();
      await writeRecord(home, record);
      log.note("stopped");
      await log.close();
      await claim?.release();
      process.exit(0);
    })();
    return stopping;
  }
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
}

/** The port of last time, so that an exported environment stays right; any other if somebody has taken it. */
async function startOnPort(port: number, options: SandboxOptions): Promise<RunningSandbox> {
  try {
    return await startSandbox({ ...options, port });
  } catch (error) {
    if (port === 0 || !["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return await startSandbox({ ...options, port: 0 });
  }
}

function portOf(endpoint: string | undefined): number {
  return endpoint === undefined ? 0 : Number(new URL(endpoint).port);
}

// The SDK clients, loaded later for their schemas, would warn about Node 20 into the log.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const home = sandboxHome();

function die(error: unknown): never {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  lastWords(home.log, `the sandbox died: ${reason}`);
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

process.on("uncaughtException", die);
process.on("unhandledRejection", die);
main(home).catch(die);
