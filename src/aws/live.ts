import {
  type Deployment,
  DescribeServicesCommand,
  type Service,
  type ServiceEvent,
  type Task,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand, type TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { nameIn } from "./arn.ts";
import type { Clients } from "./clients.ts";
import { classify, explain, isCode } from "./errors.ts";
import { tasksOf } from "./service-tasks.ts";

/** What is looked at again and again, by name. */
export interface Watched {
  readonly cluster: string;
  readonly service: string;
  /** Absent: the service needs none. */
  readonly database?: string;
}

type Part =
  | "service"
  | "deployment"
  | "task"
  | "target"
  | "database"
  | "event"
  | "scaling"
  | "metric"
  | "alarm"
  | "activity";

/** How one thing is at the moment. */
export interface LiveRow {
  readonly part: Part;
  /** Unique in its part; empty if the part could not be looked at. */
  readonly id: string;
  /** In AWS's words, e.g. `RUNNING`; `not there`, or `unknown` if nobody could look. */
  readonly state: string;
  readonly detail: string;
}

/** Stopped tasks and events that are shown: the newest. */
export const LAST = 5;

/**
 * How a service, its deployments, tasks and targets, and the database are: six calls, two after each other at most but for the
 * tasks' three. A part that cannot be looked at says why; refused credentials end it.
 */
export async function liveRows(clients: Clients, watched: Watched): Promise<LiveRow[]> {
  const service = serviceIn(clients, watched);
  const parts = await Promise.all([
    rowsOf("service", async () => serviceRows(await service, watched)),
    rowsOf("task", async () => ((await service) ? taskRows(clients, watched) : [])),
    rowsOf("target", async () => targetRows(clients, await service)),
    rowsOf("database", async () => (watched.database === undefined ? [] : databaseRows(clients, watched.database))),
    // Where the service could not be looked at, its own row says so.
    service.then((found) => eventRows(found?.events ?? [])).catch(() => []),
  ]);
  return parts.flat();
}

/** Rows of a part; one that says why, where it cannot be looked at. Refused credentials end it all. */
export async function rowsOf(part: LiveRow["part"], look: () => Promise<LiveRow[]>): Promise<LiveRow[]> {
  try {
    return await look();
  } catch (error) {
    if (classify(error) === "credentials") throw error;
    return [{ part, id: "", state: "unknown", detail: explain(error, undefined).why }];
  }
}

/** Undefined: it is not there. */
export async function serviceIn(
  { ecs }: Pick<Clients, "ecs">,
  { cluster, service }: Watched,
): Promise<Service | undefined> {
  try {
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    return services.find(({ status }) => status !== "INACTIVE");
  } catch (error) {
    if (isCode(error, "ClusterNotFoundException")) return undefined;
    throw error;
  }
}

function serviceRows(service: Service | undefined, watched: Watched): LiveRow[] {
  return [serviceRow(service, watched), ...(service?.deployments ?? []).map(deploymentRow)];
}

/** The service with its counts. */
export function serviceRow(service: Service | undefined, { service: id }: Watched): LiveRow {
  if (!service) return { part: "service", id, state: "not there", detail: "" };
  return { part: "service", id, state: service.status ?? "", detail: counts(service) };
}

/** The newest events, oldest first. */
export function eventRows(events: readonly ServiceEvent[]): LiveRow[] {
  return events
    .slice(0, LAST)
    .reverse()
    .map(({ id = "", createdAt, message = "" }) => {
      return { part: "event", id, state: timeOf(createdAt), detail: message };
    });
}

/** The time of day, in UTC. */
export function timeOf(date: Date | undefined): string {
  return date?.toISOString().slice(11, 19) ?? "";
}

function deploymentRow(deployment: Deployment): LiveRow {
  const { id = "", status = "", taskDefinition = "", rolloutState, rolloutStateReason, failedTasks = 0 } = deployment;
  const failed = failedTasks > 0 ? `, ${failedTasks} failed` : "";
  const why = rolloutState === "FAILED" && rolloutStateReason ? `: ${rolloutStateReason}` : "";
  const detail = `${nameIn(taskDefinition)}, ${counts(deployment)}${failed}${why}`;
  return { part: "deployment", id: nameIn(id), state: [status, rolloutState].filter(Boolean).join(" "), detail };
}

function counts({ desiredCount = 0, runningCount = 0, pendingCount = 0 }: Service | Deployment): string {
  return `${runningCount} of ${desiredCount} running${pendingCount > 0 ? `, ${pendingCount} pending` : ""}`;
}

async function taskRows({ ecs }: Clients, { cluster, service: name }: Watched): Promise<LiveRow[]> {
  const tasks = await tasksOf({ ecs }, { cluster, name }, "RUNNING", "STOPPED");
  const isStopped = ({ lastStatus }: Task) => lastStatus === "STOPPED";
  const began = ({ createdAt }: Task) => createdAt?.getTime() ?? 0;
  const byAge = tasks.sort((one, other) => began(one) - began(other));
  return [...byAge.filter(isStopped).slice(-LAST), ...byAge.filter((task) => !isStopped(task))].map(taskRow);
}

function taskRow(task: Task): LiveRow {
  const { taskArn = "", taskDefinitionArn = "", lastStatus = "", desiredStatus, healthStatus } = task;
  const leaving = desiredStatus === "STOPPED" && lastStatus !== "STOPPED" ? " (stopping)" : "";
  const health = healthStatus === "HEALTHY" || healthStatus === "UNHEALTHY" ? `, ${healthStatus.toLowerCase()}` : "";
  const where = task.availabilityZone === undefined ? "" : `, ${task.availabilityZone}`;
  const detail = `${nameIn(taskDefinitionArn)}${where}${health}${endOf(task)}`;
  return { part: "task", id: nameIn(taskArn), state: `${lastStatus}${leaving}`, detail };
}

/** Why it ended, in ECS's words, and what its containers ended with, or why they did not start. */
function endOf({ stoppedReason, containers = [] }: Task): string {
  if (stoppedReason === undefined) return "";
  const codes = containers.flatMap(({ name, exitCode }) =>
    exitCode === undefined ? [] : [`${name} exited ${exitCode}`],
  );
  const reasons = containers.flatMap(({ reason }) => reason ?? []);
  return `: ${[stoppedReason, ...codes, ...reasons].join(", ")}`;
}

async function targetRows({ elbv2 }: Clients, service: Service | undefined): Promise<LiveRow[]> {
  const groups = (service?.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
  const answers = await Promise.all(
    groups.map((TargetGroupArn) => elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))),
  );
  return answers.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions.map(targetRow));
}

function targetRow({ Target, TargetHealth }: TargetHealthDescription): LiveRow {
  const { State: state = "", Reason, Description } = TargetHealth ?? {};
  const detail = [Reason, Description].filter(Boolean).join(": ");
  return { part: "target", id: `${Target?.Id}:${Target?.Port}`, state, detail };
}

async function databaseRows({ rds }: Clients, id: string): Promise<LiveRow[]> {
  try {
    const request = new DescribeDBInstancesCommand({ DBInstanceIdentifier: id });
    const [found] = (await rds.send(request)).DBInstances ?? [];
    const detail = [found?.DBInstanceClass, found?.Engine, found?.EngineVersion].filter(Boolean).join(" ");
    return [{ part: "database", id, state: found?.DBInstanceStatus ?? "not there", detail }];
  } catch (error) {
    if (classify(error) === "gone") return [{ part: "database", id, state: "not there", detail: "" }];
    throw error;
  }
}
