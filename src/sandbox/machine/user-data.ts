import { findUser } from "./accounts.ts";
import { versions } from "./packages.ts";
import { runScript } from "./shell.ts";
import type { System } from "./system.ts";

const LOG = "/var/log/cloud-init-output.log";
const INSTANCE = "/var/lib/cloud/instance";
const MODULE =
  "<module 'cloudinit.config.cc_scripts_user' from '/usr/lib/python3.9/site-packages/cloudinit/config/cc_scripts_user.py'>";

interface Options {
  readonly path: string;
  readonly onOutput?: ((chunk: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs user data as cloud-init's module scripts-user does and records the outcome for `cloud-init status`
 * (https://cloudinit.readthedocs.io/en/22.2.2/topics/format.html).
 */
export async function runUserData(
  system: System,
  userData: string,
  { path, onOutput, signal }: Options,
): Promise<{ exitCode: number; output: string }> {
  let output = "";
  const log = (chunk: string) => {
    output += chunk;
    system.disk.append(LOG, chunk, { mode: 0o640, gid: 4 });
    onOutput?.(chunk);
  };
  system.setCloudInit("running");
  system.disk.write(`${INSTANCE}/user-data.txt`, userData, { mode: 0o600 });
  log(
    `Cloud-init v. ${versions.cloudInit} running 'modules:final' at ${new Date().toUTCString().replace("GMT", "+0000")}.\n`,
  );
  const errors: string[] = [];
  let exitCode = 0;
  const interpreter = /^#!\s*(\S+)(?:[ \t]+(.*))?/.exec(userData);
  if (/^#cloud-config|^Content-Type:|^#include|^#cloud-boothook/i.test(userData)) {
    errors.push("the sandbox does not emulate user data other than scripts (#!); on AWS it exists");
    log(`bia-infra sandbox: ${errors[0]}\n`);
    exitCode = 125;
  } else if (interpreter) {
    system.disk.write(`${INSTANCE}/scripts/part-001`, userData, { mode: 0o700 });
    exitCode = await runPart({ system, script: userData, interpreter, path, signal, log });
    if (exitCode !== 0)
      errors.push("('scripts-user', RuntimeError('Runparts: 1 failures (part-001) in 1 attempted commands'))");
  } else if (userData.trim() !== "") {
    log(
      `${stamp()} - __init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: '${userData.slice(0, 24)}...'\n`,
    );
  }
  if (signal?.aborted) {
    system.setCloudInit("not run");
    return { exitCode, output };
  }
  if (exitCode !== 0) {
    log(
      `${stamp()} - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in ${INSTANCE}/scripts)\n`,
    );
    log(`${stamp()} - util.py[WARNING]: Running module scripts-user (${MODULE}) failed\n`);
  }
  const up = ((Date.now() - system.bootedAt) / 1000).toFixed(2);
  log(
    `Cloud-init v. ${versions.cloudInit} finished at ${new Date().toUTCString().replace("GMT", "+0000")}. Datasource DataSourceEc2.  Up ${up} seconds\n`,
  );
  system.disk.write(`${INSTANCE}/boot-finished`, `${up} - done\n`);
  system.disk.write(
    "/run/cloud-init/result.json",
    `${JSON.stringify({ v1: { datasource: "DataSourceEc2", errors } }, undefined, 1)}\n`,
  );
  system.setCloudInit(exitCode === 0 ? "done" : "error", errors);
  return { exitCode, output };
}

interface Part {
  system: System;
  script: string;
  interpreter: RegExpExecArray;
  path: string;
  signal: AbortSignal | undefined;
  log(chunk: string): void;
}

async function runPart({ system, script, interpreter, path, signal, log }: Part): Promise<number> {
  const [, program = "", flags = ""] = interpreter;
  const shell = program.endsWith("/env") ? flags.split(/\s+/)[0] : program.slice(program.lastIndexOf("/") + 1);
  if (shell !== "bash" && shell !== "sh") {
    log(`bia-infra sandbox: this machine does not emulate user data for ${shell}. On AWS it exists.\n`);
    return 125;
  }
  const root = findUser(system.disk, "root");
  if (!root) throw new Error("the machine's /etc/passwd has lost root");
  const settings = program.endsWith("/env") || flags === "" ? "" : `set ${flags}; `;
  const onOutput = (_stream: string, chunk: string) => log(chunk);
  const result = await runScript(system, root, settings + script, { cwd: "/", env: { PATH: path }, signal, onOutput });
  return result.exitCode;
}

/** `2026-11-22 04:01:27,123`. */
function stamp(): string {
  return new Date().toISOString().replace("T", " ").replace(".", ",").replace("Z", "");
}
