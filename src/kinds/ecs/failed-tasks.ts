import type { Task } from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { lastPrinted } from "./printed.ts";
import { readable, type Said } from "./service-events.ts";

/** A task that did not start, ended by itself or was found unhealthy. */
export interface FailedTask {
  readonly id: string;
  /** Of the deployment that had started it. */
  readonly deployment: string;
  /** ARN of its revision. */
  readonly revision: string;
  /** When it was started; undefined: not told. */
  readonly createdAt: Date | undefined;
  /** In ECS's words, with the exit code where there is one. */
  readonly why: string;
  /** The last lines that its container printed; empty: none are kept, or nobody may read them. */
  readonly printed: readonly string[];
}

/** Of so many tasks that failed last it is asked what they printed. */
const LOUDEST = 2;
/** (ECS Developer Guide, "Amazon ECS service event messages") */
const UNHEALTHY = /is unhealthy in .* due to \(reason (.*)\)/;
const LAST_LINES = 6;

/**
 * Those among a service's stopped tasks that came to a bad end, newest first.
 *
 * @param said what the scheduler said of the service, newest first
 */
export function failedAmong(aws: Aws, stopped: readonly Task[], said: readonly Said[]): Promise<FailedTask[]> {
  const failed = stopped.filter(hasFailed).sort(byEnd);
  return Promise.all(failed.map((task, index) => failedTask(aws, task, said, index < LOUDEST)));
}

/** Stopped by the scheduler for its checks, too: only the reason tells that from being replaced. */
function hasFailed({ stopCode, stoppedReason = "" }: Task): boolean {
  if (stopCode === "TaskFailedToStart" || stopCode === "EssentialContainerExited") return true;
  return stopCode !== "UserInitiated" && /failed (container|ELB) health checks|unhealthy/i.test(stoppedReason);
}

function byEnd(one: Task, other: Task): number {
  return (
    (other.stoppedAt ?? other.stoppingAt ?? new Date(0)).getTime() -
    (one.stoppedAt ?? one.stoppingAt ?? new Date(0)).getTime()
  );
}

async function failedTask(aws: Aws, task: Task, said: readonly Said[], withLines: boolean): Promise<FailedTask> {
  const { taskArn = "", startedBy = "", taskDefinitionArn = "", createdAt, containers = [], stoppedReason = "" } = task;
  const container = containers.find(({ reason, exitCode }) => reason !== undefined || (exitCode ?? 0) !== 0);
  const words = [
    readable(stoppedReason),
    // Of a target only the service's events say what it answered.
    /ELB health checks/.test(stoppedReason)
      ? said.map(({ text }) => UNHEALTHY.exec(text)?.[1]).find(Boolean)
      : undefined,
    container?.reason,
    container?.exitCode === undefined ? undefined : `container ${container.name} exited with ${container.exitCode}`,
  ];
  const id = nameIn(taskArn);
  return {
    id,
    deployment: startedBy,
    revision: taskDefinitionArn,
    createdAt,
    why: [...new Set(words.filter((one) => one !== undefined && one !== ""))].join("; "),
    printed: withLines ? await lastPrinted(aws, taskDefinitionArn, id, LAST_LINES) : [],
  };
}

/** What failed tasks, newest first, printed last, and how they ended: a line each. */
export function lastWords(failed: readonly FailedTask[]): string[] {
  const printed = failed.find((task) => task.printed.length > 0)?.printed ?? [];
  const last = failed.slice(0, LOUDEST);
  const ends = [...new Set(last.map(({ why }) => why))];
  return [
    ...printed.map((line) => `| ${line}`),
    ...ends.map(
      (end) => `${last.flatMap(({ id, why }) => (why === end ? [`task ${id.slice(0, 8)}`] : [])).join(", ")}: ${end}`,
    ),
  ];
}
