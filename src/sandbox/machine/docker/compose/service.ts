import { fail } from "../../program.ts";
import { bytes, gapOf, Refusal, refuse } from "../client.ts";
import type { ContainerSpec, Healthcheck, PublishedPort } from "../engine.ts";
import { isPath, type Mounts, mountsOf, shortMount, type WrittenMount } from "../mounts.ts";
import { publishedPorts } from "../published-ports.ts";
import { nanoseconds, restartPolicy } from "../run-options.ts";
import { buildOf } from "./build.ts";
import { envFileOfCompose } from "./env-file.ts";
import { invalid, isSet, type Place, pairs } from "./place.ts";
import { placedFiles } from "./placed-files.ts";
import type { Dependency, Service } from "./project.ts";
import { misshapen } from "./shape.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** Keys of a service that are emulated. `expose`, `tty`, `stdin_open`, `init`, `logging` and the like change nothing that could be seen. */
const EMULATED = new Set(
  (
    "build image container_name command entrypoint ports expose environment env_file depends_on links restart volumes " +
    "healthcheck labels mem_limit hostname working_dir user stop_grace_period stop_signal tty stdin_open init networks " +
    "profiles extends logging deploy extra_hosts attach annotations pull_policy secrets configs tmpfs network_mode scale"
  ).split(" "),
);

/** Keys that would show on a real machine only; `up` says that they have no effect. */
const WITHOUT_EFFECT = new Set(
  (
    "blkio_config cap_add cap_drop cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime " +
    "cpu_shares cpus cpuset develop device_cgroup_rules dns dns_opt dns_search domainname group_add ipc isolation mac_address mem_reservation " +
    "mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit platform privileged read_only security_opt shm_size " +
    "storage_opt sysctls ulimits userns_mode uts"
  ).split(" "),
);

/** Other keys of the Compose Specification (https://docs.docker.com/reference/compose-file/services/). */
const KNOWN = new Set(
  (
    "credential_spec devices external_links gpus label_file models pid post_start pre_stop provider runtime " +
    "use_api_socket volumes_from"
  ).split(" "),
);

/**
 * A service of a compose file. What the sandbox has not is told with it: for an image that it has not either, that does
 * not matter.
 *
 * @throws Refusal for what compose refuses
 */
export async function serviceOf(name: string, source: Mapping, place: Place): Promise<Service> {
  const { project, file, values } = place;
  const at = `services.${name}`;
  const unregarded: string[] = [];
  let gap: Refusal | undefined;
  for (const key of Object.keys(source)) {
    if (EMULATED.has(key) || key.startsWith("x-")) continue;
    if (WITHOUT_EFFECT.has(key)) unregarded.push(`${at}.${key}`);
    else if (KNOWN.has(key)) gap ??= gapOf(`the key ${at}.${key} of a compose file`);
    else throw invalid(file, `${at} Additional property ${key} is not allowed`);
  }
  const problem = misshapen(source, at);
  if (problem !== undefined) throw invalid(file, problem);
  const orGap = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refusal) || !error.isGap) throw error;
      gap ??= error;
      return otherwise;
    }
  };
  const build = !isSet(source.build)
    ? undefined
    : orGap(() => buildOf(source.build, at, place), { context: ".", args: {}, contexts: {} });
  if (!build && typeof source.image !== "string") {
    throw new Refusal(
      fail(`service "${name}" has neither an image nor a build context specified: invalid compose project\n`, 15),
    );
  }
  const links = list(source.links).map((link) => link.split(":"));
  const mounts = orGap(() => mountsIn(source, name, place), { volumes: [] });
  return {
    name,
    ...(build && { build }),
    image: typeof source.image === "string" ? source.image : `${project}-${name}`,
    containerName: typeof source.container_name === "string" ? source.container_name : `${project}-${name}-1`,
    profiles: list(source.profiles),
    dependsOn: dependenciesOf(
      source.depends_on,
      links.map(([service = ""]) => service),
      at,
    ),
    labels: pairs(source.labels, values),
    spec: {
      env: { ...(await envFiles(source.env_file, place)), ...pairs(source.environment, values) },
      ports: orGap(() => portsOf(source.ports, at, unregarded), []),
      ...mounts,
      networks: orGap(() => attachments(source, name, place, unregarded), []),
      ...orGap(() => specOf(source, at, unregarded), {}),
    },
    files: placedFiles(source, name, place).flatMap(({ content }) => content ?? []),
    source,
    unregarded,
    ...(gap && { gap }),
  };
}

