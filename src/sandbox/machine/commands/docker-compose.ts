import { type Parsed, parseOptions } from "../../shell/options.ts";
import { type DockerCommand, engineOf, parse, Refusal, refuse, TERMINATED, variables } from "../docker/client.ts";
import { configOf, configText } from "../docker/compose/config.ts";
import { down } from "../docker/compose/down.ts";
import { showLogs } from "../docker/compose/logs.ts";
import { labels } from "../docker/compose/project.ts";
import { type ProjectOptions, readProject } from "../docker/compose/read.ts";
import { runOnce } from "../docker/compose/run.ts";
import { Session, serviceNameOf } from "../docker/compose/session.ts";
import { build, up, waitAll } from "../docker/compose/up.ts";
import type { Container } from "../docker/engine.ts";
import { type Columns, listing } from "../docker/listing.ts";
import { composeVersion } from "../docker/plugins.ts";
import { pullImage } from "../docker/registry-logins.ts";
import { containerRow } from "../docker/rows.ts";
import { fail, notEmulated, ok, type Result } from "../program.ts";
import { lookingCommands, projects } from "./docker-compose-look.ts";
import { attach as attachTo, execIn, sinceOf } from "./docker-containers.ts";

/** `docker compose`, once the plugin was installed. */
export const compose: DockerCommand = async (args, process) => {
  const version = composeVersion(process);
  if (version === undefined) return fail("docker: 'compose' is not a docker command.\nSee 'docker --help'\n");
  const known = [
    "f|file=",
    "p|project-name=",
    "project-directory=",
    "env-file=",
    "profile=",
    "progress=",
    "ansi=",
    "compatibility",
  ];
  const { options, values, operands, unknown } = parseOptions(args, known, true);
  const [command = "", ...rest] = operands;
  if (command === "version") {
    return ok(rest[0] === "--short" ? `${version.slice(1)}\n` : `Docker Compose version ${version}\n`);
  }
  if (unknown !== undefined) return notEmulated(`the option ${unknown} of docker compose`);
  if (command === "ls") return await projects(rest, process);
  const act = commands[command];
  if (!act && command !== "config") return notEmulated(`docker compose ${command}`.trim());
  const place: ProjectOptions = {
    files: values.get("f"),
    name: options.get("p"),
    folder: options.get("project-directory"),
    envFile: options.get("env-file"),
    profiles: values.get("profile"),
  };
  const project = await readProject(process, place);
  if (!act) return await config(rest, project);
  const session = new Session(project, await engineOf(process, "info"), process);
  return await act(rest, session, version);
};

type ComposeCommand = (args: readonly string[], session: Session, version: string) => Promise<Result>;

async function config(args: readonly string[], project: Session["project"]): Promise<Result> {
  const known = ["q|quiet", "services", "images", "volumes", "networks", "profiles", "format=", "o|output="];
  const { options } = parse("docker compose config", args, known, { most: 0 });
  if (options.has("o")) refuse("the option --output of docker compose config");
  if (options.has("q")) return ok();
  const lines = (names: readonly string[]) => ok(names.map((name) => `${name}\n`).join(""));
  if (options.has("services")) return lines(project.services.map(({ name }) => name));
  if (options.has("images")) return lines(project.services.map(({ image }) => image));
  if (options.has("volumes")) return lines(project.volumes.map(({ key }) => key));
  if (options.has("networks")) return lines(project.networks.map(({ key }) => key));
  if (options.has("profiles")) return lines([...new Set(project.services.flatMap(({ profiles }) => profiles))].sort());
  if (options.get("format") === "json") return ok(`${JSON.stringify(configOf(project), undefined, 2)}\n`);
  return ok(await configText(project));
}

/** Options of `up` that change nothing here: what is shown, and what is made anew anyway. */
const WITHOUT_EFFECT = [
  "V|renew-anon-volumes",
  "menu",
  "attach-dependencies",
  "timestamps",
  "always-recreate-deps",
  "pull=",
];

