import type { Task } from "@aws-sdk/client-ecs";
import { nameIn } from "./arn.ts";
import type { Clients } from "./clients.ts";
import { serviceIn } from "./live.ts";
import { tasksOf } from "./service-tasks.ts";

/** What became of one task, and when. All times are milliseconds since the epoch; what has not happened is absent. */
export interface TaskLife {
  readonly id: string;
  /** `family:revision`. */
  readonly revision: string;
  /** The deployment that started it. */
  readonly deployment: string;
  readonly status: string;
  /** `HEALTHY` or `UNHEALTHY`; absent: its containers have no check, or it has no result yet. */
  readonly health?: string;
  readonly zone?: string;
  readonly createdAt: number;
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly startedAt?: number;
  readonly stoppingAt?: number;
  readonly stoppedAt?: number;
  /** Why it ended, in ECS's words. */
  readonly reason?: string;
}

/** A service, its deployments and its tasks: those that run, and those that stopped within about the last hour. */
export interface ServiceLives {
  readonly service: string;
  readonly deployments: readonly {
    readonly id: string;
    readonly status: string;
    /** Absent for controllers other than ECS's own. */
    readonly rollout?: string;
    readonly why?: string;
    readonly revision: string;
    readonly desired: number;
    readonly running: number;
    readonly pending: number;
    readonly failed: number;
    readonly createdAt: number;
  }[];
  /** The oldest first. */
  readonly tasks: readonly TaskLife[];
  /** The newest first, a hundred at most. */
  readonly events: readonly { readonly at: number; readonly text: string }[];
}

/** How a service and its tasks are, and what they were a while ago. Undefined: there is no such service. */
export async function serviceLives(
  { ecs }: Pick<Clients, "ecs">,
  { cluster, service: name }: { readonly cluster: string; readonly service: string },
): Promise<ServiceLives | undefined> {
  const service = await serviceIn({ ecs }, { cluster, service: name });
  if (!service) return undefined;
  const tasks = await tasksOf({ ecs }, { cluster, name }, "RUNNING", "STOPPED");
  return {
    service: name,
    deployments: (service.deployments ?? []).map((deployment) => ({
      id: nameIn(deployment.id ?? ""),
      status: deployment.status ?? "",
      ...(deployment.rolloutState && { rollout: deployment.rolloutState }),
      ...(deployment.rolloutStateReason && { why: deployment.rolloutStateReason }),
      revision: nameIn(deployment.taskDefinition ?? ""),
      desired: deployment.desiredCount ?? 0,
      running: deployment.runningCount ?? 0,
      pending: deployment.pendingCount ?? 0,
      failed: deployment.failedTasks ?? 0,
      createdAt: deployment.createdAt?.getTime() ?? 0,
    })),
    tasks: tasks.map(lifeOf).sort((one, other) => one.createdAt - other.createdAt),
    events: (service.events ?? []).map(({ createdAt, message = "" }) => ({
      at: createdAt?.getTime() ?? 0,
      text: message,
    })),
  };
}

function lifeOf(task: Task): TaskLife {
  const { healthStatus, availabilityZone, stoppedReason } = task;
  const times = ["pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "stoppedAt"] as const;
  return {
    id: nameIn(task.taskArn ?? ""),
    revision: nameIn(task.taskDefinitionArn ?? ""),
    deployment: nameIn(task.startedBy ?? ""),
    status: task.lastStatus ?? "",
    ...(healthStatus && healthStatus !== "UNKNOWN" && { health: healthStatus }),
    ...(availabilityZone && { zone: availabilityZone }),
    createdAt: task.createdAt?.getTime() ?? 0,
    ...Object.fromEntries(times.flatMap((name) => (task[name] ? [[name, task[name].getTime()]] : []))),
    ...(stoppedReason && { reason: reasonOf(task) }),
  };
}

function reasonOf({ stoppedReason, containers = [] }: Task): string {
  const codes = containers.flatMap(({ name, exitCode, reason }) => [
    ...(exitCode === undefined ? [] : [`${name} exited ${exitCode}`]),
    ...(reason ? [reason] : []),
  ]);
  return [stoppedReason, ...codes].join(", ");
}
