import {
  type AwsVpcConfiguration,
  DescribeTasksCommand,
  type Failure,
  RunTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { Explained } from "../../engine/errors.ts";
import type { Note } from "../../engine/task.ts";
import { inWords, leftOn, machinesIn, type Size } from "./machines.ts";
import { revisionOf } from "./revisions.ts";

/** A task beside the service: a container of one of its revisions, with a command of its own. */
export interface OneOff {
  readonly cluster: string;
  /** ARN. */
  readonly revision: string;
  readonly container: string;
  /** Instead of the image's own. */
  readonly command: readonly string[];
  /** The network that it has on Fargate. Absent: it runs on a machine of the cluster. */
  readonly fargate?: AwsVpcConfiguration;
  /** Who wants it, in letters, digits, `-`, `/` and `_`; at most 128. */
  readonly startedBy: string;
  /** MiB. Absent: as the revision has it, or as much as a machine has left. */
  readonly memory?: number;
  /** CPU units. Absent: as with `memory`. */
  readonly cpu?: number;
}

/** How far a one-off task is. */
export interface OneOffState {
  /** ARN. */
  readonly arn: string;
  readonly id: string;
  /** ECS's word, e.g. `PENDING`. */
  readonly status: string;
  /** Of the container; undefined: it has not ended, or never began. */
  readonly exitCode: number | undefined;
  /** Why it stopped, in ECS's words; undefined: it has not. */
  readonly stopped: string | undefined;
}

/** A machine with less left is none. */
const LEAST: Size = { cpu: 128, memory: 128 };

/**
 * Starts a one-off task, on Fargate or on EC2. Where no machine has as much left as the revision asks for, it gets what there is, and `note` says so.
 * The launch type makes ECS answer at once: with a capacity provider it would wait for machines. ("Amazon ECS managed scaling behavior")
 *
 * @returns its ARN
 * @throws {Explained} ECS has no place for it
 */
export async function startOneOff(aws: Aws, one: OneOff, note: Note): Promise<string> {
  return one.fargate ? startOnFargate(aws, one, one.fargate) : startOnMachine(aws, one, note);
}

async function startOnFargate({ ecs }: Aws, one: OneOff, network: AwsVpcConfiguration): Promise<string> {
  const { cluster, revision, container: name, command, startedBy, memory, cpu } = one;
  const { tasks = [], failures = [] } = await ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: revision,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: network },
      startedBy,
      overrides: { containerOverrides: [{ name, command: [...command], memory, cpu }] },
    }),
  );
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  throw new Explained(
    `ECS starts no task on Fargate: ${reasonsOf(failures).join(", ")}`,
    "`bia-infra doctor` says how much of Fargate the account may have.",
  );
}

async function startOnMachine(aws: Aws, one: OneOff, note: Note): Promise<string> {
  const { cluster, revision, container: name, command, startedBy } = one;
  const wanted = await sizeIn(aws, one);
  const left = await roomiest(aws, cluster);
  const size = { cpu: one.cpu ?? fitting("cpu", wanted, left), memory: one.memory ?? fitting("memory", wanted, left) };
  if (size.memory < wanted.memory || size.cpu < wanted.cpu) {
    note(`It gets ${inWords(size)}, not the ${inWords(wanted)} of its revision: no machine has more left.`);
  }
  const { tasks = [], failures = [] } = await aws.ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: revision,
      launchType: "EC2",
      startedBy,
      overrides: { containerOverrides: [{ name, command: [...command], ...size }] },
    }),
  );
  const arn = tasks[0]?.taskArn;
  if (arn === undefined) throw refused(failures, size, left);
  return arn;
}

/** Undefined: ECS does not know it yet, or no longer. */
export async function oneOffState(
  { ecs }: Aws,
  { cluster, container }: Pick<OneOff, "cluster" | "container">,
  arn: string,
): Promise<OneOffState | undefined> {
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
  return tasks[0] && stateOf(tasks[0], container);
}

/** A task as ECS describes it, by one of its containers. */
export function stateOf({ taskArn = "", lastStatus = "", containers = [], stoppedReason }: Task, container: string) {
  const { exitCode, reason } = containers.find(({ name }) => name === container) ?? {};
  const words = [stoppedReason, reason].filter((one) => one !== undefined && one !== "");
  const stopped = lastStatus === "STOPPED" ? [...new Set(words)].join("; ") : undefined;
  return { arn: taskArn, id: nameIn(taskArn), status: lastStatus, exitCode, stopped } satisfies OneOffState;
}

async function sizeIn(aws: Aws, { revision, container }: OneOff): Promise<Size> {
  const { definition } = (await revisionOf(aws, revision)) ?? {};
  const { cpu = 0, memory = 0 } = definition?.containerDefinitions?.find(({ name }) => name === container) ?? {};
  return { cpu, memory };
}

/** As much as is wanted, or as there is. */
function fitting(what: keyof Size, wanted: Size, left: Size | undefined): number {
  return left && left[what] >= LEAST[what] ? Math.min(wanted[what], left[what]) : wanted[what];
}

/** What the machine with the most memory left has; undefined: there is no machine. */
async function roomiest(aws: Aws, cluster: string): Promise<Size | undefined> {
  const machines = await machinesIn(aws, cluster);
  return machines.map(leftOn).sort((one, other) => other.memory - one.memory || other.cpu - one.cpu)[0];
}

/** What to do, by ECS's reason ("API failure reasons"). */
const REMEDIES: readonly { readonly reason: RegExp; readonly next: string }[] = [
  {
    reason: /^RESOURCE:(MEMORY|CPU)/,
    next: "Ask for less with --memory and --cpu, or give the cluster another machine (autoScalingGroup in the variables).",
  },
  {
    reason: /^RESOURCE:PORTS/,
    next: "Let each task have a port of its own: taskDefinition.container.hostPort 0 in the variables, and `bia-infra create --all`.",
  },
  { reason: /^AGENT/, next: "The machine's agent is not connected: `bia-infra status` says more." },
];

function reasonsOf(failures: readonly Failure[]): string[] {
  return [...new Set(failures.map(({ reason = "", detail }) => [reason, detail].filter(Boolean).join(": ")))];
}

function refused(failures: readonly Failure[], size: Size, left: Size | undefined): Explained {
  const reasons = reasonsOf(failures);
  const room = left === undefined ? "" : `; the roomiest machine has ${inWords(left)} left`;
  const next = REMEDIES.find(({ reason }) => reasons.some((one) => reason.test(one)))?.next;
  return new Explained(
    `ECS has no place for a task with ${inWords(size)}: ${reasons.join(", ")}${room}`,
    next ?? "`bia-infra status` says how the cluster is.",
  );
}
