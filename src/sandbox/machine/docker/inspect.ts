import type { Result } from "../program.ts";
import type { Container, ContainerState, Image, Network, Volume } from "./engine.ts";
import { fillTemplate } from "./go-template.ts";
import { splitName } from "./rows.ts";

/** As docker writes a time that has not come. */
const NEVER = "0001-01-01T00:00:00Z";

/** Prints what was found as `docker inspect` does. */
export function show(objects: readonly object[], format: string | undefined, errors: readonly string[]): Result {
  const exitCode = errors.length > 0 ? 1 : 0;
  const stderr = errors.join("");
  if (format === undefined || format === "json") {
    return { stdout: `${JSON.stringify(objects, undefined, 4)}\n`, stderr, exitCode };
  }
  return { stdout: objects.map((object) => `${fillTemplate(format, object)}\n`).join(""), stderr, exitCode };
}

/** A container as `docker inspect` shows it, as far as the sandbox knows. */
export function inspectContainer(container: Container, image: Image | undefined, volumes: readonly Volume[]): object {
  const { id, name, spec, imageId, argv, created, state, restartCount } = container;
  const [path = "", ...args] = argv;
  return {
    Id: id,
    Created: created,
    Path: path,
    Args: args,
    State: stateOf(state),
    Image: imageId,
    Name: `/${name}`,
    RestartCount: restartCount,
    Driver: "overlay2",
    Platform: "linux",
    HostConfig: {
      Binds: [
        ...(spec.binds ?? []).map(({ source, target, readOnly }) => `${source}:${target}:${readOnly ? "ro" : "rw"}`),
        ...(spec.volumes ?? []).map(({ name, target, readOnly }) => `${name}:${target}:${readOnly ? "ro" : "rw"}`),
      ],
      PortBindings: bindings(container, (port) => (port === 0 ? "" : String(port))),
      RestartPolicy: { Name: spec.restart?.name ?? "no", MaximumRetryCount: spec.restart?.maximumRetryCount ?? 0 },
      AutoRemove: spec.autoRemove ?? false,
      Memory: spec.memory ?? 0,
      NetworkMode: spec.networks?.[0]?.name ?? "default",
    },
    Mounts: [
      ...(spec.binds ?? []).map(({ source, target, readOnly = false }) => ({
        Type: "bind",
        Source: source,
        Destination: target,
        Mode: readOnly ? "ro" : "",
        RW: !readOnly,
        Propagation: "rprivate",
      })),
      ...(spec.volumes ?? []).map(({ name, target, readOnly = false }) => ({
        Type: "volume",
        Name: name,
        Source: volumes.find((one) => one.name === name)?.folder ?? "",
        Destination: target,
        Driver: "local",
        Mode: "z",
        RW: !readOnly,
        Propagation: "",
      })),
    ],
    Config: configOf(container, image),
    NetworkSettings: networkSettings(container),
  };
}

function stateOf({ status, pid, exitCode, oomKilled, error, startedAt, finishedAt, health }: ContainerState): object {
  return {
    Status: status,
    Running: status === "running",
    Paused: false,
    Restarting: status === "restarting",
    OOMKilled: oomKilled,
    Dead: false,
    Pid: pid ?? 0,
    ExitCode: exitCode,
    Error: error,
    StartedAt: startedAt ?? NEVER,
    FinishedAt: finishedAt ?? NEVER,
    ...(health && {
      Health: {
        Status: health.status,
        FailingStreak: health.failingStreak,
        Log: health.log.map((check) => ({
          Start: check.start,
          End: check.end,
          ExitCode: check.exitCode,
          Output: check.output,
        })),
      },
    }),
  };
}