/** The networks of a service, in each of which it has its own name and those that the file adds. */
function attachments(
  { networks: value, network_mode: mode }: Mapping,
  service: string,
  { networks }: Place,
  unregarded: string[],
): { name: string; aliases: string[] }[] {
  if (isSet(mode) && isSet(value)) {
    const why = `service ${service} declares mutually exclusive \`network_mode\` and \`networks\`: invalid compose project`;
    throw new Refusal(fail(`${why}\n`, 15));
  }
  if (mode === "bridge") return [];
  if (isSet(mode)) {
    refuse(
      `services.${service}.network_mode: ${mode} (instead, publish its ports, and name the other services where it says localhost)`,
    );
  }
  const keyed = Array.isArray(value)
    ? Object.fromEntries(value.map((key) => [key, null]))
    : (value ?? { default: null });
  return Object.entries(keyed as Record<string, Mapping | null>).map(([key, options]) => {
    const known = networks.find((network) => network.key === key);
    if (!known) {
      throw new Refusal(fail(`service "${service}" refers to undefined network ${key}: invalid compose project\n`, 15));
    }
    const { aliases, ...others } = options ?? {};
    unregarded.push(...Object.keys(others).map((odd) => `services.${service}.networks.${key}.${odd}`));
    return { name: known.name, aliases: [service, ...list(aliases)] };
  });
}

/** What stands in the file as it is needed. */
function specOf(source: Mapping, at: string, unregarded: string[]): Partial<ContainerSpec> {
  const { command, entrypoint, restart, hostname, working_dir, user, stop_grace_period, stop_signal, mem_limit } =
    source;
  const deploy = deployOf(source, at, unregarded);
  const limit = mem_limit ?? deploy.memory;
  const memory = isSet(limit) ? bytes(String(limit)) : undefined;
  if (isSet(limit) && memory === undefined) throw new Refusal(fail(`invalid size: '${limit}'\n`, 15));
  const healthcheck = healthcheckOf(source.healthcheck, at);
  const extraHosts = hostsOf(source.extra_hosts);
  return {
    ...(isSet(command) && { command: words(command) }),
    ...(isSet(entrypoint) && { entrypoint: words(entrypoint) }),
    ...(isSet(restart) && { restart: restartPolicy(String(restart)) }),
    ...(isSet(hostname) && { hostname: String(hostname) }),
    ...(isSet(working_dir) && { workingDir: String(working_dir) }),
    ...(isSet(user) && { user: String(user) }),
    ...(isSet(stop_grace_period) && { stopTimeoutSeconds: nanoseconds(String(stop_grace_period)) / 1e9 }),
    ...(isSet(stop_signal) && { stopSignal: String(stop_signal) as NodeJS.Signals }),
    ...(memory !== undefined && { memory }),
    ...(healthcheck && { healthcheck }),
    ...(extraHosts.length > 0 && { extraHosts }),
  };
}

/** Of what a swarm would do with a service, compose regards its limits and how many there are to be of it; here one stands for them all. */
function deployOf({ deploy, scale }: Mapping, at: string, unregarded: string[]): { memory?: unknown } {
  const { replicas, resources } = (deploy ?? {}) as Mapping;
  for (const [key, count] of Object.entries({ "deploy.replicas": replicas, scale })) {
    if (!isSet(count) || Number(count) === 1) continue;
    if (Number(count) === 0) refuse(`${at}.${key}: 0 (give the service a profile instead)`);
    unregarded.push(`${at}.${key} (one container runs)`);
  }
  return ((resources as Mapping | undefined)?.limits ?? {}) as { memory?: unknown };
}

