import { DescribeTaskDefinitionCommand, type Service, type Task } from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { nameIn } from "./arn.ts";
import type { Clients } from "./clients.ts";
import { serviceIn } from "./live.ts";
import { tasksOf } from "./service-tasks.ts";
import { fromEcsTags, VERSION_TAG } from "./tags.ts";
import { type LookClock, TargetHistory } from "./target-history.ts";
import { hostsOfTasks, isTargetOf, type TaskHost } from "./task-hosts.ts";

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
  /** As its target group names it, `i-0123:32768`; absent: it is in none, as far as somebody saw. */
  readonly target?: string;
  /** In ELB's words; absent: in no target group now. */
  readonly targetState?: string;
  readonly createdAt: number;
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly startedAt?: number;
  /** When its target passed its first health check, as far as somebody looked just then: AWS does not keep it. */
  readonly healthyAt?: number;
  readonly stoppingAt?: number;
  readonly stoppedAt?: number;
  /** Why it ended, in ECS's words. */
  readonly reason?: string;
}

/** A service, its deployments and its tasks: those that run, and those that stopped within about the last hour. */
export interface ServiceLives {
  readonly service: string;
  /** ARNs of the target groups that its tasks are in. */
  readonly targetGroups: readonly string[];
  /** What a release called them, by `family:revision`; revisions that no release has made are left out. */
  readonly versions: Readonly<Record<string, string>>;
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

/** What one who looks at a service again and again need not ask for twice, and what AWS does not keep. */
export class ServiceMemory {
  readonly targets: TargetHistory;
  /** EC2 ids of machines, by the ARNs of their container instances. */
  readonly machines = new Map<string, string>();
  /** Where tasks answered, by ARN: those that have stopped may not say any more. */
  readonly hosts = new Map<string, TaskHost>();
  /** What a release called a revision, by ARN; undefined: no release has made it. */
  readonly versions = new Map<string, string | undefined>();

  constructor(clock: LookClock) {
    this.targets = new TargetHistory(clock);
  }
}

/**
 * How a service and its tasks are, and what they were a while ago. Undefined: there is no such service. Five calls, three after
 * each other, and one for each machine or revision that is new.
 *
 * @param memory of earlier looks
 */
export async function serviceLives(
  clients: Pick<Clients, "ecs" | "elbv2">,
  { cluster, service: name }: { readonly cluster: string; readonly service: string },
  memory: ServiceMemory,
): Promise<ServiceLives | undefined> {
  const service = await serviceIn(clients, { cluster, service: name });
  if (!service) return undefined;
  const targetGroups = (service.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  const [tasks] = await Promise.all([
    tasksOf(clients, { cluster, name }, "RUNNING", "STOPPED"),
    ...targetGroups.map(async (TargetGroupArn) => {
      const found = await clients.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      memory.targets.saw(TargetGroupArn, found.TargetHealthDescriptions ?? []);
    }),
  ]);
  await Promise.all([
    rememberHosts(clients, cluster, tasks, memory),
    rememberVersions(clients, service, tasks, memory),
  ]);
  return {
    service: name,
    targetGroups,
    versions: versionsOf(service, tasks, memory),
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
    tasks: tasks.map((task) => lifeOf(task, memory)).sort((one, other) => one.createdAt - other.createdAt),
    events: (service.events ?? []).map(({ createdAt, message = "" }) => ({
      at: createdAt?.getTime() ?? 0,
      text: message,
    })),
  };
}

async function rememberHosts(
  { ecs }: Pick<Clients, "ecs">,
  cluster: string,
  tasks: readonly Task[],
  { hosts, machines }: ServiceMemory,
): Promise<void> {
  const found = await hostsOfTasks({ ecs }, cluster, tasks, machines);
  const present = new Set(tasks.map(({ taskArn = "" }) => taskArn));
  for (const arn of hosts.keys()) if (!present.has(arn)) hosts.delete(arn);
  for (const [index, { taskArn = "" }] of tasks.entries()) {
    const host = found[index];
    if (host && host.host !== "" && host.ports?.length !== 0) hosts.set(taskArn, host);
  }
}

/** The ARNs of the revisions that a service has, or had tasks of. */
function revisionsOf({ deployments = [] }: Service, tasks: readonly Task[]): string[] {
  const arns = [
    ...deployments.map(({ taskDefinition }) => taskDefinition),
    ...tasks.map(({ taskDefinitionArn }) => taskDefinitionArn),
  ];
  return [...new Set(arns.flatMap((arn) => arn ?? []))];
}

async function rememberVersions(
  { ecs }: Pick<Clients, "ecs">,
  service: Service,
  tasks: readonly Task[],
  { versions }: ServiceMemory,
): Promise<void> {
  const unknown = revisionsOf(service, tasks).filter((arn) => !versions.has(arn));
  const ask = async (taskDefinition: string) => {
    const { tags } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }));
    versions.set(taskDefinition, fromEcsTags(tags)[VERSION_TAG]);
  };
  await Promise.all(unknown.map(ask));
}

function versionsOf(service: Service, tasks: readonly Task[], { versions }: ServiceMemory): Record<string, string> {
  const known = revisionsOf(service, tasks).flatMap((arn) => {
    const version = versions.get(arn);
    return version === undefined ? [] : [[nameIn(arn), version]];
  });
  return Object.fromEntries(known);
}

function lifeOf(task: Task, memory: ServiceMemory): TaskLife {
  const { healthStatus, availabilityZone, stoppedReason } = task;
  const times = ["pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "stoppedAt"] as const;
  return {
    id: nameIn(task.taskArn ?? ""),
    revision: nameIn(task.taskDefinitionArn ?? ""),
    deployment: nameIn(task.startedBy ?? ""),
    status: task.lastStatus ?? "",
    ...(healthStatus && healthStatus !== "UNKNOWN" && { health: healthStatus }),
    ...(availabilityZone && { zone: availabilityZone }),
    ...targetOf(task, memory),
    createdAt: task.createdAt?.getTime() ?? 0,
    ...Object.fromEntries(times.flatMap((name) => (task[name] ? [[name, task[name].getTime()]] : []))),
    ...(stoppedReason && { reason: reasonOf(task) }),
  };
}

/** What a task is as a target. Others may have had its machine's port before it, or have it now. */
function targetOf(
  { taskArn = "", startedAt, stoppedAt, lastStatus }: Task,
  { hosts, targets }: ServiceMemory,
): Pick<TaskLife, "target" | "targetState" | "healthyAt"> {
  const host = hosts.get(taskArn);
  const target = host && targets.targets.find((one) => isTargetOf(host, ...apart(one)));
  if (target === undefined) return {};
  const state = lastStatus === "STOPPED" ? undefined : targets.stateOf(target);
  const healthyAt = startedAt && targets.healthyAt(target, startedAt.getTime(), stoppedAt?.getTime());
  return { target, ...(state !== undefined && { targetState: state }), ...(healthyAt !== undefined && { healthyAt }) };
}

/** `i-0123:32768` */
function apart(target: string): [id: string, port: number] {
  const colon = target.lastIndexOf(":");
  return [target.slice(0, colon), Number(target.slice(colon + 1))];
}

function reasonOf({ stoppedReason, containers = [] }: Task): string {
  const codes = containers.flatMap(({ name, exitCode, reason }) => [
    ...(exitCode === undefined ? [] : [`${name} exited ${exitCode}`]),
    ...(reason ? [reason] : []),
  ]);
  return [stoppedReason, ...codes].join(", ");
}