const upCommand: ComposeCommand = async (args, session) => {
  const known = [
    "d|detach",
    "build",
    "no-build",
    "wait",
    "wait-timeout=",
    "force-recreate",
    "no-deps",
    "remove-orphans",
    "t|timeout=",
    "quiet-pull",
    "no-color",
    "no-log-prefix",
    "y|yes",
    "abort-on-container-exit",
    "exit-code-from=",
    "no-start",
    "scale=",
    ...WITHOUT_EFFECT,
  ];
  const { options, values, operands } = parse("docker compose up", args, known);
  for (const wanted of values.get("scale") ?? []) oneStandsForAll(wanted, session);
  const services = options.has("no-deps") ? session.services(operands) : session.withDependencies(operands);
  const seconds = options.get("t");
  if (options.has("remove-orphans")) await removeOrphans(session);
  await up(session, services, {
    build: options.has("build"),
    noBuild: options.has("no-build"),
    forceRecreate: options.has("force-recreate"),
    noStart: options.has("no-start"),
    ...(seconds !== undefined && { timeoutSeconds: Number(seconds) }),
  });
  if (options.has("wait")) {
    const problem = await waitAll(session, services, Number(options.get("wait-timeout") ?? 0));
    return problem === undefined ? ok() : fail(`${problem}\n`);
  }
  if (options.has("d") || options.has("no-start")) return ok();
  const from = options.get("exit-code-from");
  const [decides] = from === undefined ? [] : session.services([from]);
  const untilOneEnds = options.has("abort-on-container-exit") || decides !== undefined;
  return await attach(session, services, { prefix: !options.has("no-log-prefix"), untilOneEnds, decides });
};

/** `--scale web=3`. @throws Refusal for what is no count of a service */
function oneStandsForAll(wanted: string, { project, process }: Session): void {
  const [name = "", count] = wanted.split("=");
  // As compose has it (docker/compose, `cmd/compose/up.go`).
  if (count === undefined || name === "")
    throw new Refusal(fail(`invalid --scale option "${wanted}". Should be SERVICE=NUM\n`));
  if (!/^-?\d+$/.test(count)) throw new Refusal(fail(`strconv.Atoi: parsing "${count}": invalid syntax\n`));
  if (project.services.every((service) => service.name !== name))
    throw new Refusal(fail(`no such service: ${name}: not found\n`));
  if (count === "0") refuse(`the option --scale ${wanted} of docker compose up`);
  if (count !== "1")
    process.print("stderr", `bia-infra sandbox: without effect here: --scale ${wanted} (one container runs)\n`);
}

interface AttachOptions {
  readonly prefix: boolean;
  /** With the first container that stops the others are stopped, too. */
  readonly untilOneEnds: boolean;
  /** The exit code is that of this one. */
  readonly decides: ReturnType<Session["services"]>[number] | undefined;
}

/** Shows what the services write until all have stopped; a cancelled client stops them. */
async function attach(
  session: Session,
  services: ReturnType<Session["services"]>,
  { prefix, untilOneEnds, decides }: AttachOptions,
): Promise<Result> {
  const { signal } = session.process;
  const engine = session.engine.containers;
  const containers = services.flatMap((service) => session.containers(service));
  session.process.print("stdout", `Attaching to ${containers.map(({ name }) => name).join(", ")}\n`);
  const ends = containers.map(({ id }) => engine.until(id, ({ state }) => state.status === "exited", signal));
  const first = Promise.race(ends).catch(() => undefined);
  if (untilOneEnds) void first.then(() => Promise.all(containers.map(({ id }) => engine.stop(id))));
  await showLogs(session, containers, { follow: true, prefix, ...(signal && { signal }) });
  if (!signal?.aborted) {
    const decisive = decides ? session.containers(decides)[0] : untilOneEnds ? await first : undefined;
    return { stdout: "", stderr: "", exitCode: decisive?.state.exitCode ?? 0 };
  }
  for (const { id } of containers.reverse()) await engine.stop(id);
  return { stdout: "", stderr: "", exitCode: TERMINATED };
}

async function removeOrphans(session: Session): Promise<void> {
  const known = new Set(session.project.services.map(({ name }) => name));
  for (const container of session.containers().filter((one) => !known.has(serviceNameOf(one)))) {
    await session.step(`Container ${container.name}`, "Removing", "Removed", () =>
      session.engine.containers.remove(container.id, { force: true }),
    );
  }
}

const createCommand: ComposeCommand = async (args, session) => {
  const known = ["build", "no-build", "force-recreate", "remove-orphans", "pull=", "quiet-pull"];
  const { options, operands } = parse("docker compose create", args, known);
  await up(session, session.withDependencies(operands), {
    build: options.has("build"),
    noBuild: options.has("no-build"),
    forceRecreate: options.has("force-recreate"),
    noStart: true,
  });
  return ok();
};

