import type { ConnectProxyOptions, Passed } from "../plane/connect-proxy/options.ts";
import type { ConnectTarget } from "../plane/connect-proxy/reach.ts";
import { openConnectProxy } from "../plane/connect-proxy.ts";
import type { Listening } from "../plane/listen.ts";
import { letsIn, letsOut } from "../world/ec2/may-connect.ts";
import { hostOf } from "../world/ecs/fargate.ts";
import { nameIn } from "../world/ecs/names.ts";
import { containerPort } from "../world/ecs/service-connect.ts";
import { revisionOf } from "../world/ecs/service-deployments.ts";
import type { ConnectEndpoint, EcsService, EcsTask, NetworkInterface } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { Reach } from "./balancer-config.ts";
import { interfaceOf } from "./ecs-task-interfaces.ts";
import type { HostNames } from "./host-names.ts";

/** Seconds that a request may take where its service says nothing. (ecs:TimeoutConfiguration, perRequestTimeoutSeconds) */
const REQUEST_TIMEOUT = 15;

/** What went through a proxy, and between whom. */
export interface PassedBetween {
  readonly region: Region;
  readonly client: EcsTask;
  /** ARN of the service that was asked. */
  readonly server: string;
  readonly discoveryName: string;
  readonly passed: Passed;
}

/** The proxies of tasks with Service Connect, one for each endpoint that a task knows, where its containers and nobody else reach them. */
export class ConnectProxies {
  readonly #world: World;
  readonly #names: HostNames;
  readonly #reach: Reach;
  readonly #open = new Map<string, Promise<readonly Listening[]>>();
  readonly #watchers: ((passed: PassedBetween) => void)[] = [];

  constructor(world: World, names: HostNames, reach: Reach) {
    this.#world = world;
    this.#names = names;
    this.#reach = reach;
  }

  onPassed(watcher: (passed: PassedBetween) => void): void {
    this.#watchers.push(watcher);
  }

  /** Resolves when the containers of a task reach all endpoints that it knows. */
  async open(region: Region, task: EcsTask): Promise<void> {
    const host = hostOf(task);
    const opening = this.#open.get(host) ?? this.#openAll(region, task);
    this.#open.set(host, opening);
    await opening;
  }

  /** Frees the ports of a task that has ended. */
  async close(task: EcsTask): Promise<void> {
    await this.#closeOf(hostOf(task));
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((host) => this.#closeOf(host)));
  }

  async #closeOf(host: string): Promise<void> {
    const opening = this.#open.get(host);
    this.#open.delete(host);
    this.#names.serve(host, {});
    await Promise.all(((await opening) ?? []).map((listening) => listening.close()));
  }

  async #openAll(region: Region, task: EcsTask): Promise<readonly Listening[]> {
    const known = knownEndpoints(region, task);
    const open = await Promise.all(
      known.map(async ({ address, ...endpoint }) => ({
        place: `${address}:${endpoint.port}`,
        listening: await this.#openOne(region, task, endpoint),
      })),
    );
    const places = open.map(({ place, listening: { address: host, port } }) => [place, { host, port }] as const);
    this.#names.serve(hostOf(task), Object.fromEntries(places));
    return open.map(({ listening }) => listening);
  }

  #openOne(region: Region, client: EcsTask, endpoint: ConnectEndpoint): Promise<Listening> {
    const serverOf = () => serverAt(region, endpoint);
    return openConnectProxy({
      protocol: protocolOf(region, endpoint),
      targets: () => this.#targets(region, client, endpoint),
      requestTimeout: () => 1000 * timeoutOf(serverOf(), endpoint),
      now: () => this.#world.now().getTime(),
      note: (passed) => {
        const { discoveryName } = endpoint;
        const server = serverOf()?.serviceArn ?? "";
        for (const watcher of this.#watchers) watcher({ region, client, server, discoveryName, passed });
      },
    });
  }

  #targets(region: Region, client: EcsTask, endpoint: ConnectEndpoint): ConnectTarget[] {
    const from = interfaceOf(region, client);
    const server = serverAt(region, endpoint);
    if (!server || !from) return [];
    return region.ecs.tasks
      .filter((task) => answers(region, task, server, endpoint))
      .flatMap((task) => {
        const to = interfaceOf(region, task);
        if (!to) return [];
        const port = portOf(region, task, endpoint);
        const mayPass = letsOut(region, endOf(from), endOf(to), port) && letsIn(region, endOf(from), endOf(to), port);
        const place = mayPass
          ? (this.#reach(region, hostOf(task), port) ?? ("refused" as const))
          : ("blocked" as const);
        return [{ id: task.taskArn, place }];
      });
  }
}

