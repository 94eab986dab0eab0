import { randomBytes } from "node:crypto";
import { VERSION } from "../version.ts";
import { awsOfMachines } from "./aws-of-machines.ts";
import { authorityTeller, sandboxAuthorities } from "./certification.ts";
import { accessLogsFolder } from "./controllers/balancing.ts";
import { databasesFolder } from "./controllers/database-servers.ts";
import { machinesFolder } from "./controllers/engines.ts";
import { type ContainerRow, type Controllers, startControllers } from "./controllers/index.ts";
import { dataChannels } from "./data-channels.ts";
import type { Health } from "./health.ts";
import { type OtherPlaces, type OtherPorts, openOtherServers } from "./other-servers.ts";
import { hasLoopbackNetwork } from "./plane/listen.ts";
import { HOW_TO_INSTALL, mysqlServer } from "./plane/mysql/programs.ts";
import { type Control, startServer } from "./server.ts";
import { refusedAction } from "./services/authorization/refused-action.ts";
import { servicesOf } from "./services/index.ts";
import { whereOpen } from "./where-open.ts";
import { createEndpoint, type LogEntry } from "./wire/endpoint.ts";
import type { Asked, Caller, Service } from "./wire/service.ts";
import type { Session } from "./wire/signature.ts";
import { knowsAccount } from "./world/catalogue/zones.ts";
import { stableUniqueId } from "./world/ids.ts";
import type { RoleSession } from "./world/role-sessions.ts";
import { World, type WorldOptions } from "./world/world.ts";

/** The one key pair that a sandbox accepts. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How a sandbox is started. Everything has a default: an empty world in memory, on any free port. */
export interface SandboxOptions extends WorldOptions, OtherPorts {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: a new random pair. */
  readonly keys?: Keys;
  /** One call per request. */
  readonly log?: (entry: LogEntry) => void;
  /** Version of the product, told by the health check. */
  readonly version?: string;
  /** Folder for what can be made again, such as prepared databases. Default: with the state. */
  readonly cache?: string;
  /** Folder for the certification authorities. Default: in memory. */
  readonly authorities?: string;
  /**
   * True: once somebody has found this sandbox, the SDK clients of all services are imported in the background, so that
   * no request has to wait for one. Default false: each is imported when it is first needed.
   */
  readonly preload?: boolean;
  /** What `shutdown` of the control API does. Default: closes the sandbox. */
  readonly onShutdown?: () => void;
}

/** A sandbox that answers. */
export interface RunningSandbox {
  /** E.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly port: number;
  readonly keys: Keys;
  /** What else is open. */
  readonly places: OtherPlaces;
  /** State, time and mishaps, for tests. */
  readonly world: World;
  /** Answers a call of the keys' owner as over HTTP, at once; undefined: the answer was lost. @throws AwsError */
  call(asked: Omit<Asked, "account">): Promise<object | undefined>;
  /** Ends everything: connections, timers, machines and their containers. The state is saved. */
  close(): Promise<void>;
}

/**
 * Starts an AWS on the loopback interface of this machine, in this process.
 *
 * @throws Error of node:net, `EADDRINUSE` if the port is taken
 * @throws Error if the state in the folder cannot be read
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const world = await World.open({ missingMysql: whatMysqlNeeds, ...options });
  try {
    return await serve(world, options);
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** Looked up each time: one may be installed while the sandbox runs. */
function whatMysqlNeeds(): string | undefined {
  return mysqlServer() === undefined ? HOW_TO_INSTALL : undefined;
}

async function serve(world: World, options: SandboxOptions): Promise<RunningSandbox> {
  const keys = options.keys ?? randomKeys();
  const services = servicesOf(world);
  const loopback = (await hasLoopbackNetwork()) ? "network" : "one address";
  const authorities = sandboxAuthorities(world.account, options.authorities);
  const caller = sandboxUser(world.account);
  const endpoint = createEndpoint({
    services,
    principal: (accessKeyId, region) => {
      if (!knowsAccount(region)) return undefined;
      const { account } = world;
      if (accessKeyId === keys.accessKeyId) return { ...keys, account, caller };
      const session = world.roleSessions.find(accessKeyId);
      return session && { ...session, account, caller: session, session: tokenOf(world, session) };
    },
    faults: world.faults,
    saved: (operation) => world.saved(operation),
    log: options.log ?? (() => {}),
  });
  let others: (OtherPlaces & { close(): Promise<void> }) | undefined;
  let closed: Promise<void> | undefined;
  const server = await startServer({
    endpoint,
    port: options.port ?? 0,
    secret: keys.secretAccessKey,
    health: healthTeller(world, options, () => world.background(() => endpoint.preload())),
    upgrade: dataChannels(world.execSessions, (session, channel) => controllers.exec.serve(session, channel)),
    controls: {
      ...controlsOf(
        world,
        services,
        () => controllers,
        () => others ?? {},
      ),
      authority: authorityTeller(world, authorities),
      shutdown: async (asked) => {
        const { discard = false } = asked as { discard?: boolean };
        // Whoever wants it to end is told what would be lost, while it is not.
        if (!discard) await world.flush();
        setImmediate(options.onShutdown ?? close);
      },
    },
  });
  world.execSessions.place = `ws://127.0.0.1:${server.port}`;
  // Only now: a port that is taken shall leave nothing running. No request is looked at before this line.
  const controllers = startControllers(world, {
    folders: {
      machines: options.folder === undefined ? undefined : machinesFolder(options.folder),
      databases: options.folder === undefined ? undefined : databasesFolder(options.folder),
      accessLogs: options.folder === undefined ? undefined : accessLogsFolder(options.folder),
      cache: options.cache,
    },
    loopback,
    authorities,
    aws: awsOfMachines(world, endpoint),
    port: server.port,
  });
  function close(): Promise<void> {
    closed ??= Promise.all([server.close(), others?.close()])
      .then(() => controllers.close())
      .then(() => world.close());
    return closed;
  }
  try {
    others = await openOtherServers(world, controllers, authorities, options);
  } catch (error) {
    await close();
    throw error;
  }
  const { close: _, ...places } = others;
  const call: RunningSandbox["call"] = (asked) => endpoint.call({ ...asked, account: world.account, caller });
  return { endpoint: `http://127.0.0.1:${server.port}`, port: server.port, keys, places, world, call, close };
}

