import type { ContainerNow, MachineNow, StackMachines, TaskNow } from "../../aws/stack-machines.ts";
import { keyOf, lookOfState, type Place, serviceAnd } from "./places.ts";
import type { DockerContainer } from "./told.ts";
import { words } from "./words.ts";

interface MachineListProps {
  readonly found: StackMachines;
  /** What the dockers of machines have, by the machines' ids; absent: nobody can tell. */
  readonly docker: Readonly<Record<string, readonly DockerContainer[]>> | undefined;
  readonly chosen: Place | undefined;
}

/** The machines with what runs on them, and the tasks that are on none. */
export function MachineList({ found: { machines, tasks }, docker, chosen }: MachineListProps) {
  const onNone = tasks.filter(({ machine }) => machine === undefined);
  const [fargate, waiting] = [
    onNone.filter(({ launchType }) => launchType === "FARGATE"),
    onNone.filter(({ launchType }) => launchType !== "FARGATE"),
  ];
  return (
    <nav className="places" aria-label={words.machines}>
      {machines.map((machine) => (
        <div key={machine.id} className="machine" data-machine={machine.id}>
          <MachineLink machine={machine} isChosen={chosen?.key === machine.id} />
          <Tasks tasks={tasks.filter((task) => task.machine === machine.id)} chosen={chosen} />
          {!machine.containerInstance && <Dockers containers={docker?.[machine.id] ?? []} />}
        </div>
      ))}
      {fargate.length > 0 && <TasksElsewhere title={words.onFargate} tasks={fargate} chosen={chosen} />}
      {waiting.length > 0 && <TasksElsewhere title={words.onNoMachine} tasks={waiting} chosen={chosen} />}
    </nav>
  );
}

function MachineLink({ machine, isChosen }: { readonly machine: MachineNow; readonly isChosen: boolean }) {
  const { id, name, state, type, zone, publicAddress, privateAddress, containerInstance } = machine;
  return (
    <a href={`#machines/${id}`} aria-current={isChosen ? "true" : undefined}>
      <strong>{name ?? id}</strong> <span className={lookOfState(state)}>{state}</span>
      <small>{[name && id, type, zone, publicAddress ?? privateAddress].filter(Boolean).join(" · ")}</small>
      {containerInstance && <small>{words.containerInstance}</small>}
    </a>
  );
}

function TasksElsewhere({ title, tasks, chosen }: TasksProps & { readonly title: string }) {
  return (
    <div className="machine">
      <h3>{title}</h3>
      <Tasks tasks={tasks} chosen={chosen} />
    </div>
  );
}

interface TasksProps {
  readonly tasks: readonly TaskNow[];
  readonly chosen: Place | undefined;
}

function Tasks({ tasks, chosen }: TasksProps) {
  const containers = tasks.flatMap((task) => task.containers.map((container) => ({ task, container })));
  if (containers.length === 0) return null;
  return (
    <ul>
      {containers.map(({ task, container }) => {
        const key = keyOf(task, container);
        return (
          <li key={key} data-container={key}>
            <ContainerLink task={task} container={container} isChosen={chosen?.key === key} />
          </li>
        );
      })}
    </ul>
  );
}

interface ContainerLinkProps {
  readonly task: TaskNow;
  readonly container: ContainerNow;
  readonly isChosen: boolean;
}

function ContainerLink({ task, container, isChosen }: ContainerLinkProps) {
  const { name, status, health } = container;
  return (
    <a href={`#machines/${keyOf(task, container)}`} aria-current={isChosen ? "true" : undefined}>
      <strong>{serviceAnd(name, task)}</strong>{" "}
      <span className={lookOfState(health ?? status)}>{health ?? status}</span>
      <small>
        {task.revision} · {task.id.slice(0, 8)}
      </small>
    </a>
  );
}

/** Containers that nobody but the machine's docker knows. */
function Dockers({ containers }: { readonly containers: readonly DockerContainer[] }) {
  if (containers.length === 0) return null;
  return (
    <ul className="docker" aria-label="docker ps">
      {containers.map(({ name, image, status, ports }) => (
        <li key={name} data-docker={name}>
          <strong>{name}</strong> <span className={lookOfState(status)}>{status}</span>
          <small>{[image, ...ports].join(" · ")}</small>
        </li>
      ))}
    </ul>
  );
}
