import { randomBytes } from "node:crypto";
import type { BoundPort, ContainerSpec } from "../container.ts";
import type { Image } from "../image.ts";
import { ContainerError } from "./error.ts";
import { checkName } from "./named-things.ts";
import type { ContainerRecord } from "./record.ts";

/**
 * What is kept of a container that is to be made, beside those that are there.
 *
 * @throws ContainerError if its name is taken or none, a port is published twice, or nothing says what it is to run.
 */
export function newRecord(spec: ContainerSpec, image: Image, others: readonly ContainerRecord[]): ContainerRecord {
  const id = randomBytes(32).toString("hex");
  const name = spec.name ?? `sandbox_${id.slice(0, 12)}`;
  checkFree(name, others);
  checkOnce((spec.ports ?? []).map(({ containerPort }) => containerPort));
  return {
    id,
    name,
    spec,
    imageId: image.id,
    image: image.config,
    runs: image.runs,
    argv: argvOf(spec, image),
    created: new Date().toISOString(),
    ...((spec.networks ?? []).length > 0 && { address: freeAddress(others) }),
    state: { status: "created", exitCode: 0, oomKilled: false, error: "" },
    ports: portsOf(spec, image),
    restartCount: 0,
    wanted: false,
  };
}

function checkFree(name: string, others: readonly ContainerRecord[]): void {
  checkName(name, "container");
  const other = others.find((one) => one.name === name);
  if (!other) return;
  throw new ContainerError(
    "name-taken",
    `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function checkOnce(ports: readonly number[]): void {
  const twice = ports.find((port, at) => ports.indexOf(port) !== at);
  if (twice === undefined) return;
  throw new ContainerError("refused", `port ${twice} is published twice: the sandbox serves a port at one place`);
}

/** An entry point that is given leaves the image's command out, as docker does. */
function argvOf(spec: ContainerSpec, { config: { Entrypoint = [], Cmd = [] } }: Image): string[] {
  const argv = spec.entrypoint
    ? [...spec.entrypoint, ...(spec.command ?? [])]
    : [...Entrypoint, ...(spec.command ?? Cmd)];
  if (argv.length === 0) throw new ContainerError("refused", "no command specified");
  return argv;
}

function freeAddress(others: readonly ContainerRecord[]): string {
  const used = new Set(others.map(({ address }) => address));
  for (let number = 2; ; number++) {
    const address = `172.18.${number >> 8}.${number & 255}`;
    if (!used.has(address)) return address;
  }
}

/** Published ports first, then those that are only exposed; none twice. */
export function portsOf(spec: ContainerSpec, { config }: Pick<Image, "config">): BoundPort[] {
  const published = (spec.ports ?? []).map(({ containerPort, hostPort }) => ({
    containerPort,
    ...(hostPort !== 0 && { hostPort }),
  }));
  const exposed = Object.keys(config.ExposedPorts).map((port) => ({ containerPort: Number.parseInt(port, 10) }));
  const all = [...published, ...exposed];
  return all.filter((port, at) => all.findIndex(({ containerPort }) => containerPort === port.containerPort) === at);
}
