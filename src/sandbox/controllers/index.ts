import type { Authorities } from "../plane/authorities.ts";
import type { Loopback } from "../world/addresses.ts";
import type { DBInstance } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { controlAgents } from "./agents.ts";
import type { Reach } from "./balancer-config.ts";
import { type AnsweredRow, type BalancerFolders, Balancing, type ListenerRow } from "./balancing.ts";
import { controlCapacityProviders } from "./capacity-providers.ts";
import { controlCertificates } from "./certificates.ts";
import { connectMetrics } from "./connect-metrics.ts";
import { ConnectProxies } from "./connect-proxies.ts";
import { type DatabaseFolders, DatabaseServers } from "./database-servers.ts";
import { controlDatabases } from "./databases.ts";
import { controlDnsChanges } from "./dns-changes.ts";
import { controlDynamodbTables } from "./dynamodb-tables.ts";
import { controlEcsAgents } from "./ecs-agents.ts";
import { controlEcsEvents } from "./ecs-events.ts";
import { ExecServer } from "./ecs-exec.ts";
import { controlExecAgents } from "./ecs-exec-agents.ts";
import { controlEcsServices } from "./ecs-services.ts";
import { TaskContainers } from "./ecs-task-containers.ts";
import { controlEcsTasks } from "./ecs-tasks.ts";
import { type ContainerRow, type EngineFolders, Engines } from "./engines.ts";
import { FargateHosts } from "./fargate-hosts.ts";
import { HostNames } from "./host-names.ts";
import { controlImageExpiry } from "./image-expiry.ts";
import type { AwsOfMachines } from "./instance-aws.ts";
import { controlInstances } from "./instances.ts";
import { loadBalancerMetrics } from "./load-balancer-metrics.ts";
import { controlLoadBalancers } from "./load-balancers.ts";
import { Machines } from "./machines.ts";
import { controlManagedDraining } from "./managed-draining.ts";
import { controlManagedScaling } from "./managed-scaling.ts";
import { controlMonitoring } from "./monitoring.ts";
import { NameServer } from "./name-server.ts";
import { controlNamespaces } from "./namespaces.ts";
import { controlNatGateways } from "./nat-gateways.ts";
import { RegistryRequests } from "./registry-requests.ts";
import { controlRunCommand } from "./run-command.ts";
import { controlScalableTargets } from "./scalable-targets.ts";
import { controlScalingGroups } from "./scaling-groups.ts";
import { controlSecrets } from "./secrets.ts";
import { controlServiceConnect } from "./service-connect.ts";
import { controlTargetHealth } from "./target-health.ts";
import { controlTaskDefinitions } from "./task-definitions.ts";
import { TaskMetadataEndpoint } from "./task-metadata-endpoint.ts";
import { taskMetrics } from "./task-metrics.ts";
import { controlVolumes } from "./volumes.ts";

export type { AnsweredRow, ListenerRow } from "./balancing.ts";
export type { ContainerRow } from "./engines.ts";

/** What makes the world's wishes true, until it is closed. */
export interface Controllers {
  /** Containers of an instance's machine, newest first. */
  containers(instanceId: string): ContainerRow[];
  /** Where clients of this computer reach a database, as `host:port`; undefined: it lets nobody in at the moment. */
  databaseReachedAt(instance: DBInstance): string | undefined;
  /** Where clients of this computer reach the load balancers; a listener that lets nobody in is not among them. */
  listeners(): ListenerRow[];
  /** How many requests took which way since a time. */
  answered(since: Date): Promise<readonly AnsweredRow[]>;
  /** What name servers answer. */
  readonly names: NameServer;
  /** The account's registries of images, over HTTP. */
  readonly registry: RegistryRequests;
  /** Sessions of ECS Exec. */
  readonly exec: ExecServer;
  /**
   * Ends what runs on the machines, containers included, and resolves when none of their processes is left. Scripts that
   * had not ended, and containers that ran, run again when the world is opened again.
   */
  close(): Promise<void>;
}

/** What controllers need to know of the computer that they run on. */
export interface ControllerOptions {
  readonly folders: EngineFolders & DatabaseFolders & BalancerFolders;
  readonly loopback: Loopback;
  /** Who signs the certificates of servers. */
  readonly authorities: Authorities;
  /** The account's own services, which programs on machines call. */
  readonly aws: AwsOfMachines;
  /** Of 127.0.0.1, where AWS's calls are answered. */
  readonly port: number;
}

/** Starts all controllers; what an earlier process left half done goes on. */
export function startControllers(world: World, options: ControllerOptions): Controllers {
  const { folders, loopback, authorities } = options;
  const names = new HostNames();
  const servers = new DatabaseServers(world, { folders, loopback, names, authorities });
  const engines = new Engines(world, folders, names);
  const machines = new Machines(world, engines, options.aws, (region, instanceId, name, port) => {
    const listeners = (balancing?.listeners() ?? []).filter(({ dnsName }) => dnsName.toLowerCase() === name);
    const listener = listeners.find((one) => one.port === port);
    if (listener) return { host: listener.address, port: listener.localPort };
    return listeners.length > 0 ? "refused" : names.placeFrom(region, instanceId, name, port);
  });
  const reach: Reach = (region, host, port) => engines.reach(region, host, port);
  const proxies = new ConnectProxies(world, names, reach);
  const metadata = new TaskMetadataEndpoint(world, names, options.port);
  const taskContainers = world.hasTraffic
    ? new TaskContainers(world, machines, new FargateHosts(engines), metadata, proxies)
    : undefined;
  controlInstances(world, machines, loopback);
  controlAgents(world);
  controlRunCommand(world, machines);
  controlNatGateways(world);
  controlVolumes(world);
  controlImageExpiry(world);
  controlScalingGroups(world);
  controlDatabases(world, servers);
  controlDnsChanges(world);
  controlCertificates(world, authorities);
  controlLoadBalancers(world, loopback);
  const balancing = world.hasTraffic ? new Balancing(world, reach, folders.accessLogs) : undefined;
  engines.onChange(() => balancing?.placesChanged());
  controlTargetHealth(world, balancing);
  controlEcsAgents(world, machines);
  controlCapacityProviders(world);
  controlEcsTasks(world, taskContainers, loopback);
  controlExecAgents(world);
  controlEcsServices(world);
  controlEcsEvents(world);
  controlServiceConnect(world);
  controlMonitoring(world, [
    ...(balancing ? [loadBalancerMetrics(world, balancing)] : []),
    ...(taskContainers ? [taskMetrics(world, taskContainers), connectMetrics(world, proxies)] : []),
  ]);
  controlScalableTargets(world);
  controlManagedScaling(world);
  controlManagedDraining(world);
  controlTaskDefinitions(world);
  controlSecrets(world);
  controlNamespaces(world);
  controlDynamodbTables(world);
  return {
    containers: (instanceId) => engines.containers(instanceId),
    names: new NameServer(world),
    registry: new RegistryRequests(engines.registries),
    exec: new ExecServer(world, taskContainers),
    databaseReachedAt: (instance) => servers.reachedAt(instance),
    listeners: () => balancing?.listeners() ?? [],
    answered: async (since) => (await balancing?.answered(since)) ?? [],
    close: async () => {
      taskContainers?.close();
      await balancing?.close();
      await machines.close();
      await taskContainers?.settled();
      await metadata.close();
      await proxies.closeAll();
      await servers.close();
    },
  };
}