/** `name:address` and `name=address`, as a list, or as a mapping. */
function hostsOf(value: unknown): { name: string; address: string }[] {
  const entries = Array.isArray(value)
    ? value.map((line) => /^([^:=]+)[:=](.*)$/.exec(String(line))?.slice(1) ?? [String(line), ""])
    : Object.entries((value ?? {}) as Record<string, unknown>).map(([name, address]) => [name, String(address)]);
  return entries.map(([name = "", address = ""]) => ({ name, address: address.replace(/^\[(.*)\]$/, "$1") }));
}

function dependenciesOf(value: unknown, links: readonly string[], at: string): Dependency[] {
  const started = (service: string): Dependency => ({ service, condition: "service_started", required: true });
  const stated = Array.isArray(value)
    ? value.map((service) => started(String(service)))
    : Object.entries((value ?? {}) as Record<string, Mapping | null>).map(([service, options]) =>
        dependency(service, options ?? {}, at),
      );
  const others = links.filter((link) => stated.every(({ service }) => service !== link));
  return [...stated, ...others.map(started)];
}

function dependency(service: string, options: Mapping, at: string): Dependency {
  const { condition = "service_started", required = true, restart: _, ...others } = options;
  const [odd] = Object.keys(others);
  if (odd !== undefined) refuse(`the key ${at}.depends_on.${service}.${odd} of a compose file`);
  if (
    condition === "service_started" ||
    condition === "service_healthy" ||
    condition === "service_completed_successfully"
  ) {
    return { service, condition, required: required === true };
  }
  throw new Refusal(
    fail(
      `${at}.depends_on.${service}.condition must be one of the following: "service_started", "service_healthy", "service_completed_successfully"\n`,
      15,
    ),
  );
}

async function envFiles(value: unknown, { folder, process, values }: Place): Promise<Record<string, string>> {
  const entries = isSet(value) ? [value].flat() : [];
  const env: Record<string, string> = {};
  for (const entry of entries) {
    const { path = "", required = true } = (typeof entry === "string" ? { path: entry } : entry) as {
      path?: string;
      required?: boolean;
    };
    const full = process.fs.resolvePath(folder, path);
    if (!required && !(await process.fs.exists(full))) continue;
    Object.assign(env, await envFileOfCompose(full, process, { ...values, ...env }));
  }
  return env;
}

function portsOf(value: unknown, at: string, unregarded: string[]): PublishedPort[] {
  return ((value ?? []) as unknown[]).flatMap((port) => {
    const [text, protocol] = portText(port, at);
    const found = portsIn(text);
    if (protocol === "tcp") return found;
    unregarded.push(`${at}.ports ${text}/${protocol}`);
    return [];
  });
}

/** A port as it is written for `docker run`, without its protocol, and that. */
function portText(port: unknown, at: string): [text: string, protocol: string] {
  if (typeof port !== "object" || port === null) {
    const [, text = "", protocol = "tcp"] = /^(.*?)(?:\/(udp|sctp|tcp))?$/is.exec(String(port)) ?? [];
    return [text, protocol.toLowerCase()];
  }
  const { target, published, protocol = "tcp", mode = "ingress", host_ip: host, ...others } = port as Mapping;
  const odd = Object.keys(others).find((key) => key !== "name" && key !== "app_protocol" && !key.startsWith("x-"));
  if (odd !== undefined) refuse(`the key ${at}.ports.${odd} of a compose file`);
  if (!/^(tcp|udp|sctp)$/.test(String(protocol)) || (mode !== "ingress" && mode !== "host")) {
    refuse(`${at}.ports with protocol ${protocol} and mode ${mode}`);
  }
  const outer = isSet(published) ? `${published}:` : "";
  return [`${isSet(host) ? `${host}:${outer === "" ? ":" : ""}` : ""}${outer}${target}`, String(protocol)];
}