const buildCommand: ComposeCommand = async (args, session) => {
  const known = ["no-cache", "build-arg=", "q|quiet", "pull", "progress=", "with-dependencies"];
  const { options, values, operands } = parse("docker compose build", args, known);
  const overridden = variables(values.get("build-arg") ?? [], session.process);
  for (const service of session.services(operands)) {
    if (service.build) await build(session, service, { noCache: options.has("no-cache"), args: overridden });
  }
  return ok();
};

const downCommand: ComposeCommand = async (args, session) => {
  const { options } = parse("docker compose down", args, ["v|volumes", "remove-orphans", "t|timeout=", "rmi="], {
    most: 0,
  });
  const images = options.get("rmi");
  if (images !== undefined && images !== "local" && images !== "all")
    return fail(`invalid value for --rmi: ${JSON.stringify(images)}\n`);
  const seconds = options.get("t");
  await down(session, {
    volumes: options.has("v"),
    removeOrphans: options.has("remove-orphans"),
    timeoutSeconds: seconds === undefined ? undefined : Number(seconds),
  });
  for (const { image, build: built } of images === undefined ? [] : session.project.services) {
    const isOwn = built !== undefined && session.project.services.every(({ source }) => source.image !== image);
    if ((images === "all" || isOwn) && (await session.engine.images.find(image))) {
      await session.step(`Image ${image}`, "Removing", "Removed", () => session.engine.images.remove(image));
    }
  }
  return ok();
};

const columns: Columns = {
  columns: [
    ["NAME", "Name"],
    ["IMAGE", "Image"],
    ["COMMAND", "Command"],
    ["SERVICE", "Service"],
    ["CREATED", "RunningFor"],
    ["STATUS", "Status"],
    ["PORTS", "Ports"],
  ],
  id: "ID",
};

const ps: ComposeCommand = async (args, session, version) => {
  const known = ["a|all", "q|quiet", "format=", "services", "status=", "no-trunc"];
  const parsed = parse("docker compose ps", args, known);
  const { options, operands } = parsed;
  const wanted = new Set(session.services(operands).map(({ name }) => name));
  const status = options.get("status");
  const isShown = (container: Container) => {
    if (!wanted.has(serviceNameOf(container))) return false;
    const state = container.state.status;
    return status === undefined ? options.has("a") || state === "running" || state === "restarting" : state === status;
  };
  const shown = session.containers().filter(isShown);
  if (options.has("services")) return ok(shown.map((container) => `${serviceNameOf(container)}\n`).join(""));
  const rows = shown.map((container) => rowOf(container, options.has("q") || options.has("no-trunc")));
  // Until 2.21 compose printed one JSON array (https://github.com/docker/compose/releases/tag/v2.21.0).
  if (options.get("format") === "json" && minorOf(version) < 21) return ok(`${JSON.stringify(rows)}\n`);
  return listing(rows, parsed, columns);
};

function rowOf(container: Container, full: boolean) {
  const { name, state, spec, ports } = container;
  const published = ports.filter(({ hostPort }) => hostPort !== undefined && state.status === "running");
  return {
    ...containerRow(container, { full }),
    ExitCode: state.exitCode,
    Health: state.health?.status ?? "",
    Name: name,
    Project: spec.labels?.[labels.project] ?? "",
    Publishers: published.flatMap(({ containerPort, hostPort }) =>
      ["0.0.0.0", "::"].map((URL) => ({ URL, TargetPort: containerPort, PublishedPort: hostPort, Protocol: "tcp" })),
    ),
    Service: serviceNameOf(container),
  };
}

