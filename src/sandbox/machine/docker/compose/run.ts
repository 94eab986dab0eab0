import { randomBytes } from "node:crypto";
import type { Parsed } from "../../../shell/options.ts";
import { parse, variables } from "../client.ts";
import type { Container, ContainerSpec } from "../engine.ts";
import { labels, type Service } from "./project.ts";
import type { Session } from "./session.ts";
import { imageOf, prepare, putFiles, up, waitForNeeds } from "./up.ts";

const OPTIONS = [
  "rm",
  "d|detach",
  "e|env=",
  "entrypoint=",
  "name=",
  "no-deps",
  "T|no-TTY",
  "i|interactive",
  "t|tty",
  "u|user=",
  "w|workdir=",
  "P|service-ports",
  "build",
  "quiet-pull",
  "q|quiet",
  "remove-orphans",
  "use-aliases",
];

/** A container of a service for one command, which what the service depends on is started for. */
export interface OneOff {
  readonly container: Container;
  readonly isDetached: boolean;
  /** It goes when its command has ended. */
  readonly isRemoved: boolean;
}

/** Makes and starts the container of `docker compose run`. @throws Refusal, ContainerError */
export async function runOnce(args: readonly string[], session: Session): Promise<OneOff> {
  const parsed = parse("docker compose run", args, OPTIONS, { least: 1, stopAtOperand: true });
  const { options, operands } = parsed;
  const [name = "", ...command] = operands;
  const [service] = session.services([name]);
  if (!service) throw new Error(`service ${name} is gone`);
  if (service.gap) throw service.gap;
  const others = session.withDependencies([name]).filter((one) => one.name !== name);
  if (!options.has("no-deps") && others.length > 0) {
    await up(session, others, {});
    await waitForNeeds(session, service);
  }
  const image = await imageOf(session, service, { build: options.has("build") });
  await prepare(session, [service]);
  const id = randomBytes(6).toString("hex");
  const { containers } = session.engine;
  const isDetached = options.has("d");
  const isRemoved = options.has("rm");
  const { id: made } = await containers.create({
    ...specOf(service, command, parsed, session),
    image: service.image,
    name: options.get("name") ?? `${session.project.name}-${name}-run-${id}`,
    autoRemove: isRemoved && isDetached,
    labels: {
      ...service.labels,
      [labels.project]: session.project.name,
      [labels.service]: name,
      [labels.oneoff]: "True",
      [labels.folder]: session.project.folder,
      [labels.files]: session.project.files.join(","),
      [labels.image]: image.id,
    },
  });
  await putFiles(session.engine, made, service);
  await containers.start(made);
  const container = containers.find(made);
  if (!container) throw new Error(`container ${made} is gone`);
  return { container, isDetached, isRemoved };
}

/** The service's, without its ports, its restarts and its health, and with what was asked for. */
function specOf(
  { spec }: Service,
  command: readonly string[],
  { options, values }: Parsed,
  { process }: Session,
): Omit<ContainerSpec, "image"> {
  const { ports, restart: _, healthcheck: __, networks = [], ...own } = spec;
  const [entrypoint, user, workingDir] = [options.get("entrypoint"), options.get("u"), options.get("w")];
  return {
    ...own,
    networks: networks.map((network) => ({ name: network.name, ...(options.has("use-aliases") && network) })),
    healthcheck: { Test: ["NONE"] },
    ...(options.has("P") && ports && { ports }),
    env: { ...own.env, ...variables(values.get("e") ?? [], process) },
    ...(command.length > 0 && { command }),
    ...(entrypoint !== undefined && { entrypoint: entrypoint === "" ? [] : entrypoint.split(" "), command }),
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDir }),
  };
}
