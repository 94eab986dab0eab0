import { type ContainerInstance, DescribeTasksCommand, paginateListTasks, type Task } from "@aws-sdk/client-ecs";
import { leftOn, type Size, wholeOf } from "../../kinds/ecs/machines.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import type { Examined } from "./check.ts";

/** What a task takes. */
export interface Needs extends Size {
  /** Ports of the machine that are named. */
  readonly ports: readonly number[];
  /** As ECS names it in a machine's attribute `ecs.cpu-architecture`. */
  readonly architecture: string;
}

/** A machine, as far as a service's tasks are concerned. */
export interface Place {
  /** What is left beside all tasks. */
  readonly left: Size;
  /** What is left beside other tasks than the service's. */
  readonly leftWithout: Size;
  /** Of an empty one. */
  readonly whole: Size;
  /** What each of the service's tasks takes there. */
  readonly own: readonly Size[];
  /** Ports that something else than the service's tasks has. */
  readonly taken: readonly number[];
  readonly architecture: string;
}

/** Limits of the whole task count before those of its containers. (ecs:RegisterTaskDefinition, cpu and memory) */
export function needsOf({ cpu, memory, containers, networkMode, runtimePlatform }: TaskDefinitionDesired): Needs {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ports = containers.flatMap(({ portMappings }) => portMappings.map(({ hostPort }) => hostPort));
  return {
    cpu: cpu ?? sum(containers.map((container) => container.cpu)),
    memory: memory ?? sum(containers.map((container) => container.memory ?? 0)),
    ports: networkMode === "awsvpc" ? [] : ports.filter((port) => port !== 0),
    architecture: runtimePlatform.architecture.toLowerCase(),
  };
}

/** The machines whose agents are connected, with what the service's tasks take of them. */
export async function placesFor(examined: Examined, machines: readonly ContainerInstance[]): Promise<Place[]> {
  const tasks = await tasksOf(examined);
  const connected = machines.filter(({ agentConnected }) => agentConnected);
  return connected.map((machine) => placeOn(machine, tasks));
}

function placeOn(machine: ContainerInstance, tasks: readonly Task[]): Place {
  const mine = tasks.filter(({ containerInstanceArn }) => containerInstanceArn === machine.containerInstanceArn);
  const own = mine.map(({ cpu, memory }) => ({ cpu: Number(cpu ?? 0), memory: Number(memory ?? 0) }));
  const left = leftOn(machine);
  const ownPorts = mine.flatMap(({ containers = [] }) =>
    containers.flatMap(({ networkBindings = [] }) => networkBindings.map(({ hostPort }) => hostPort)),
  );
  const used = machine.remainingResources?.find(({ name }) => name === "PORTS")?.stringSetValue ?? [];
  return {
    left,
    leftWithout: own.reduce((sum, one) => plus(sum, one), left),
    whole: wholeOf(machine),
    own,
    taken: used.map(Number).filter((port) => !ownPorts.includes(port)),
    architecture: machine.attributes?.find(({ name }) => name === "ecs.cpu-architecture")?.value ?? "",
  };
}

function plus(one: Size, other: Size): Size {
  return { cpu: one.cpu + other.cpu, memory: one.memory + other.memory };
}

/** Whether one more task has room while all others stay. */
export function hasRoomBeside({ left, own, ...place }: Place, needs: Needs, isDistinct: boolean): boolean {
  const isFree = own.length === 0 || (!isDistinct && needs.ports.length === 0);
  return isFree && suits(place, needs) && covers(left, needs);
}

/** Whether a new task has room once one of the old ones is taken down there. */
export function hasRoomAfterOne({ left, own, ...place }: Place, needs: Needs, isDistinct: boolean): boolean {
  const [old] = own;
  const isFree = own.length === 1 || (!isDistinct && needs.ports.length === 0);
  return old !== undefined && isFree && suits(place, needs) && covers(plus(left, old), needs);
}

/** How many new tasks have room once no old one is there any more. */
export function roomInTheEnd({ leftWithout, ...place }: Place, needs: Needs, isDistinct: boolean): number {
  if (!suits(place, needs)) return 0;
  const most = isDistinct || needs.ports.length > 0 ? 1 : Number.POSITIVE_INFINITY;
  const share = (what: keyof Size) => (needs[what] === 0 ? most : Math.floor(leftWithout[what] / needs[what]));
  return Math.max(0, Math.min(most, share("cpu"), share("memory")));
}

function suits({ taken, architecture }: Pick<Place, "taken" | "architecture">, needs: Needs): boolean {
  return architecture === needs.architecture && !needs.ports.some((port) => taken.includes(port));
}

/** Whether a machine has so much. */
export function covers(there: Size, needs: Size): boolean {
  return there.cpu >= needs.cpu && there.memory >= needs.memory;
}

/** The service's tasks that are to run. A page of ListTasks is no longer than what one DescribeTasks takes. */
async function tasksOf({ aws: { ecs }, cluster, service: serviceName }: Examined): Promise<Task[]> {
  const found: Task[] = [];
  for await (const { taskArns = [] } of paginateListTasks({ client: ecs }, { cluster, serviceName })) {
    if (taskArns.length === 0) continue;
    found.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? []));
  }
  return found;
}
