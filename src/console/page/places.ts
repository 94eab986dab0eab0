import type { ContainerNow, MachineNow, StackMachines, TaskNow } from "../../aws/stack-machines.ts";

/** What one can look into: a machine, or a container of a task. */
export type Place =
  | { readonly key: string; readonly machine: MachineNow }
  | { readonly key: string; readonly task: TaskNow; readonly container: ContainerNow };

/** All of them: the machines, then the containers. */
export function placesIn({ machines, tasks }: StackMachines): Place[] {
  return [
    ...machines.map((machine) => ({ key: machine.id, machine })),
    ...tasks.flatMap((task) => task.containers.map((container) => ({ key: keyOf(task, container), task, container }))),
  ];
}

/** By which the server knows a container. */
export function keyOf({ id }: TaskNow, { name }: ContainerNow): string {
  return `${id}.${name}`;
}

/** As people call it. */
export function nameOf(place: Place): string {
  if ("machine" in place) return place.machine.name ?? place.machine.id;
  return `${serviceAnd(place.container.name, place.task)} · ${place.task.id.slice(0, 8)}`;
}

/** A container behind its service, where it has one: containers of many services have the same name. */
export function serviceAnd(container: string, { service }: TaskNow): string {
  return [service, container].filter(Boolean).join(" / ");
}

/** How well a state of EC2's, ECS's or docker's is, as a class of the style sheet. */
export function lookOfState(state: string): "good" | "warn" | "bad" {
  if (/^(running|active|online|healthy)$/i.test(state)) return "good";
  return /^(terminated|stopped|exited|dead|unhealthy|inactive|connectionlost)$/i.test(state) ? "bad" : "warn";
}
