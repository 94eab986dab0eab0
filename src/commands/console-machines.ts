import { serviceUsage } from "../aws/service-usage.ts";
import {
  type ContainerNow,
  type MachineNow,
  type StackMachines,
  stackMachines,
  type TaskNow,
} from "../aws/stack-machines.ts";
import type { Feed } from "../console/feed.ts";
import { Explained } from "../engine/errors.ts";
import { lookedAt, tellAgain } from "./console-topics.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { typed } from "./self.ts";
import { awsOf } from "./services.ts";
import type { Session, StackOptions } from "./session.ts";

/** Of the machines: some six calls. */
const MACHINES_PACE = { sandbox: { least: 2_000, most: 6_000 }, aws: { least: 30_000, most: 60_000 } } as const;

/** Of what services use: two calls. CloudWatch has a value a minute, and bills each that is read. */
const USAGE_PACE = { sandbox: { least: 5_000, most: 10_000 }, aws: { least: 60_000, most: 60_000 } } as const;

/** What one types for a place of the page, instead of what the page does. Absent: there is no such command. */
interface Ways {
  readonly terminal?: string;
  readonly log?: string;
}

/** `machines`: the stack's machines and tasks, and what runs on them. */
export async function tellMachines(
  feed: Feed,
  session: Session,
  options: StackOptions,
  { signal }: Surroundings,
): Promise<void> {
  const { dockerOf } = session.target;
  await tellAgain(feed, "machines", MACHINES_PACE, { session, signal }, async () => {
    const looked = await lookedAt(session, () => machinesOf(session));
    const docker = dockerOf && (await lookedAt(session, dockerOf)).found;
    return { ...looked, ways: looked.found && waysOf(looked.found, session, options), docker };
  });
}

/** `usage`: what the services of the cluster use of what their tasks reserve; of a stack without a cluster nothing. */
export async function tellUsage(feed: Feed, session: Session, { signal }: Surroundings): Promise<void> {
  const cluster = clusterOf(session);
  if (cluster === undefined) return;
  const { now = Date.now } = session.target;
  await tellAgain(feed, "usage", USAGE_PACE, { session, signal }, () =>
    lookedAt(session, () => serviceUsage(session.clients, cluster, now())),
  );
}

/** The stack's machines and tasks as they are now. */
export function machinesOf(session: Session): Promise<StackMachines> {
  const aws = awsOf(session);
  aws.shared.restart();
  return stackMachines(aws, clusterOf(session));
}

/** The cluster that the stack's services run in, by name; undefined: it has none. */
export function clusterOf({ stack }: Session): string | undefined {
  return stack.stages.flatMap(({ running }) => running ?? [])[0]?.cluster;
}

/** A machine, or a container of a task. */
export type Place =
  | { readonly machine: MachineNow }
  | { readonly task: TaskNow; readonly container: ContainerNow; readonly host: MachineNow | undefined };

/**
 * What of the stack a place of the page is.
 *
 * @param place id of a machine, or of a task with a container's name behind a dot
 * @throws {Explained} there is no such thing, or not any more
 */
export async function placeNamed(session: Session, place: string): Promise<Place> {
  const { machines, tasks } = await machinesOf(session);
  const machine = machines.find(({ id }) => id === place);
  if (machine) return { machine };
  const task = tasks.find(({ id }) => place.startsWith(`${id}.`));
  const container = task?.containers.find(({ name }) => place === placeOf(task, name));
  if (task && container) return { task, container, host: machines.find(({ id }) => id === task.machine) };
  throw new Explained(`${place} is not there any more`, "Choose another machine or container.");
}

function placeOf({ id }: TaskNow, container: string): string {
  return `${id}.${container}`;
}

/** The work machine that a machine of the stack is, with its user; undefined: it is none. */
export function workMachineOf({ stack }: Session, { task }: MachineNow) {
  return stack.stages.flatMap(({ workMachine }) => workMachine ?? []).find((one) => one.instanceId.task.id === task);
}

function waysOf({ machines, tasks }: StackMachines, session: Session, options: StackOptions): Record<string, Ways> {
  const ofMachines = machines.map((machine) => [machine.id, waysOfMachine(machine, session, options)] as const);
  const ofContainers = tasks.flatMap((task) =>
    task.containers.map(({ name, isOfAws }) => {
      return [placeOf(task, name), isOfAws ? {} : waysOfContainer(task, name, options)] as const;
    }),
  );
  return Object.fromEntries([...ofMachines, ...ofContainers]);
}

/** On the sandbox `aws` needs its endpoint, and AWS's plugin for sessions cannot be used: the page does both. */
function waysOfMachine(machine: MachineNow, session: Session, options: StackOptions): Ways {
  const { target } = session;
  const work = workMachineOf(session, machine);
  const ours = work && { terminal: typed(`bia-infra ssh ${work.name}`, options) };
  if (target.name === "sandbox") return { ...ours };
  const at = `--region ${target.region}`;
  return {
    terminal: `aws ssm start-session ${at} --target ${machine.id}`,
    log: `aws ec2 get-console-output ${at} --instance-id ${machine.id} --latest --output text`,
    ...ours,
  };
}

function waysOfContainer({ id, service, hasExec, machine }: TaskNow, name: string, options: StackOptions): Ways {
  if (service === undefined) return {};
  const isReached = hasExec || machine !== undefined;
  return {
    ...(isReached && { terminal: typed(`bia-infra exec ${service} --task ${id} --container ${name} -- sh`, options) }),
    log: typed(`bia-infra logs ${service} --follow`, options),
  };
}