/** Names of a task's endpoints in its containers, with the addresses that stand for them there. */
export function knownEndpoints(
  region: Region,
  { startedBy, hidden }: EcsTask,
): (ConnectEndpoint & { address: string; address6: string })[] {
  const endpoints = hidden.connects ? (revisionOf(region, startedBy)?.hidden.endpoints ?? []) : [];
  return endpoints
    .toSorted((one, other) => one.host.localeCompare(other.host))
    .map((endpoint, index) => ({
      ...endpoint,
      address: `127.255.0.${index + 1}`,
      address6: `2600:f0f0:0:0:0:0:0:${(index + 1).toString(16)}`,
    }));
}

function serverAt({ ecs, serviceDiscovery }: Region, { discoveryId }: ConnectEndpoint): EcsService | undefined {
  return ecs.services.get(serviceDiscovery.services.get(discoveryId)?.hidden.connect?.serviceArn ?? "");
}

/** Whether a task serves an endpoint now: it runs, and whoever checks its containers has found them healthy. */
function answers(
  { ecs }: Region,
  task: EcsTask,
  { serviceArn }: EcsService,
  { discoveryName }: ConnectEndpoint,
): boolean {
  if (task.hidden.serviceArn !== serviceArn || task.lastStatus !== "RUNNING" || task.desiredStatus !== "RUNNING")
    return false;
  if (!task.hidden.connects?.some((one) => (one.discoveryName ?? one.portName) === discoveryName)) return false;
  const definition = ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
  const isChecked = definition?.containerDefinitions.some(({ healthCheck }) => healthCheck !== undefined);
  return isChecked ? task.healthStatus === "HEALTHY" : task.healthStatus !== "UNHEALTHY";
}

function portOf({ ecs }: Region, task: EcsTask, { discoveryName }: ConnectEndpoint): number {
  const served = task.hidden.connects?.find((one) => (one.discoveryName ?? one.portName) === discoveryName);
  return containerPort(ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn)), served?.portName ?? "");
}

/** What is spoken there; where the port says nothing it is any TCP. (ecs:PortMapping, appProtocol) */
function protocolOf(region: Region, endpoint: ConnectEndpoint): ConnectProxyOptions["protocol"] {
  const server = serverAt(region, endpoint);
  const definition = region.ecs.taskDefinitions.get(nameIn(server?.taskDefinition ?? ""));
  const mappings = definition?.containerDefinitions.flatMap(({ portMappings = [] }) => portMappings);
  const { portName } = serviceOf(server, endpoint) ?? {};
  const { appProtocol } = mappings?.find(({ name }) => name === portName) ?? {};
  return appProtocol === "grpc" ? "http2" : (appProtocol ?? "tcp");
}

function timeoutOf(server: EcsService | undefined, endpoint: ConnectEndpoint): number {
  return serviceOf(server, endpoint)?.timeout?.perRequestTimeoutSeconds ?? REQUEST_TIMEOUT;
}

function serviceOf(server: EcsService | undefined, { discoveryName }: ConnectEndpoint) {
  const services = server?.hidden.connected?.configuration.services ?? [];
  return services.find((one) => (one.discoveryName ?? one.portName) === discoveryName);
}

function endOf({ Groups, PrivateIpAddress }: NetworkInterface) {
  return { groups: Groups.map(({ GroupId = "" }) => GroupId), addresses: [PrivateIpAddress] };
}
