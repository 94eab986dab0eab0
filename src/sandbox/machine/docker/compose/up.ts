import { fail } from "../../program.ts";
import { dockerfileOf, otherContexts } from "../build-context.ts";
import { Refusal, refuse } from "../client.ts";
import { type Container, type DockerEngine, type Image, isDockerError } from "../engine.ts";
import { checkBuildx } from "../plugins.ts";
import { pullImage } from "../registry-logins.ts";
import { labels, networksOf, type Service } from "./project.ts";
import { hashOf, type Session } from "./session.ts";

export interface UpOptions {
  readonly build?: boolean;
  readonly noBuild?: boolean;
  readonly forceRecreate?: boolean;
  readonly noCache?: boolean;
  /** The containers are made and not started. */
  readonly noStart?: boolean;
  readonly timeoutSeconds?: number;
}

/**
 * Makes and starts the containers of services. What runs already as the file describes it is left alone.
 *
 * @throws Refusal if something that another service waits for fails
 * @throws ContainerError
 */
export async function up(session: Session, wanted: readonly Service[], options: UpOptions): Promise<void> {
  const images = new Map<string, Image>();
  for (const service of wanted) {
    const image = await imageIfEmulated(session, service, options);
    if (image) images.set(service.name, image);
  }
  const services = wanted.filter(({ name }) => images.has(name));
  sayWhatIsMissing(session, wanted, services);
  await prepare(session, services);
  const containers = new Map<string, Container>();
  for (const service of services) {
    const image = images.get(service.name);
    if (image) containers.set(service.name, await converge(session, service, image, options));
  }
  if (options.noStart) return;
  const started = new Map<string, Promise<void>>();
  for (const service of services) started.set(service.name, startAfter(session, service, containers, started));
  const outcomes = await Promise.allSettled(started.values());
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** Undefined: the sandbox has no such image. */
async function imageIfEmulated(session: Session, service: Service, options: UpOptions): Promise<Image | undefined> {
  try {
    return await imageOf(session, service, options);
  } catch (error) {
    if (isDockerError(error) && error.code === "not-emulated" && !service.build) return undefined;
    throw error;
  }
}

/**
 * Services whose image the sandbox has not stand still; the others start.
 *
 * @throws Refusal where nothing is left, or something waits for the health of one of them
 */
function sayWhatIsMissing(session: Session, wanted: readonly Service[], services: readonly Service[]): void {
  const missing = wanted.filter((service) => !services.includes(service));
  const [first] = missing;
  if (first && services.length === 0) refuse(`the image ${first.image}`);
  for (const { name, dependsOn, gap } of services) {
    if (gap) throw gap;
    for (const { service, condition, required } of dependsOn) {
      const needed = missing.find((one) => one.name === service);
      if (!needed || condition === "service_started" || !required) continue;
      refuse(`the image ${needed.image} of the service ${service}, for which the service ${name} waits (${condition})`);
    }
  }
  const say = (text: string) => session.process.print("stderr", `bia-infra sandbox: ${text}\n`);
  for (const { name, image } of missing) {
    say(`it does not emulate the image ${image}: the service ${name} stands still here. On AWS it runs.`);
  }
  const unregarded = services.flatMap((service) => service.unregarded);
  if (unregarded.length > 0) say(`without effect here: ${unregarded.join(", ")}`);
}

/** The image of a service, built or pulled if it is not here. */
export async function imageOf(session: Session, service: Service, options: UpOptions): Promise<Image> {
  const { images } = session.engine;
  const present = await images.find(service.image);
  if (service.build && options.noBuild !== true && (options.build === true || !present))
    return await build(session, service, options);
  if (present) return present;
  const { process } = session;
  session.tell(service.name, "Pulling");
  const image = await pullImage(session.engine, service.image, process, (line) =>
    process.print("stderr", ` ${line}\n`),
  );
  session.tell(service.name, "Pulled");
  return image;
}

/**
 * Builds the image of a service.
 *
 * @throws Refusal with what the build said
 */
export async function build(
  { engine, process, project }: Session,
  service: Service,
  { noCache = false, args = {} }: { noCache?: boolean; args?: Readonly<Record<string, string>> } = {},
): Promise<Image> {
  const { build: wanted } = service;
  if (!wanted) throw new Error(`service ${service.name} is not built`);
  if (service.gap) throw service.gap;
  const { signal } = process;
  checkBuildx(process);
  if (!(await process.fs.exists(wanted.context))) {
    throw new Refusal(fail(`unable to prepare context: path "${wanted.context}" not found\n`, 17));
  }
  try {
    const { image } = await engine.images.build({
      ...(await dockerfileOf(process.fs, wanted)),
      contexts: otherContexts(process.fs, wanted.contexts),
      ...(wanted.target !== undefined && { target: wanted.target }),
      ...(signal && { signal }),
      tags: [service.image],
      buildArgs: { ...wanted.args, ...args },
      labels: { [labels.project]: project.name, [labels.service]: service.name },
      noCache,
      onProgress: (line) => process.print("stderr", `${line}\n`),
    });
    return image;
  } catch (error) {
    if (isDockerError(error)) throw new Refusal(fail(`failed to solve: ${error.message}\n`, 17));
    throw error;
  }
}

/** Makes the networks and the volumes that services need. */
export async function prepare(session: Session, services: readonly Service[]): Promise<void> {
  const { project, engine } = session;
  const { containers } = engine;
  const known = new Set(containers.networks().map(({ name }) => name));
  for (const { key, name, external } of networksOf(project, services)) {
    if (known.has(name)) continue;
    if (external) {
      throw new Refusal(fail(`network ${name} declared as external, but could not be found\n`));
    }
    const own = { [labels.project]: project.name, [labels.network]: key };
    await session.step(`Network ${name}`, "Creating", "Created", () => containers.createNetwork(name, own));
  }
  const used = new Set(services.flatMap(({ spec }) => (spec.volumes ?? []).map(({ name }) => name)));
  const present = new Set(containers.volumes().map(({ name }) => name));
  for (const { key, name, external } of project.volumes) {
    if (!used.has(name) || present.has(name)) continue;
    if (external) throw new Refusal(fail(`external volume "${name}" not found\n`));
    const own = { [labels.project]: project.name, [labels.volume]: key };
    await session.step(`Volume "${name}"`, "Creating", "Created", () => containers.createVolume(name, own));
  }
}

/** The service's container as the file wants it, made anew if it is another. */
async function converge(session: Session, service: Service, image: Image, options: UpOptions): Promise<Container> {
  const { project, engine } = session;
  const [present, ...others] = session.containers(service);
  for (const { id } of others) await engine.containers.remove(id, { force: true });
  const hash = hashOf(service);
  const isSame = present?.spec.labels?.[labels.hash] === hash && present.imageId === image.id;
  if (present && isSame && options.forceRecreate !== true) return present;
  const make = async () => {
    if (present) {
      const { timeoutSeconds } = options;
      await engine.containers.stop(present.id, timeoutSeconds === undefined ? {} : { timeoutSeconds });
      await engine.containers.remove(present.id);
    }
    const made = await engine.containers.create({
      ...service.spec,
      image: service.image,
      name: service.containerName,
      labels: {
        ...service.labels,
        [labels.project]: project.name,
        [labels.service]: service.name,
        [labels.hash]: hash,
        [labels.number]: "1",
        [labels.oneoff]: "False",
        [labels.folder]: project.folder,
        [labels.files]: project.files.join(","),
        [labels.image]: image.id,
      },
    });
    await putFiles(engine, made.id, service);
    container = made;
  };
  let container: Container | undefined;
  const words: readonly [string, string] = present ? ["Recreate", "Recreated"] : ["Creating", "Created"];
  await session.step(`Container ${service.containerName}`, ...words, make);
  if (!container) throw new Error(`container ${service.containerName} was not made`);
  return container;
}

/** Copies secrets and configs that are of no file into a container. @throws Refusal if the variable of one is not set */
export async function putFiles({ containers }: DockerEngine, id: string, { files }: Service): Promise<void> {
  for (const { target, mode, text, missing } of files) {
    if (missing !== undefined) throw new Refusal(fail(`${missing}\n`));
    await containers.put(id, target, [{ path: "", type: "file", mode, read: () => Buffer.from(text ?? "") }]);
  }
}

async function startAfter(
  session: Session,
  service: Service,
  containers: ReadonlyMap<string, Container>,
  started: ReadonlyMap<string, Promise<void>>,
): Promise<void> {
  for (const { service: name, condition, required } of service.dependsOn) {
    const container = containers.get(name);
    if (!container) continue;
    await started.get(name);
    const problem = await waitFor(session, container, condition);
    if (problem !== undefined && required) throw new Refusal(fail(`${problem}\n`));
  }
  const container = containers.get(service.name);
  if (container) await start(session, container.id);
}

/** Waits for what a service needs of the others, which have been started. @throws Refusal if it will not come */
export async function waitForNeeds(session: Session, { dependsOn }: Service): Promise<void> {
  for (const { service, condition, required } of dependsOn) {
    const needed = session.project.services.find(({ name }) => name === service);
    const [container] = needed ? session.containers(needed) : [];
    const problem = container && (await waitFor(session, container, condition));
    if (problem !== undefined && required) throw new Refusal(fail(`${problem}\n`));
  }
}

async function start(session: Session, id: string): Promise<void> {
  const { containers } = session.engine;
  const container = containers.find(id);
  if (!container) return;
  const what = `Container ${container.name}`;
  if (container.state.status === "running") session.tell(what, "Running");
  else await session.step(what, "Starting", "Started", () => containers.start(id));
}

/** Waits for what another service needs of a container; the answer is why it will not come. */
async function waitFor(
  session: Session,
  { id, name, spec }: Container,
  condition: Service["dependsOn"][number]["condition"],
): Promise<string | undefined> {
  if (condition === "service_started") return undefined;
  const what = `Container ${name}`;
  session.tell(what, "Waiting");
  const { signal } = session.process;
  if (condition === "service_healthy") {
    const problem = await untilHealthy(session, id, { needsCheck: true });
    session.tell(what, problem === undefined ? "Healthy" : "Error");
    return problem && `dependency failed to start: ${problem}`;
  }
  const ended = await session.engine.containers.until(id, ({ state }) => state.status === "exited", signal);
  session.tell(what, ended?.state.exitCode === 0 ? "Exited" : "Error");
  if (!ended) return `dependency failed to start: container ${name} was removed`;
  const service = spec.labels?.[labels.service];
  return ended.state.exitCode === 0
    ? undefined
    : `service "${service}" didn't complete successfully: exit ${ended.state.exitCode}`;
}

/**
 * Waits until a container is healthy, or runs if it has no health check. The answer is why it never will be.
 *
 * @param needsCheck a container without a health check is a problem
 */
export async function untilHealthy(
  { engine, process }: Session,
  id: string,
  { needsCheck = false, signal = process.signal }: { needsCheck?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<string | undefined> {
  const decided = ({ state }: Container) =>
    state.status === "exited" || (state.status === "running" && state.health?.status !== "starting");
  const container = await engine.containers.until(id, decided, signal).catch((error) => {
    if (!signal?.aborted) throw error;
    return undefined;
  });
  if (!container) return `container ${id.slice(0, 12)} ${signal?.aborted ? "was not waited for" : "was removed"}`;
  const { name, state } = container;
  if (state.status === "exited") return `container ${name} exited (${state.exitCode})`;
  if (state.health?.status === "unhealthy") return `container ${name} is unhealthy`;
  return needsCheck && !state.health ? `container ${name} has no healthcheck configured` : undefined;
}

/** Waits for all of them together, as `--wait` does; the answer is what went wrong. */
export async function waitAll(
  session: Session,
  services: readonly Service[],
  seconds: number,
): Promise<string | undefined> {
  const limit = seconds > 0 ? AbortSignal.timeout(seconds * 1000) : undefined;
  const signals = [limit, session.process.signal].filter((signal) => signal !== undefined);
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
  const containers = services.flatMap((service) => session.containers(service));
  const problems = await Promise.all(
    containers.map(async ({ id, name }) => {
      session.tell(`Container ${name}`, "Waiting");
      const problem = await untilHealthy(session, id, { signal });
      session.tell(`Container ${name}`, problem === undefined && !signal?.aborted ? "Healthy" : "Error");
      return problem;
    }),
  );
  if (limit?.aborted) return `application not healthy after ${seconds}s`;
  return problems.find((problem) => problem !== undefined);
}
