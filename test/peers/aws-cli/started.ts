import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bareEnvironment, type CliResult, runCli } from "../../support/cli.ts";

/** A sandbox of its own, and what points the `aws` CLI at it. */
export interface Started {
  readonly env: Readonly<Record<string, string>>;
  /** Runs `bia-infra` on it. */
  run(...args: readonly string[]): Promise<CliResult>;
  stop(): Promise<void>;
}

/** Starts an empty sandbox with these settings (`BIA_SANDBOX_...`). */
export async function started(settings: Readonly<Record<string, string>> = {}): Promise<Started> {
  const home = await mkdtemp(path.join(tmpdir(), "bia-aws-cli-"));
  const own = bareEnvironment({ BIA_SANDBOX_HOME: home, ...settings });
  const run = (...args: readonly string[]) => runCli(args, own);
  const start = await run("sandbox", "start");
  if (start.code !== 0) throw new Error(start.stderr);
  const { stdout } = await run("sandbox", "env", "--shell", "bash");
  const pairs = [...stdout.matchAll(/^export (\w+)=(?:'([^']*)'|"([^"]*)"|(\S*))$/gm)];
  const variables = pairs.map(([, name, a, b, c]) => [name, a ?? b ?? c] as const);
  const inherited = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const env = { ...Object.fromEntries(inherited), ...Object.fromEntries(variables), AWS_PAGER: "" };
  const stop = async () => {
    await run("sandbox", "stop");
    await rm(home, { recursive: true, force: true });
  };
  return { env, run, stop };
}
