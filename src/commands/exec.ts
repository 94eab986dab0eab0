import { isCode } from "../aws/errors.ts";
import { containersOf, machineOf, type ServiceContainer } from "../aws/service-containers.ts";
import { Explained, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { type Executed, execute } from "../remote/execute.ts";
import { quoted } from "../remote/quoted.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { noSuchService, runningOf } from "./services.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra exec`. */
export interface ExecOptions extends Pick<StackOptions, "config" | "target"> {
  /** The program and its arguments, as it gets them. */
  readonly command: readonly string[];
  /** Which container, where a task has several. */
  readonly container?: string;
  /** Id of the task, or how it begins. Default: the one that started last. */
  readonly task?: string;
}

/**
 * `bia-infra exec [service] -- command`: runs a command in a container of a service, through ECS Exec where its task was started for
 * that, else by `docker exec` on the task's machine through Run Command. Answers the command's exit code.
 *
 * @param name of a service in the stack's cluster; undefined: the stack's own
 */
export function execCommand(
  name: string | undefined,
  options: ExecOptions,
  surroundings: Surroundings,
): Promise<number> {
  return inSession("exec", options, surroundings, async (session) => {
    const { cluster, service: own } = runningOf(session.stack);
    const service = name ?? own;
    const container = chosen(await running(session, cluster, service), service, options);
    const { task, name: containerName, containerInstance, hasExec } = container;
    if (hasExec) {
      const { execInContainer } = await import("../remote/ecs-exec.ts");
      const wanted = { cluster, task, container: containerName, argv: options.command };
      return execInContainer(session.clients.ecs, wanted, process, surroundings.signal);
    }
    const instanceId = containerInstance && (await machineOf(session.clients, cluster, containerInstance));
    if (!instanceId)
      throw new Explained(`task ${task} was not started for ECS Exec, and is on no machine of the cluster`, NO_EXEC);
    const script = ["docker", "exec", container.runtimeId, ...options.command].map(quoted).join(" ");
    const { stdout, stderr, exitCode } = await onMachine(session, instanceId, script, surroundings.signal);
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    return exitCode < 0 ? EXIT.failed : exitCode;
  });
}

const NO_EXEC = "Its service needs enableExecuteCommand, and a new deployment after that: `bia-infra restart`.";

async function running({ clients, stack }: Session, cluster: string, service: string): Promise<ServiceContainer[]> {
  const found = await containersOf(clients, cluster, service);
  if (!found) throw noSuchService(stack, service);
  return found;
}

/** @throws {Explained, RunStopped} nothing runs; not what was asked for, or it is not said which container, which is wrong usage */
function chosen(all: readonly ServiceContainer[], service: string, { task = "", container }: ExecOptions) {
  const [newest] = all.filter((one) => one.task.startsWith(task));
  if (!newest) {
    const there = [...new Set(all.map((one) => one.task))].join(", ");
    if (there) throw new RunStopped(`no task ${task} of service ${service} runs`, `There is: ${there}.`, EXIT.usage);
    throw new Explained(
      `no task of service ${service} runs`,
      "`bia-infra status` says why; `bia-infra logs --previous` shows what the last ones printed.",
    );
  }
  const ofTask = all.filter((one) => one.task === newest.task);
  const named = ofTask.filter(({ name }) => container === undefined || name === container);
  const [found, ...more] = named;
  if (found && more.length === 0) return found;
  const names = ofTask.map(({ name }) => name).join(", ");
  if (!found)
    throw new RunStopped(`no container ${container} runs in task ${newest.task}`, `There is: ${names}.`, EXIT.usage);
  throw new RunStopped(
    `task ${newest.task} has several containers`,
    `Say which, with --container: ${names}.`,
    EXIT.usage,
  );
}

/** @throws {Explained} the machine takes no commands */
async function onMachine(
  { clients, stack }: Session,
  instanceId: string,
  script: string,
  signal: AbortSignal,
): Promise<Executed> {
  try {
    return await execute(clients, { instanceId, comment: "bia-infra exec", script }, signal);
  } catch (error) {
    if (!isCode(error, "InvalidInstanceId")) throw error;
    const { takesCommands } = runningOf(stack);
    throw new Explained(
      `the task's machine ${instanceId} takes no commands: its SSM agent is not connected (${(error as Error).message})`,
      `Its role has to let the agent register${takesCommands ? `: ${takesCommands} true in the variables, and \`bia-infra create --all\`` : ""}. ` +
        "A machine that runs already sees it within half an hour, or at its next start.",
    );
  }
}
