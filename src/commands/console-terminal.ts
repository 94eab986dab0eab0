import type { OpenTerminal, PageTerminal } from "../console/terminal.ts";
import { Explained } from "../engine/errors.ts";
import { execInContainer } from "../remote/ecs-exec.ts";
import { execute } from "../remote/execute.ts";
import { clusterOf, type Place, placeNamed, workMachineOf } from "./console-machines.ts";
import { forPage } from "./for-page.ts";
import { inContainer, onMachineAs, openShell, type ShellPlace } from "./sandbox-shell.ts";
import type { Called } from "./self.ts";
import type { Session } from "./session.ts";

/** Whom the images of machines log in; the work machine says whose the app is. */
const USER = "ec2-user";

/** Terminals on the machines and in the containers of a stack on the sandbox, by the ways that `ssh` and `exec` have. */
export function terminalsOf(session: Session, called: Called): OpenTerminal {
  return (name, terminal, signal) =>
    forPage(session, called, signal, async () => open(session, await placeNamed(session, name), terminal, signal));
}

async function open(session: Session, place: Place, terminal: PageTerminal, signal: AbortSignal): Promise<void> {
  if ("machine" in place) {
    const { id, name = id } = place.machine;
    const work = workMachineOf(session, place.machine);
    const user = work?.served.user ?? USER;
    const welcome = `${name} (${id}), a simulated machine.`;
    const shell = { prompt: `${user}@${work?.name ?? id}`, welcome, ...onMachineAs(user) };
    await openShell(runningOn(session, id, shell, signal), terminal, signal);
    return;
  }
  const { task, container, host } = place;
  if (task.hasExec) {
    const wanted = { cluster: clusterOf(session) ?? "", task: task.id, container: container.name, argv: ["sh"] };
    await execInContainer(session.clients.ecs, wanted, terminal, signal);
    return;
  }
  if (!host || container.runtimeId === undefined) throw new Explained(NO_WAY, NO_EXEC);
  const welcome = `${container.name} of task ${task.id}, by docker exec on ${host.id}.`;
  const shell = { prompt: `${container.name}@${task.id.slice(0, 8)}`, welcome, ...inContainer(container.runtimeId) };
  await openShell(runningOn(session, host.id, shell, signal), terminal, signal);
}

const NO_WAY = "the task was not started for ECS Exec, and is on no machine of the cluster";
const NO_EXEC = "Its service needs enableExecuteCommand, and a new deployment after that: `bia-infra restart`.";

function runningOn(
  { clients }: Session,
  instanceId: string,
  shell: Omit<ShellPlace, "execute">,
  signal: AbortSignal,
): ShellPlace {
  return { ...shell, execute: (command) => execute(clients, { ...command, instanceId }, signal) };
}