/** Whose key the sandbox's is. */
function sandboxUser(account: string): Caller {
  return { arn: `arn:aws:iam::${account}:user/sandbox`, userId: stableUniqueId("AIDA", account) };
}

/** Answers who is there; the first who asks starts the preloading, if that is wanted. */
function healthTeller(world: World, options: SandboxOptions, preload: () => void): () => Health {
  const { version = VERSION } = options;
  const startedAt = new Date().toISOString();
  let isPreloaded = options.preload !== true;
  return () => {
    // Later than the answer, because importing blocks this process.
    if (!isPreloaded) setImmediate(preload);
    isPreloaded = true;
    return {
      product: "bia-infra",
      version,
      pid: process.pid,
      startedAt,
      speed: world.clock.speed,
      now: world.now().getTime(),
      delays: world.delays,
    };
  };
}

/** What the sandbox's own API can do: look, and stage mishaps. */
function controlsOf(
  world: World,
  services: readonly Service[],
  controllers: () => Controllers,
  places: () => OtherPlaces,
): Record<string, Control> {
  const machines = () => machinesOf(world, controllers());
  return {
    status: () => ({
      account: world.account,
      services: services.map(({ name }) => name),
      regions: world.regions().map(({ name }) => name),
      machines: machines(),
      databases: databasesOf(world, controllers()),
      listeners: controllers().listeners(),
      registry: places().registry,
      dns: places().dns,
    }),
    machines,
    answered: (asked) => controllers().answered(new Date((asked as { since?: number }).since ?? 0)),
    "where-open": (asked) => {
      const { urls = [] } = asked as { urls?: readonly string[] };
      const places = { listeners: controllers().listeners(), machines: machines() };
      const opened = urls.map((url) => [url, whereOpen(world, places, url)]);
      return Object.fromEntries(opened.filter(([, here]) => here !== undefined));
    },
    faults: async (rules) => {
      if (Array.isArray(rules)) {
        // What reads them is seldom needed, and takes memory.
        const { parseFaultRules } = await import("./world/read-fault-rules.ts");
        world.faults.set(parseFaultRules(rules));
      }
      return world.faults.strikes();
    },
  };
}

/** A simulated instance, as the sandbox's own API tells of it. */
export interface MachineRow {
  readonly region: string;
  readonly id: string;
  readonly name: string | undefined;
  readonly type: string;
  readonly state: string;
  /** Public address, which is one of this computer's. */
  readonly address: string | undefined;
  /** Newest first; those that were stopped too. */
  readonly containers: readonly ContainerRow[];
}

export type { AnsweredRow, ListenerRow } from "./controllers/index.ts";

/** A database, as the sandbox's own API tells of it. */
export interface DatabaseRow {
  readonly region: string;
  readonly id: string;
  readonly status: string;
  readonly user: string;
  /** Its name on AWS with the port; only the simulated machines and their containers can look it up. Absent: it has none yet. */
  readonly endpoint?: string;
  /** Where it is reached from this computer, as `host:port`. Absent: it lets nobody in at the moment. */
  readonly reachedAt?: string;
}

function databasesOf(world: World, controllers: Controllers): DatabaseRow[] {
  return world.regions().flatMap(({ name: region, rds }) =>
    rds.dbInstances.all().map((instance) => {
      const { Endpoint } = instance;
      const reachedAt = controllers.databaseReachedAt(instance);
      return {
        region,
        id: instance.DBInstanceIdentifier,
        status: instance.DBInstanceStatus,
        user: instance.MasterUsername ?? "",
        ...(Endpoint && { endpoint: `${Endpoint.Address}:${Endpoint.Port}` }),
        ...(reachedAt !== undefined && { reachedAt }),
      };
    }),
  );
}

/** What its keys alone do not prove, and what they do not open. */
function tokenOf(world: World, session: RoleSession): Session {
  return { token: session.token, refused: (asked) => refusedAction(world, session, asked) };
}

/** Instances of all regions, those that are terminated aside. */
function machinesOf(world: World, controllers: Controllers): MachineRow[] {
  return world.regions().flatMap(({ name: region, ec2 }) =>
    ec2.instances
      .filter(({ State }) => State.Name !== "terminated")
      .map(({ InstanceId, InstanceType, State, Tags }) => ({
        region,
        id: InstanceId,
        name: Tags.find(({ Key }) => Key === "Name")?.Value,
        type: InstanceType,
        state: State.Name ?? "pending",
        address: ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === InstanceId)?.Association
          ?.PublicIp,
        containers: controllers.containers(InstanceId),
      })),
  );
}

/** A key pair that looks like AWS's. `BIASANDBOX` tells a person at once that it is none of theirs. */
export function randomKeys(): Keys {
  const suffix = randomBytes(5).toString("hex").toUpperCase();
  return { accessKeyId: `BIASANDBOX${suffix}`, secretAccessKey: randomBytes(30).toString("base64url") };
}
