/** The process that a sandbox lives in. The command line starts it and it stays, without a terminal, until it is stopped. */

import { VERSION } from "../version.ts";
import { claimHome } from "./claim.ts";
import { guardClaim } from "./guard.ts";
import { type Home, readRecord, sandboxHome, writeRecord } from "./home.ts";
import { atOrElsewhere } from "./other-servers.ts";
import { openLog } from "./request-log.ts";
import { randomKeys, type SandboxOptions, startSandbox } from "./sandbox.ts";
import type { Quotas } from "./world/quotas.ts";
import { isDiskFull } from "./world/unsaved.ts";

async function main(home: Home): Promise<void> {
  const claim = await claimHome(home, Number(process.argv[2]));
  if (!claim) return;
  guardClaim(claim);
  const before = await readRecord(home);
  const { accessKeyId, secretAccessKey } = before ?? randomKeys();
  const log = await openLog(home.log);
  let stopping = false;
  const sandbox = await atOrElsewhere(portOf(before?.endpoint), (port) =>
    startSandbox({
      ...settings(process.env),
      keys: { accessKeyId, secretAccessKey },
      version: VERSION,
      folder: home.world,
      cache: home.cache,
      authorities: home.authorities,
      mayWrite: () => claim.holds() || die("Another process serves this home now, because this one seemed dead."),
      log: log.request,
      preload: true,
      traffic: true,
      onShutdown: stop,
      port,
      registryPort: portOf(before?.registry),
      dnsPort: portOf(before?.dns),
    }),
  );
  const record = { endpoint: sandbox.endpoint, accessKeyId, secretAccessKey, version: VERSION, ...sandbox.places };
  await writeRecord(home, { ...record, pid: process.pid, startedAt: new Date().toISOString() });
  log.note(`bia-infra ${VERSION} serves at ${sandbox.endpoint} (process ${process.pid})`);
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  function stop(): void {
    if (stopping) return;
    stopping = true;
    end().catch(die);
  }

  async function end(): Promise<void> {
    await sandbox.close();
    // On a full disk the old one stays, which says the same: its process does not answer.
    await writeRecord(home, record).catch(tolerate);
    log.note("stopped");
    await log.close();
    await claim?.release().catch(tolerate);
    process.exit(0);
  }
}

/**
 * How the sandbox behaves, from the environment of the command that starts it: BIA_SANDBOX_DELAYS is `none`, `short`
 * (default) or `real`, BIA_SANDBOX_SPEED how many times faster than real its clock runs (default 1), BIA_SANDBOX_PLAN the
 * account's plan, `free` or `paid` (default); and its quotas, by the names below.
 */
function settings(env: NodeJS.ProcessEnv): Pick<SandboxOptions, "delays" | "speed" | "plan" | "quotas"> {
  const { BIA_SANDBOX_DELAYS: delays = "short", BIA_SANDBOX_SPEED: speed = "1" } = env;
  const { BIA_SANDBOX_PLAN: plan = "paid" } = env;
  if (delays !== "none" && delays !== "short" && delays !== "real") {
    throw new Error(`BIA_SANDBOX_DELAYS is ${JSON.stringify(delays)}; it can be none, short or real.`);
  }
  if (!(Number(speed) > 0))
    throw new Error(`BIA_SANDBOX_SPEED is ${JSON.stringify(speed)}; it can be any number above 0.`);
  if (plan !== "free" && plan !== "paid") {
    throw new Error(`BIA_SANDBOX_PLAN is ${JSON.stringify(plan)}; it can be free or paid.`);
  }
  const given = (Object.keys(QUOTAS) as (keyof Quotas)[]).filter((quota) => env[QUOTAS[quota]] !== undefined);
  const quotas = Object.fromEntries(given.map((quota) => [quota, quotaIn(env, QUOTAS[quota])]));
  return { delays, speed: Number(speed), plan, quotas };
}

const QUOTAS: Readonly<Record<keyof Quotas, string>> = {
  vcpus: "BIA_SANDBOX_VCPUS",
  fargateVcpus: "BIA_SANDBOX_FARGATE_VCPUS",
  vpcs: "BIA_SANDBOX_VPCS",
  addresses: "BIA_SANDBOX_ADDRESSES",
  natGateways: "BIA_SANDBOX_NAT_GATEWAYS",
};

function quotaIn(env: NodeJS.ProcessEnv, name: string): number {
  const { [name]: value = "" } = env;
  if (/^\d{1,7}$/.test(value)) return Number(value);
  throw new Error(`${name} is ${JSON.stringify(value)}; it can be any whole number from 0 to 9999999.`);
}

/** Of an `http://host:port` or `host:port`; any free one if there was none. */
function portOf(place: string | undefined): number {
  return Number(/:(\d+)$/.exec(place ?? "")?.[1] ?? 0);
}

// The SDK clients, loaded later for their schemas, would warn about Node 20 into the log.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

function die(error: unknown): never {
  print(`the sandbox died: ${described(error)}`);
  process.exit(1);
}

/** Whoever needs a disk that is full is told so; for all the others the sandbox goes on. */
function tolerate(error: unknown): void {
  if (!isDiskFull(error)) die(error);
  print(`went on although the disk is full: ${described(error)}`);
}

function described(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Its standard error is the log. */
function print(text: string): void {
  try {
    process.stderr.write(`${new Date().toISOString()} ${text}\n`);
  } catch {
    // The disk is full.
  }
}

process.on("uncaughtException", tolerate);
process.on("unhandledRejection", tolerate);
main(sandboxHome()).catch(die);
