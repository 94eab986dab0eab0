import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { peerIsHere } from "../../support/peer.ts";

/** Where Terraform finds its provider without a network: `registry.terraform.io/hashicorp/aws/5.100.0/...` is in it. */
const MIRROR = process.env.TF_PLUGIN_MIRROR ?? "/opt/tf-plugins";

/** What a run of `terraform` ended with. */
export interface Ended {
  /** Null: it was killed. */
  readonly code: number | null;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

/** Runs `terraform` in a folder of its own; it is killed when the limit is reached, after six minutes by default. */
export type Terraform = (args: readonly string[], limit?: AbortSignal) => Promise<Ended>;

/** Whether Terraform and its provider are here; where they are not, the reason for the skip is printed. */
export function terraformIsHere(): boolean {
  if (!peerIsHere("terraform", ["version"])) return false;
  const provider = path.join(MIRROR, "registry.terraform.io/hashicorp/aws");
  if (existsSync(provider)) return true;
  console.warn(`skipped: there is no ${provider}, so nothing is checked against Terraform's provider`);
  return false;
}

/**
 * A folder of the running test's own with these files, in which Terraform is made ready.
 *
 * @param env environment of an AWS client that has the sandbox as its AWS
 */
export async function terraformIn(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ folder: string; terraform: Terraform }> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-terraform-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const file of files) await cp(path.join(import.meta.dirname, file), path.join(folder, file));
  const settings = path.join(folder, "terraform.rc");
  await writeFile(settings, `provider_installation {\n  filesystem_mirror {\n    path = "${MIRROR}"\n  }\n}\n`);
  const own = {
    ...env,
    TF_CLI_CONFIG_FILE: settings,
    TF_VAR_endpoint: env.AWS_ENDPOINT_URL,
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
    TF_PLUGIN_CACHE_DIR: undefined,
  };
  const terraform: Terraform = (args, limit = AbortSignal.timeout(360_000)) =>
    run(folder, [...args, "-no-color"], own, limit);
  const { code, output } = await terraform(["init", "-input=false"]);
  if (code !== 0) throw new Error(`terraform init ended with ${code}:\n${output}`);
  return { folder, terraform };
}

/** Terraform starts its provider, which goes on when only Terraform is killed: both are of one group of processes. */
function run(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv, limit: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn("terraform", args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const kill = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
    limit.addEventListener("abort", kill);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += bytes));
    child.once("error", reject);
    child.once("close", (code) => {
      limit.removeEventListener("abort", kill);
      resolve({ code, output });
    });
  });
}