function minorOf(version: string): number {
  return Number(/^v2\.(\d+)\./.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
}

const logs: ComposeCommand = async (args, session) => {
  const known = ["f|follow", "n|tail=", "t|timestamps", "no-log-prefix", "no-color", "since="];
  const { options, operands } = parse("docker compose logs", args, known);
  const containers = session.services(operands).flatMap((service) => session.containers(service));
  const tail = options.get("n");
  const since = options.get("since");
  const { signal } = session.process;
  await showLogs(session, containers, {
    follow: options.has("f"),
    prefix: !options.has("no-log-prefix"),
    timestamps: options.has("t"),
    ...(tail !== undefined && tail !== "all" && { tail: Number(tail) }),
    ...(since !== undefined && { since: sinceOf(since) }),
    ...(signal && { signal }),
  });
  return { stdout: "", stderr: "", exitCode: signal?.aborted ? TERMINATED : 0 };
};

const exec: ComposeCommand = async (args, session) => {
  const known = [
    "T|no-TTY",
    "i|interactive",
    "t|tty",
    "e|env=",
    "w|workdir=",
    "u|user=",
    "d|detach",
    "index=",
    "privileged",
  ];
  const parsed = parse("docker compose exec", args, known, { least: 2, stopAtOperand: true });
  if (parsed.options.has("d")) refuse("the option --detach of docker compose exec");
  const [name = "", ...argv] = parsed.operands;
  const [service] = session.services([name]);
  const [container] = service ? session.containers(service) : [];
  if (container?.state.status !== "running") throw new Refusal(fail(`service "${name}" is not running\n`));
  const env = variables(parsed.values.get("e") ?? [], session.process);
  // Compose connects standard input unless it is told not to.
  return await execIn(container, { argv, env }, parsed, session.process, true);
};

const run: ComposeCommand = async (args, session) => {
  const { container, isDetached, isRemoved } = await runOnce(args, session);
  if (isDetached) return ok(`${container.name}\n`);
  const exitCode = await attachTo(session.engine, container.id, session.process);
  if (isRemoved) await session.engine.containers.remove(container.id, { force: true });
  return { stdout: "", stderr: "", exitCode };
};

const pull: ComposeCommand = async (args, session) => {
  const known = ["q|quiet", "ignore-pull-failures", "ignore-buildable", "include-deps", "policy="];
  const { options, operands } = parse("docker compose pull", args, known);
  const { engine, process } = session;
  for (const { name, image, build: isBuilt } of session.services(operands)) {
    if (isBuilt) {
      session.tell(name, "Skipped - No image to be pulled");
      continue;
    }
    session.tell(name, "Pulling");
    const say = (line: string) => (options.has("q") ? undefined : process.print("stderr", ` ${line}\n`));
    await pullImage(engine, image, process, say);
    session.tell(name, "Pulled");
  }
  return ok();
};

type Verb = "stop" | "start" | "restart" | "kill" | "rm";

const progress: Readonly<Record<Verb, readonly [begins: string, ended: string]>> = {
  stop: ["Stopping", "Stopped"],
  start: ["Starting", "Started"],
  restart: ["Restarting", "Started"],
  kill: ["Killing", "Killed"],
  rm: ["Removing", "Removed"],
};

/** A command that does the same with each container: backwards where that ends it. */
function onEach(
  verb: Verb,
  known: readonly string[],
  act: (session: Session, container: Container, options: Parsed["options"]) => Promise<void>,
): ComposeCommand {
  return async (args, session) => {
    const { options, operands } = parse(`docker compose ${verb}`, args, known);
    const containers = session.services(operands).flatMap((service) => session.containers(service));
    if (verb !== "start" && verb !== "restart") containers.reverse();
    for (const container of containers) {
      if (verb === "rm" && container.state.status === "running" && !options.has("s")) continue;
      if (verb === "kill" && container.state.status !== "running") continue;
      await session.step(`Container ${container.name}`, ...progress[verb], () => act(session, container, options));
    }
    return ok();
  };
}

function timeout(options: Parsed["options"]): { timeoutSeconds?: number } {
  const seconds = options.get("t");
  return seconds === undefined ? {} : { timeoutSeconds: Number(seconds) };
}

const commands: Readonly<Record<string, ComposeCommand>> = {
  ...lookingCommands,
  build: buildCommand,
  create: createCommand,
  down: downCommand,
  exec,
  kill: onEach("kill", [], ({ engine }, { id }) => engine.containers.kill(id)),
  logs,
  ps,
  pull,
  restart: onEach("restart", ["t|timeout=", "no-deps"], ({ engine }, { id }, options) =>
    engine.containers.restart(id, timeout(options)),
  ),
  rm: onEach("rm", ["f|force", "s|stop", "v|volumes"], ({ engine }, { id }) =>
    engine.containers.remove(id, { force: true }),
  ),
  run,
  start: onEach("start", [], ({ engine }, { id }) => engine.containers.start(id)),
  stop: onEach("stop", ["t|timeout="], ({ engine }, { id }, options) => engine.containers.stop(id, timeout(options))),
  up: upCommand,
};
