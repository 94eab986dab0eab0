import { createHash } from "node:crypto";
import { CreateTagsCommand, DescribeTagsCommand } from "@aws-sdk/client-ec2";
import { DescribeInstanceInformationCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../aws/clients.ts";
import { NotYet } from "../engine/errors.ts";
import type { Kind } from "../engine/task.ts";
import { followOutput } from "./output.ts";
import { type Invocation, invocationOf, sendScript } from "./run-command.ts";

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

/** A run of a script that is under way or over. */
export interface ScriptRun extends Invocation {
  readonly name: string;
  readonly instanceId: string;
  readonly commandId: string;
}

/** Run Command forgets commands after this many days (SSM, "Understanding command statuses"). */
const HISTORY_DAYS = 30;

/**
 * A script that has run on a machine. The receipt is a tag of the machine: which script (its hash) in which command. So
 * the effect is found without running anything, goes with the machine, and a run that was interrupted is joined again
 * instead of being started a second time.
 */
export const remoteScript: Kind<ScriptDesired, ScriptRun, Aws> = {
  type: "remote.script",
  async find(aws, { name, instanceId, script }) {
    const receipt = await readReceipt(aws, instanceId, name);
    if (receipt?.hash !== hashOf(script)) return undefined;
    const { commandId, sent } = receipt;
    const found = await invocationOf(aws.ssm, commandId, instanceId);
    if (found) return { name, instanceId, commandId, ...found };
    const forgotten = Date.now() - sent > (HISTORY_DAYS - 1) * 86_400_000;
    return { name, instanceId, commandId, status: forgotten ? "Success" : "Pending", output: "" };
  },
  async create(aws, { name, instanceId, script, timeout }) {
    await agentOnline(aws, instanceId);
    const hash = hashOf(script);
    const { commandId, sent } = await sendScript(aws.ssm, { instanceId, name, script, timeout });
    const Value = `${hash} ${commandId} ${sent}`;
    await aws.ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags: [{ Key: receiptKey(name), Value }] }));
  },
  pending({ status }) {
    if (status === "Pending" || status === "Delayed") return "waiting for the machine to start it";
    return status === "InProgress" || status === "Cancelling" ? "running on the machine" : undefined;
  },
  broken({ status, output, commandId }) {
    if (!["Failed", "TimedOut", "Cancelled"].includes(status)) return undefined;
    return `the script ended as ${status} (command ${commandId}); its last words were:\n${lastLines(output)}`;
  },
  redo: true,
  follow: (aws, { name, instanceId, status }, note, place) =>
    status === "InProgress" ? followOutput(aws.ssm, { name, instanceId }, note, place) : Promise.resolve(place),
  describe: ({ output }) => output.trim().split("\n").slice(-LAST_LINES).join(", "),
  limits: { usually: 180, ready: 1800, poll: [0.3, 5] },
};

const LAST_LINES = 6;

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-LAST_LINES).join("\n") || "(nothing)";
}

interface Receipt {
  readonly hash: string;
  readonly commandId: string;
  /** Milliseconds since the epoch, by AWS's clock. */
  readonly sent: number;
}

function receiptKey(name: string): string {
  return `bia-infra:did:${name}`;
}

async function readReceipt({ ec2 }: Aws, instanceId: string, name: string): Promise<Receipt | undefined> {
  const Filters = [
    { Name: "resource-id", Values: [instanceId] },
    { Name: "key", Values: [receiptKey(name)] },
  ];
  const { Tags } = await ec2.send(new DescribeTagsCommand({ Filters }));
  const [hash, commandId, sent] = Tags?.[0]?.Value?.split(" ") ?? [];
  return hash && commandId ? { hash, commandId, sent: Number(sent) } : undefined;
}

function hashOf(script: string): string {
  return createHash("sha256").update(script).digest("hex").slice(0, 16);
}

/** The agent registers half a minute to two minutes after the machine runs; until then SendCommand is refused. */
async function agentOnline({ ssm }: Aws, instanceId: string): Promise<void> {
  const Filters = [{ Key: "InstanceIds", Values: [instanceId] }];
  const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand({ Filters }));
  const agent = InstanceInformationList?.[0];
  if (!agent) throw new NotYet("the machine's SSM agent has not registered yet");
  if (agent.PingStatus !== "Online") throw new NotYet(`the machine's SSM agent is ${agent.PingStatus}`);
}
