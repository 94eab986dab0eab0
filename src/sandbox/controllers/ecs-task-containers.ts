import type { ContainerDefinition, Container as WireContainer } from "@aws-sdk/client-ecs";
import { type ContainerUsage, type DockerEngine, isDockerError } from "../machine/machine.ts";
import type { Container } from "../plane/container.ts";
import { nameIn } from "../world/ecs/names.ts";
import { fargateRuntimeId } from "../world/ecs/runtime-id.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import { registryPassword } from "../world/registry.ts";
import type { Region, World } from "../world/world.ts";
import { type ConnectProxies, knownEndpoints } from "./connect-proxies.ts";
import { type LogStream, openLog, placeOf, sendLog } from "./ecs-container-logs.ts";
import { containerSpec, TASK_LABEL } from "./ecs-container-spec.ts";
import { checkWayOut, registryImage } from "./ecs-images.ts";
import { readSecrets } from "./ecs-secrets.ts";
import { TaskFailure } from "./ecs-task-failure.ts";
import { interfaceOf } from "./ecs-task-interfaces.ts";
import { taskRole } from "./ecs-task-roles.ts";
import type { FargateHosts } from "./fargate-hosts.ts";
import type { Machines } from "./machines.ts";
import type { TaskMetadataEndpoint } from "./task-metadata-endpoint.ts";

/** Seconds that a container has to stop, unless its definition says otherwise (ContainerDefinition, stopTimeout). */
const STOP_TIMEOUT = 30;
/** Characters of a reason that the agent sends. */
const LONGEST_REASON = 1024;

/** A docker engine of a machine, and what is aborted when the machine is switched off or the sandbox ends. */
interface Docker {
  readonly engine: DockerEngine;
  readonly off: AbortSignal;
}

/**
 * The containers of tasks: what the ECS agent of a container instance starts, watches and ends on its machine's docker
 * engine. What becomes of them is written into the tasks.
 */
export class TaskContainers {
  readonly #world: World;
  readonly #machines: Machines;
  readonly #fargate: FargateHosts;
  readonly #closed = new AbortController();
  /** What is done with a task's containers is done in turn. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Output that is on its way to its log, and of which container it is. */
  readonly #sending = new Map<Promise<unknown>, string>();
  readonly #metadata: TaskMetadataEndpoint;
  readonly #proxies: ConnectProxies;
  readonly #since = new Date().toISOString();

  constructor(
    world: World,
    machines: Machines,
    fargate: FargateHosts,
    metadata: TaskMetadataEndpoint,
    proxies: ConnectProxies,
  ) {
    this.#metadata = metadata;
    this.#proxies = proxies;
    metadata.measureBy((region, task) => this.usage(region, task));
    this.#world = world;
    this.#machines = machines;
    this.#fargate = fargate;
  }

  /**
   * Starts a task's containers, those of an earlier try aside.
   *
   * @returns false: it was cut off, because the task is not wanted any more, its machine is off or the sandbox ends
   * @throws TaskFailure
   */
  start(region: Region, task: EcsTask, definition: TaskDefinition): Promise<boolean> {
    return this.#inTurn(task, async () => {
      const docker = await this.#dockerOf(region, task);
      if (!docker) return false;
      const isWanted = () => !docker.off.aborted && region.ecs.tasks.get(task.taskArn)?.desiredStatus === "RUNNING";
      try {
        for (const { id } of ownOf(docker, task)) await docker.engine.containers.remove(id, { force: true });
        taskRole(this.#world, region, task, definition);
        const secrets = readSecrets(this.#world, region, task, definition);
        await this.#proxies.open(region, task);
        for (const container of definition.containerDefinitions) {
          if (!isWanted()) return false;
          await this.#startOne(docker, region, task, definition, container, secrets);
        }
      } catch (error) {
        if (!docker.off.aborted) throw error;
        return false;
      }
      return isWanted();
    });
  }