/** @throws Refusal in the words of docker's parser of ports */
function portsIn(text: string): PublishedPort[] {
  try {
    return publishedPorts(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(fail(`${(error as Error).message}\n`, 15));
  }
}

function mountsIn(source: Mapping, service: string, place: Place): Mounts {
  const { volumes, file, folder, process } = place;
  const written = ((source.volumes ?? []) as unknown[]).map((volume, index): WrittenMount => {
    const at = `services.${service}.volumes[${index}]`;
    if (typeof volume === "string") return shortVolume(volume);
    const { type, source, target, read_only } = volume as Mapping;
    if (typeof type !== "string") throw invalid(file, `${at} type is required`);
    if (!/^(volume|bind|tmpfs|cluster|npipe|image)$/.test(type)) {
      throw invalid(
        file,
        `${at}.type must be one of the following: "bind", "volume", "tmpfs", "cluster", "npipe", "image"`,
      );
    }
    if (!/^(volume|bind|tmpfs)$/.test(type)) refuse(`volumes of type ${type} (${at})`);
    if (typeof target !== "string" || target === "")
      throw new Refusal(fail(`invalid mount config for type "${type}": field Target must not be empty\n`));
    if (type === "tmpfs" || typeof source !== "string") return { source: undefined, target };
    const isReadOnly = read_only === true || read_only === "true";
    return { source: type === "bind" && !isPath(source) ? `./${source}` : source, target, isReadOnly };
  });
  const temporary = (isSet(source.tmpfs) ? [source.tmpfs].flat() : []).map(
    (text): WrittenMount => ({ source: undefined, target: String(text).split(":")[0] ?? "" }),
  );
  const placed = placedFiles(source, service, place).flatMap(({ mount }) => mount ?? []);
  return mountsOf([...written, ...temporary, ...placed], {
    folder,
    home: process.env.HOME ?? process.user.home,
    nameOf: (source) => {
      const known = volumes.find(({ key }) => key === source);
      if (known) return known.name;
      throw new Refusal(
        fail(`service "${service}" refers to undefined volume ${source}: invalid compose project\n`, 15),
      );
    },
  });
}

function shortVolume(text: string): WrittenMount {
  try {
    return shortMount(text);
  } catch (error) {
    throw new Refusal(fail(`${(error as Error).message}\n`, 15));
  }
}

function healthcheckOf(value: unknown, at: string): Healthcheck | undefined {
  if (!isSet(value)) return undefined;
  const { test, interval, timeout, retries, start_period, start_interval, disable } = value as Mapping;
  if (disable === true) return { Test: ["NONE"] };
  if (Array.isArray(test) && !/^(NONE|CMD|CMD-SHELL)$/.test(String(test[0]))) {
    throw new Refusal(fail(`${at}.healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"\n`, 15));
  }
  const time = (text: unknown) => nanoseconds(String(text));
  return {
    // Without a test, that of the image.
    Test: typeof test === "string" ? ["CMD-SHELL", test] : list(test),
    ...(isSet(interval) && { Interval: time(interval) }),
    ...(isSet(timeout) && { Timeout: time(timeout) }),
    ...(isSet(start_period) && { StartPeriod: time(start_period) }),
    ...(isSet(start_interval) && { StartInterval: time(start_interval) }),
    ...(isSet(retries) && { Retries: Number(retries) }),
  };
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A command as a list, or a text in shell words. */
function words(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  const parts = String(value).match(/(?:[^\s"']+|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
  return parts.map((part) =>
    part.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) => double?.replace(/\\(.)/g, "$1") ?? single),
  );
}
