import { createHash } from "node:crypto";
import type { Aws } from "../aws/clients.ts";
import type { Kind } from "../engine/task.ts";
import { failureOf, followRun, lastLines, lastRun, pendingOf, type Run, startRun } from "./run.ts";

/** A script that must have run on a machine with success. */
export interface ScriptDesired {
  /** Lower-case words with dashes; names the receipt and the log on the machine. */
  readonly name: string;
  readonly instanceId: string;
  /** Bash, run as root with `set -euo pipefail`. It may run more than once, so it must not mind. */
  readonly script: string;
  /** Seconds that it may take on the machine. */
  readonly timeout: number;
}

/** A script that has run on a machine; its receipt carries the script's hash. */
export const remoteScript: Kind<ScriptDesired, Run, Aws> = {
  type: "remote.script",
  async find(aws, { name, instanceId, script }) {
    const run = await lastRun(aws, instanceId, name);
    return run?.what === hashOf(script) ? run : undefined;
  },
  create: (aws, { name, instanceId, script, timeout }) =>
    startRun(aws, { instanceId, name, script, timeout }, hashOf(script)),
  pending: pendingOf,
  broken: failureOf,
  redo: true,
  follow: followRun,
  describe: ({ output }) => lastLines(output).split("\n").join(", "),
  limits: { usually: 180, ready: 1800, poll: [0.1, 5] },
};

function hashOf(script: string): string {
  return createHash("sha256").update(script).digest("hex").slice(0, 16);
}