function configOf({ id, spec, ports }: Container, image: Image | undefined): object {
  const config = image?.config;
  const env = new Map((config?.Env ?? []).map((line) => [line.slice(0, line.indexOf("=")), line]));
  for (const [name, value] of Object.entries(spec.env ?? {})) env.set(name, `${name}=${value}`);
  return {
    Hostname: spec.hostname ?? id.slice(0, 12),
    User: spec.user ?? config?.User ?? "",
    ExposedPorts: Object.fromEntries(ports.map(({ containerPort }) => [`${containerPort}/tcp`, {}])),
    Env: [...env.values()],
    Cmd: spec.command ?? (spec.entrypoint ? null : (config?.Cmd ?? null)),
    ...((spec.healthcheck ?? config?.Healthcheck) && { Healthcheck: spec.healthcheck ?? config?.Healthcheck }),
    Image: spec.image,
    Volumes: config?.Volumes ?? {},
    WorkingDir: spec.workingDir ?? config?.WorkingDir ?? "",
    Entrypoint: spec.entrypoint ?? config?.Entrypoint ?? null,
    Labels: { ...config?.Labels, ...spec.labels },
    StopSignal: spec.stopSignal ?? config?.StopSignal ?? "SIGTERM",
  };
}

function networkSettings(container: Container): object {
  const { spec, state, address = "", id, name } = container;
  const isRunning = state.status === "running";
  return {
    Ports: isRunning ? bindings(container, String) : {},
    IPAddress: spec.networks?.length ? "" : address,
    Networks: Object.fromEntries(
      (spec.networks ?? []).map((network) => [
        network.name,
        {
          Aliases: [...(network.aliases ?? []), id.slice(0, 12)],
          IPAddress: isRunning ? address : "",
          Gateway: isRunning ? address.replace(/\d+$/, "1") : "",
          IPPrefixLen: isRunning ? 16 : 0,
          DNSNames: [name, ...(network.aliases ?? []), id.slice(0, 12)],
        },
      ]),
    ),
  };
}

function bindings({ ports, spec }: Container, port: (hostPort: number) => string): object {
  const published = ports.length > 0 ? ports : (spec.ports ?? []);
  return Object.fromEntries(
    published.map(({ containerPort, hostPort }) => [
      `${containerPort}/tcp`,
      hostPort === undefined ? null : [{ HostIp: "0.0.0.0", HostPort: port(hostPort) }],
    ]),
  );
}

/** An image as `docker image inspect` shows it, as far as the sandbox knows. */
export function inspectImage(image: Image): object {
  return {
    Id: image.id,
    RepoTags: image.names,
    RepoDigests: [...new Set(image.names.map((name) => `${splitName(name).repository}@${image.digest}`))],
    Created: image.created,
    Os: "linux",
    Size: image.size,
    Config: image.config,
    RootFS: { Type: "layers", Layers: image.layers },
  };
}

export function inspectVolume({ name, folder, created, labels }: Volume): object {
  return {
    CreatedAt: created,
    Driver: "local",
    Labels: labels,
    Mountpoint: folder,
    Name: name,
    Options: null,
    Scope: "local",
  };
}

export function inspectNetwork(
  { name, id, created, labels, driver = "bridge" }: Network & { readonly driver?: string },
  containers: readonly Container[],
): object {
  const attached = containers.filter(
    ({ spec: { networks = [{ name: "bridge" }] }, state }) =>
      state.status === "running" && networks.some((network) => network.name === name),
  );
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: "local",
    Driver: driver,
    IPAM: { Driver: "default", Options: null, Config: rangeOf(name, driver) },
    Containers: Object.fromEntries(
      attached.map((container) => [
        container.id,
        { Name: container.name, IPv4Address: container.address === undefined ? "" : `${container.address}/16` },
      ]),
    ),
    Labels: labels,
  };
}

function rangeOf(name: string, driver: string): object[] {
  if (driver !== "bridge") return [];
  const range = name === "bridge" ? "172.17" : "172.18";
  return [{ Subnet: `${range}.0.0/16`, Gateway: `${range}.0.1` }];
}
