import type { Healthcheck } from "../engine.ts";
import { networksOf, type Project, type Service } from "./project.ts";

/** The project as `docker compose config` prints it: variables filled in, short forms written out. */
export async function configText(project: Project): Promise<string> {
  const { stringify } = (await import("yaml")).default;
  return stringify(configOf(project), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The same as data. */
export function configOf(project: Project): object {
  const services = [...project.services].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    name: project.name,
    services: Object.fromEntries(services.map((service) => [service.name, serviceConfig(service, project)])),
    networks: Object.fromEntries(
      networksOf(project, services).map(({ key, name, external }) => [key, { name, ...(external && { external }) }]),
    ),
    ...(project.volumes.length > 0 && {
      volumes: Object.fromEntries(
        project.volumes.map(({ key, name, external }) => [key, { name, ...(external && { external }) }]),
      ),
    }),
  };
}

function serviceConfig({ source, spec, build, dependsOn, labels }: Service, { volumes, networks }: Project): object {
  const keyOf = (name: string) => volumes.find((volume) => volume.name === name)?.key ?? name;
  const given = (key: string) => (source[key] === undefined ? {} : { [key]: source[key] });
  const mounts = [
    ...(spec.volumes ?? []).map(({ name, target, readOnly }) => ({
      type: "volume",
      source: keyOf(name),
      target,
      ...(readOnly && { read_only: true }),
      volume: {},
    })),
    ...(spec.anonymous ?? []).map((target) => ({ type: "volume", target, volume: {} })),
    ...(spec.binds ?? []).map(({ readOnly, ...bind }) => ({
      type: "bind",
      ...bind,
      ...(readOnly && { read_only: true }),
      bind: { create_host_path: true },
    })),
  ];
  const config = {
    ...(build && {
      build: {
        context: build.context,
        dockerfile: build.dockerfile ?? "Dockerfile",
        ...(Object.keys(build.args).length > 0 && { args: sorted(build.args) }),
        ...(build.target !== undefined && { target: build.target }),
      },
    }),
    command: spec.command ?? null,
    ...given("container_name"),
    ...(dependsOn.length > 0 && {
      depends_on: Object.fromEntries(
        dependsOn.map(({ service, condition, required }) => [service, { condition, required }]),
      ),
    }),
    entrypoint: spec.entrypoint ?? null,
    ...(Object.keys(spec.env ?? {}).length > 0 && { environment: sorted(spec.env ?? {}) }),
    ...(spec.healthcheck && { healthcheck: healthcheckOf(spec.healthcheck) }),
    ...given("hostname"),
    ...given("image"),
    ...(Object.keys(labels).length > 0 && { labels: sorted(labels) }),
    ...(spec.memory !== undefined && { mem_limit: String(spec.memory) }),
    networks: Object.fromEntries(
      (spec.networks ?? []).map(({ name, aliases = [] }) => [
        networks.find((network) => network.name === name)?.key ?? name,
        aliases.length > 1 ? { aliases: aliases.slice(1) } : null,
      ]),
    ),
    ...((spec.ports?.length ?? 0) > 0 && {
      ports: spec.ports?.map(({ containerPort, hostPort }) => ({
        mode: "ingress",
        target: containerPort,
        ...(hostPort > 0 && { published: String(hostPort) }),
        protocol: "tcp",
      })),
    }),
    ...given("restart"),
    ...given("stop_grace_period"),
    ...given("stop_signal"),
    ...given("user"),
    ...(mounts.length > 0 && { volumes: mounts }),
    ...given("working_dir"),
  };
  return config;
}

function healthcheckOf({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries }: Healthcheck): object {
  if (Test[0] === "NONE") return { disable: true };
  const time = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: `${value / 1e9}s` });
  return {
    test: Test,
    ...time("timeout", Timeout),
    ...time("interval", Interval),
    ...(Retries !== undefined && { retries: Retries }),
    ...time("start_period", StartPeriod),
    ...time("start_interval", StartInterval),
  };
}

function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