  /** Goes on with a running task after the sandbox, or its machine, has started again. */
  resume(region: Region, task: EcsTask): void {
    this.#world.background(async () => {
      await this.#metadata.open();
      await this.#proxies.open(region, task);
      const docker = await this.#dockerOf(region, task);
      const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
      if (!docker || !definition) return;
      for (const { id, state, spec } of ownOf(docker, task)) {
        const container = definition.containerDefinitions.find(({ name }) => name === nameOf(spec));
        const log = container && placeOf(region, task, container, id);
        if (log && state.status === "running") this.#send(docker, id, log, this.#since);
      }
    });
    this.watch(region, task);
  }

  /** Writes into a running task what becomes of its containers from now on. */
  watch(region: Region, task: EcsTask): void {
    this.#world.background(async () => {
      const docker = await this.#dockerOf(region, task);
      const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
      if (!docker || !definition) return;
      const own = ownOf(docker, task);
      for (const container of definition.containerDefinitions) {
        const found = own.find(({ spec }) => nameOf(spec) === container.name);
        this.#world.background(() => this.#follow(docker, region, task, container, found?.id));
      }
    });
  }

  /**
   * Stops what runs of a task, and removes what is left of tasks that were stopped before it.
   *
   * @returns false: the sandbox ends, and it is to be stopped when it has begun again
   */
  stop(region: Region, task: EcsTask): Promise<boolean> {
    return this.#inTurn(task, async () => {
      const docker = await this.#dockerOf(region, task);
      if (!docker) return !this.#closed.signal.aborted;
      const definition = region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
      try {
        await Promise.all(
          ownOf(docker, task).map(async ({ id, spec }) => {
            const name = nameOf(spec);
            const container = definition?.containerDefinitions.find((one) => one.name === name) ?? { name };
            await docker.engine.containers.stop(id, { timeoutSeconds: container.stopTimeout ?? STOP_TIMEOUT });
            if (!docker.off.aborted) report(region, task, container, docker.engine.containers.find(id));
          }),
        );
        if (task.launchType !== "FARGATE") await this.#tidy(docker, region, task);
      } catch (error) {
        if (!docker.off.aborted) throw error;
      }
      return !this.#closed.signal.aborted;
    });
  }

  /**
   * Runs a command in a container of a task that runs. Answers its exit code; undefined: the container does not run.
   *
   * @param container what its task calls it
   * @throws ContainerError
   */
  async exec(
    region: Region,
    taskArn: string,
    container: string,
    { argv, print, signal }: { argv: readonly string[]; print: (text: string) => void; signal: AbortSignal },
  ): Promise<number | undefined> {
    const task = region.ecs.tasks.get(taskArn);
    const docker = task && (await this.#dockerOf(region, task));
    if (!docker) return undefined;
    const found = ownOf(docker, task).find(({ spec }) => nameOf(spec) === container);
    if (found?.state.status !== "running") return undefined;
    const until = AbortSignal.any([signal, docker.off]);
    return docker.engine.containers.exec(found.id, { argv, onOutput: print, signal: until });
  }

  /** What the containers of a task use now, by name; those that do not tell are not among them. */
  async usage(region: Region, task: EcsTask): Promise<Map<string, ContainerUsage>> {
    const docker = await this.#dockerOf(region, task);
    const used = new Map<string, ContainerUsage>();
    for (const { id, spec } of docker ? ownOf(docker, task) : []) {
      const usage = docker?.engine.containers.usage(id);
      if (usage) used.set(nameOf(spec) ?? "", usage);
    }
    return used;
  }

  /** From now on what stops does so because the sandbox ends. */
  close(): void {
    this.#closed.abort();
  }

  /** Resolves when all that containers wrote is in their logs; they must have stopped. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#sending.keys());
  }

  /** Takes away what is left of a task on Fargate that has stopped; what it has written is in its log by then. */
  async remove(region: Region, task: EcsTask): Promise<void> {
    if (task.launchType !== "FARGATE") return;
    const docker = await this.#dockerOnFargate(region, task);
    if (!docker) return;
    const own = ownOf(docker, task).map(({ id }) => id);
    await Promise.allSettled([...this.#sending].flatMap(([sending, id]) => (own.includes(id) ? [sending] : [])));
    await this.#fargate.remove(region, task);
    await this.#proxies.close(task);
  }

  /** Undefined: its machine is off, or has no docker, or the sandbox ends. */
  async #dockerOf(region: Region, task: EcsTask): Promise<Docker | undefined> {
    if (task.launchType === "FARGATE") return this.#dockerOnFargate(region, task);
    const { containerInstanceArn = "" } = task;
    const id = region.ecs.containerInstances.get(containerInstanceArn)?.ec2InstanceId ?? "";
    const instance = region.ec2.instances.get(id);
    if (this.#closed.signal.aborted || instance?.State.Name !== "running") return undefined;
    const { machine, off } = this.#machines.on(region, instance);
    const docker = { off: AbortSignal.any([off, this.#closed.signal]) };
    const engine = await machine.docker();
    return engine && !docker.off.aborted ? { ...docker, engine } : undefined;
  }

  async #dockerOnFargate(region: Region, task: EcsTask): Promise<Docker | undefined> {
    if (this.#closed.signal.aborted) return undefined;
    const engine = await this.#fargate.engineOf(region, task);
    return this.#closed.signal.aborted ? undefined : { engine, off: this.#closed.signal };
  }

  async #startOne(
    docker: Docker,
    region: Region,
    task: EcsTask,
    definition: TaskDefinition,
    container: ContainerDefinition,
    secrets: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { containers } = docker.engine;
    const digest = await this.#pull(docker, region, task, definition, container);
    await this.#metadata.open();
    const told = this.#metadata.environmentOf(task, container.name ?? "");
    const own = containerSpec(task, definition, container, secrets, told);
    const spec = { ...own, extraHosts: namesIn(region, task) };
    const { id } = await inWords("CannotCreateContainerError", container, () => containers.create(spec));
    change(region, task, container, (draft) => {
      draft.runtimeId = task.launchType === "FARGATE" ? fargateRuntimeId(task, container.name ?? "") : id;
      draft.imageDigest = digest;
    });
    await inWords("CannotStartContainerError", container, async () => {
      const log = loggerOf(task, () => openLog(this.#world, region, task, definition, container, id));
      await startNamed(containers, id, spec.name ?? "");
      if (log) this.#send(docker, id, log);
    });
  }

  /** Brings the image to the machine, under the name that the task definition gives it. Answers its digest. */
  async #pull(
    { engine: { images, registries } }: Docker,
    region: Region,
    task: EcsTask,
    definition: TaskDefinition,
    container: ContainerDefinition,
  ): Promise<string> {
    const { image = "" } = container;
    checkWayOut(region, task, container);
    const known = registryImage(this.#world, region, task, definition, container);
    const { digest } = await inWords("CannotPullContainerError", container, async () => {
      if (!known) return images.pull(image);
      const { password } = registryPassword(this.#world, known.region.name, known.session?.principal ?? "");
      const pulled = await registries.pull(`${known.name}@${known.digest}`, { username: "AWS", password }, () => {});
      if (!image.includes("@")) await images.tag(pulled.id, image);
      return pulled;
    });
    return known?.digest ?? digest;
  }

  #send({ engine: { containers } }: Docker, id: string, log: LogStream, since?: string): void {
    const sending: Promise<unknown> = sendLog(this.#world, containers, id, log, since).finally(() =>
      this.#sending.delete(sending),
    );
    this.#sending.set(sending, id);
    this.#world.background(async () => void (await sending));
  }

  /** @param id absent: docker has no such container (any more) */
  async #follow(
    { engine, off }: Docker,
    region: Region,
    task: EcsTask,
    container: ContainerDefinition,
    id: string | undefined,
  ): Promise<void> {
    try {
      for (let seen = ""; ; ) {
        // Somebody on the machine may have removed it.
        const isThere = id !== undefined && engine.containers.find(id) !== undefined;
        const now = isThere ? await engine.containers.until(id, (one) => aspectOf(one) !== seen, off) : undefined;
        if (off.aborted) return;
        report(region, task, container, now);
        if (!now || now.state.status === "exited") return;
        seen = aspectOf(now);
      }
    } catch (error) {
      if (!off.aborted) throw error;
    }
  }

  /** Of the tasks of one sort the last that stopped keeps its containers, for whoever wants to know why. */
  async #tidy({ engine: { containers } }: Docker, region: Region, { taskArn, group }: EcsTask): Promise<void> {
    for (const { id, spec } of containers.list({ all: true })) {
      const arn = spec.labels?.[TASK_LABEL];
      if (arn === undefined || arn === taskArn) continue;
      const other = region.ecs.tasks.get(arn);
      if (!other || (other.lastStatus === "STOPPED" && other.group === group)) {
        await containers.remove(id, { force: true }).catch(ignoreRefusal);
      }
    }
  }

  #inTurn<T>({ taskArn }: EcsTask, act: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(taskArn) ?? Promise.resolve()).then(act, act);
    this.#turns.set(taskArn, turn);
    const forget = () => {
      if (this.#turns.get(taskArn) === turn) this.#turns.delete(taskArn);
    };
    turn.then(forget, forget);
    return turn;
  }
}

/**
 * What the agent writes into `/etc/hosts`: the task's own name, where it has an address of its own, and by which address, of a proxy in
 * the task, each endpoint of Service Connect is reached.
 */
function namesIn(region: Region, task: EcsTask): { name: string; address: string }[] {
  const { PrivateDnsName: name, PrivateIpAddress: address } = interfaceOf(region, task) ?? {};
  return [
    ...(name && address ? [{ name, address }] : []),
    ...knownEndpoints(region, task).flatMap((known) => [
      { name: known.host, address: known.address },
      { name: known.host, address: known.address6 },
    ]),
  ];
}

/** Docker tells of which container it could not open a port. */
async function startNamed(containers: DockerEngine["containers"], id: string, name: string): Promise<void> {
  await containers.start(id).catch((error: Error & { code?: string }) => {
    if (error.code === "port-taken" && !error.message.startsWith("driver failed")) {
      error.message = `driver failed programming external connectivity on endpoint ${name} (${id}): ${error.message}`;
    }
    throw error;
  });
}

function ownOf({ engine }: Docker, { taskArn }: EcsTask): Container[] {
  return engine.containers.list({ all: true }).filter(({ spec }) => spec.labels?.[TASK_LABEL] === taskArn);
}

/** What its task definition calls a container. */
function nameOf({ labels = {} }: Container["spec"]): string | undefined {
  return labels["com.amazonaws.ecs.container-name"];
}

/** What of a container a task tells. */
function aspectOf({ state }: Container): string {
  return `${state.status} ${state.health?.status}`;
}

/** What was to go is gone already. */
function ignoreRefusal(error: unknown): void {
  if (!isDockerError(error)) throw error;
}

/** On Fargate a log that cannot be written to is the task's own failure. (ECS Developer Guide, "Stopped tasks error messages") */
function loggerOf<T>({ launchType }: EcsTask, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (launchType !== "FARGATE" || !isDockerError(error)) throw error;
    const why = error.message.replace(/^failed to initialize logging driver: /, "");
    throw new TaskFailure(
      `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: ${why}: exit status 1`,
    );
  }
}

/** What docker refuses, as the agent tells it. */
async function inWords<T>(error: string, { name }: ContainerDefinition, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (refusal) {
    const isFull = (refusal as NodeJS.ErrnoException).code === "ENOSPC";
    if (!isDockerError(refusal) && !isFull) throw refusal;
    const why = isFull ? "no space left on device" : (refusal as Error).message;
    throw new TaskFailure(`${error}: Error response from daemon: ${why}`.slice(0, LONGEST_REASON), name);
  }
}

function change(
  { ecs }: Region,
  { taskArn }: EcsTask,
  { name }: ContainerDefinition,
  act: (draft: WireContainer, task: EcsTask) => void,
): void {
  if (ecs.tasks.get(taskArn)?.lastStatus === "STOPPED") return;
  ecs.tasks.update(taskArn, (task) => {
    const draft = task.containers.find((one) => one.name === name);
    if (!draft) return;
    act(draft, task);
    task.version++;
  });
}

/** Writes down what a container does; where it is essential and has ended, so shall its task. */
function report(region: Region, task: EcsTask, container: ContainerDefinition, seen: Container | undefined): void {
  const { status, exitCode, oomKilled, error, health } = seen?.state ?? LOST;
  const hasEnded = status === "exited";
  change(region, task, container, (draft, stopping) => {
    draft.lastStatus = hasEnded ? "STOPPED" : "RUNNING";
    if (container.healthCheck) draft.healthStatus = healthOf(health?.status);
    stopping.healthStatus = healthOfAll(stopping);
    if (!hasEnded) return;
    draft.exitCode = exitCode;
    if (oomKilled) draft.reason = "OutOfMemoryError: Container killed due to memory usage";
    else if (error !== "") draft.reason ??= error.slice(0, LONGEST_REASON);
    if (container.essential === false || stopping.desiredStatus === "STOPPED") return;
    stopping.desiredStatus = "STOPPED";
    stopping.stopCode = "EssentialContainerExited";
    stopping.stoppedReason = "Essential container in task exited";
  });
}

/** Of a container that was removed from the machine. */
const LOST: Pick<Container["state"], "status" | "exitCode" | "oomKilled" | "error" | "health"> = {
  status: "exited",
  exitCode: 137,
  oomKilled: false,
  error: "CannotInspectContainerError: Could not inspect container: the container is gone from its machine",
};

function healthOf(status: "starting" | "healthy" | "unhealthy" | undefined): "HEALTHY" | "UNHEALTHY" | "UNKNOWN" {
  return status === "healthy" ? "HEALTHY" : status === "unhealthy" ? "UNHEALTHY" : "UNKNOWN";
}

/** Unhealthy as soon as one container is, healthy when all that are checked are (Task, healthStatus). */
function healthOfAll({ containers }: EcsTask): "HEALTHY" | "UNHEALTHY" | "UNKNOWN" {
  const states = containers.map(({ healthStatus }) => healthStatus);
  if (states.includes("UNHEALTHY")) return "UNHEALTHY";
  return states.includes("HEALTHY") ? "HEALTHY" : "UNKNOWN";
}
