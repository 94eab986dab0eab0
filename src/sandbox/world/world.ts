import { join } from "node:path";
import type { Operation, Service } from "../wire/service.ts";
import { AwsError } from "../wire/service.ts";
import { REGION_NAMES } from "./catalogue/zones.ts";
import { Clock, type Timer } from "./clock.ts";
import { type Delay, delayOf, type Pace, settingOf } from "./delays.ts";
import { ExecSessions } from "./ecs/exec-sessions.ts";
import { type FaultRule, isReading } from "./fault-rules.ts";
import { FaultInjection } from "./faults.ts";
import { FolderLost, Journal, type Line, type Saved } from "./journal.ts";
import { Logs } from "./logs/logs.ts";
import { type Quotas, USUAL_QUOTAS } from "./quotas.ts";
import { GLOBAL, REGIONAL } from "./records.ts";
import type { Region, TablesOf } from "./region.ts";
import { RoleSessions } from "./role-sessions.ts";
import { seedDefaultVpc, seedRoutes } from "./seed.ts";
import { type Change, type Horizon, Table } from "./table.ts";
import { ThrottleBuckets } from "./throttle.ts";
import { Unsaved } from "./unsaved.ts";

export type { Region } from "./region.ts";

type RegionalService = keyof typeof REGIONAL;
type RecordOf<
  Service extends RegionalService,
  Kind extends keyof (typeof REGIONAL)[Service],
> = (typeof REGIONAL)[Service][Kind] extends (record: infer Record extends object) => string ? Record : never;

type GlobalService = keyof typeof GLOBAL;
type GlobalRecordOf<
  Service extends GlobalService,
  Kind extends keyof (typeof GLOBAL)[Service],
> = (typeof GLOBAL)[Service][Kind] extends (record: infer Record extends object) => string ? Record : never;

/** How a world is opened. */
export interface WorldOptions {
  /** Where it is kept. Absent: in memory only. */
  readonly folder?: string;
  /** Asked before each write; false: another process has the folder now, and nothing is written any more. */
  readonly mayWrite?: () => boolean;
  /** Twelve digits. */
  readonly account?: string;
  /** Default `short`. */
  readonly delays?: Pace;
  /** World seconds per real second, or `manual`. Default 1. */
  readonly speed?: number | "manual";
  /** False: regions come without a default VPC, as in an account where someone deleted it. Default true. */
  readonly defaultVpc?: boolean;
  /** The account's plan; `free`: what AWS does not give to new accounts that have not upgraded is refused. Default `paid`. */
  readonly plan?: "free" | "paid";
  /** False: no call is too many. Default true. */
  readonly throttling?: boolean;
  /** What it may have at once. Default: the usual quotas. */
  readonly quotas?: Partial<Quotas>;
  /**
   * True: tasks are processes, and load balancers lead to them. Default false: both have their states and nothing behind
   * them, as if every container started and answered its checks.
   */
  readonly traffic?: boolean;
  /** What to install so that there is a MySQL on this computer; answers undefined: there is one. Default: there is. */
  readonly missingMysql?: () => string | undefined;
  readonly faults?: readonly FaultRule[];
  /** Decides what `probability` of a fault rule strikes. Default 1. */
  readonly seed?: number;
  /** Records in a page of a listing, where the caller does not say; AWS may answer with fewer than there are. Default 10. */
  readonly pageSize?: number;
  /** Told of a defect in something that no caller waits for. Default: thrown, which ends the process. */
  readonly onDefect?: (error: unknown) => void;
}

/** Milliseconds after which what could not be saved is tried again, if no call does so before. */
const RETRY_MS = 5_000;

/** State, time and mishaps of one AWS account. */
export class World {
  readonly account: string;
  readonly plan: "free" | "paid";
  readonly clock: Clock;
  readonly faults: FaultInjection;
  readonly pageSize: number;
  readonly quotas: Quotas;
  readonly hasTraffic: boolean;
  /** As in `WorldOptions`. */
  readonly missingMysql: () => string | undefined;
  readonly iam: TablesOf<(typeof GLOBAL)["iam"]>;
  readonly route53: TablesOf<(typeof GLOBAL)["route53"]>;
  /** Events of CloudWatch Logs. */
  readonly logs: Logs;
  /** Commands in containers whose clients have not come yet. */
  readonly execSessions = new ExecSessions();
  /** Who acts with the rights of roles. */
  readonly roleSessions: RoleSessions;
  /** How long AWS takes. */
  readonly delays: Pace;
  readonly #hasDefaultVpc: boolean;
  readonly #onDefect: (error: unknown) => void;
  readonly #journal: Journal | undefined;
  readonly #folder: string | undefined;
  readonly #regions = new Map<string, Region>();
  readonly #tables = new Map<string, Table<object>>();
  readonly #watchers = new Map<string, Set<(region: Region, change: Change<object>) => void>>();
  readonly #accountWatchers = new Map<string, Set<(change: Change<object>) => void>>();
  readonly #horizons = new Map<string, Horizon>();
  #lagsUpTo = 0;
  /** The last change of each record that is not written yet: a record may change a thousand times in a moment. */
  #unwritten = new Map<string, Line>();
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: WorldOptions, clock: Clock, journal: Journal | undefined) {
    this.account = options.account ?? "000000000000";
    this.clock = clock;
    this.plan = options.plan ?? "paid";
    this.quotas = { ...USUAL_QUOTAS, ...options.quotas };
    this.hasTraffic = options.traffic ?? false;
    this.missingMysql = options.missingMysql ?? (() => undefined);
    this.pageSize = options.pageSize ?? 10;
    this.delays = options.delays ?? "short";
    this.#hasDefaultVpc = options.defaultVpc ?? true;
    this.#onDefect = options.onDefect ?? rethrow;
    this.#journal = journal;
    this.#folder = options.folder;
    this.faults = new FaultInjection({
      seed: options.seed ?? 1,
      buckets: (options.throttling ?? true) ? new ThrottleBuckets(clock) : undefined,
      lagsUpTo: (reads) => {
        this.#lagsUpTo = reads;
        for (const horizon of this.#horizons.values()) horizon.most = reads;
      },
    });
    this.faults.set(options.faults ?? []);
    this.iam = this.#makeTables("", "iam", GLOBAL.iam);
    this.route53 = this.#makeTables("", "route53", GLOBAL.route53);
    this.logs = this.#makeLogs(options);
    this.roleSessions = new RoleSessions(this.account, (name) => this.iam.roles.get(name));
  }

  /**
   * Opens a world: the one that is kept in the folder, or a new one.
   *
   * @throws Error if the folder holds something that cannot be read
   * @throws Unsaved if a new one cannot be written
   */
  static async open(options: WorldOptions = {}): Promise<World> {
    const { folder, mayWrite = () => true, speed = 1 } = options;
    const { journal, saved } = folder === undefined ? {} : await Journal.open(folder, mayWrite);
    // Time never goes back, not even for a world whose clock was faster than the real one before.
    const start = saved && (speed === "manual" ? saved.time : Math.max(saved.time, Date.now()));
    const clock = new Clock({ speed, ...(start !== undefined && { start }) });
    const world = new World(options, clock, journal);
    if (saved) world.#restore(saved.lines);
    await world.logs.tidy(world.regions().flatMap(({ logs }) => logs.groups.all()));
    await journal?.compact(world.#save()).catch((error) => {
      // On a full disk it goes on where the last process stopped.
      if (!journal.isKept) throw new Unsaved(folder, error);
    });
    return world;
  }

  now(): Date {
    return this.clock.now();
  }

  /** Milliseconds of the world's time. */
  delay(delay: Delay): number {
    return delayOf(delay, this.delays);
  }

  /** When something that begins now is over. */
  later(delay: Delay): Date {
    return new Date(this.now().getTime() + this.delay(delay));
  }

  /** When seconds that a setting names are over, beginning now; the pace of the delays holds for them too. */
  laterBy(seconds: number): Date {
    return new Date(this.now().getTime() + settingOf(seconds, this.delays));
  }

  /** Runs `action` once, at a time of the world. */
  at(time: Date, action: () => void): Timer {
    return this.clock.at(time, () => this.#guard(action));
  }

  /**
   * A region, with what a new account has in it.
   *
   * @throws AwsError if AWS has no such region
   */
  region(name: string): Region {
    const known = this.#regions.get(name);
    if (known) return known;
    if (!REGION_NAMES.includes(name)) {
      throw new AwsError("InvalidRegion", `There is no region ${name}, or an account has to opt in to it first.`);
    }
    const region = this.#makeRegion(name);
    if (this.#hasDefaultVpc) seedDefaultVpc(region, this.account);
    return region;
  }

  /** Regions that anybody has asked for. */
  regions(): Region[] {
    return [...this.#regions.values()];
  }

  /** Calls back after each change of a table, in every region, once the handler that made it is through. */
  watch<Service extends RegionalService, Kind extends keyof (typeof REGIONAL)[Service] & string>(
    service: Service,
    kind: Kind,
    changed: (region: Region, change: Change<RecordOf<Service, Kind>>) => void,
  ): void {
    const name = `${service}.${kind}`;
    const watchers = this.#watchers.get(name) ?? new Set();
    watchers.add(changed as (region: Region, change: Change<object>) => void);
    this.#watchers.set(name, watchers);
  }

  /** As `watch`, for a table of the account. */
  watchAccount<Service extends GlobalService, Kind extends keyof (typeof GLOBAL)[Service] & string>(
    service: Service,
    kind: Kind,
    changed: (change: Change<GlobalRecordOf<Service, Kind>>) => void,
  ): void {
    const name = `${service}.${kind}`;
    const watchers = this.#accountWatchers.get(name) ?? new Set();
    watchers.add(changed as (change: Change<object>) => void);
    this.#accountWatchers.set(name, watchers);
  }

  /** Runs something that nobody waits for; its failure is a defect. */
  background(work: () => Promise<void>): void {
    work().catch((error) => {
      if (!this.#closed) this.#onDefect(error);
    });
  }

  /**
   * A service whose reading operations see what fault rules let them see.
   *
   * Such a handler must do all its looking before its first `await`.
   *
   * @param tables what its tables go by, where that is not its name on the wire
   */
  serve(service: Service, tables = service.name): Service {
    const horizon = this.#horizon(tables);
    const serve = (name: string, { accepts, handle }: Operation<never, unknown>): Operation<never, unknown> => ({
      accepts,
      handle: (input, call) => {
        if (!isReading(name)) return handle(input, call);
        horizon.count++;
        horizon.lag = this.faults.lagOf(service.name, name);
        try {
          return handle(input, call);
        } finally {
          horizon.lag = 0;
        }
      },
    });
    const operations = Object.entries(service.operations).map(([name, operation]) => [name, serve(name, operation)]);
    return { ...service, operations: Object.fromEntries(operations) };
  }

  /**
   * Resolves once all that has changed until now survives the end of this process.
   *
   * @throws FolderLost if another process has the folder by now
   * @throws Unsaved, e.g. on a full disk: nothing is forgotten, and the next call tries again
   */
  flush(): Promise<void> {
    if (!this.#journal || this.#unwritten.size === 0) return this.#writing ?? Promise.resolve();
    const write = () => this.#write();
    this.#writing = (this.#writing ?? Promise.resolve()).then(write, write);
    return this.#writing;
  }

  /**
   * Resolves once what a call has changed survives the end of this process. One that only reads has changed nothing and
   * is answered on a full disk, too.
   *
   * @throws FolderLost, Unsaved
   */
  async saved(operation: string): Promise<void> {
    await this.flush().catch((error) => {
      if (!(error instanceof Unsaved && isReading(operation))) throw error;
    });
  }

  /**
   * Stops the clock and saves.
   *
   * @throws Unsaved
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.clock.close();
    await this.logs.close();
    try {
      await this.flush().catch((error) => {
        if (!(error instanceof FolderLost)) throw error;
      });
      // What is not compacted is in the journal.
      await this.#journal?.compact(this.#save()).catch(() => {});
    } finally {
      this.#closed = true;
      clearTimeout(this.#retry);
      await this.#journal?.close();
    }
  }

  async #write(): Promise<void> {
    const unwritten = this.#unwritten;
    if (unwritten.size === 0 || !this.#journal) return;
    this.#unwritten = new Map();
    try {
      await this.#journal.append({ time: this.now().getTime(), lines: [...unwritten.values()] });
    } catch (error) {
      this.#unwritten = new Map([...unwritten, ...this.#unwritten]);
      if (error instanceof FolderLost) throw error;
      this.#writeLater();
      throw new Unsaved(this.#folder, error);
    }
    // Without room for it the journal goes on growing.
    if (this.#journal.isLarge) await this.#journal.compact(this.#save()).catch(() => {});
  }

  #writeLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#writeUnasked(), RETRY_MS).unref();
  }

  /** Writes what no caller waits for. */
  #writeUnasked(): void {
    this.background(() =>
      this.flush().catch((error) => {
        if (!(error instanceof Unsaved)) throw error;
      }),
    );
  }

  #makeRegion(name: string): Region {
    const services = Object.entries(REGIONAL).map(([service, kinds]) => [
      service,
      this.#makeTables(name, service, kinds as Record<string, (record: never) => string>),
    ]);
    const region = { name, ...Object.fromEntries(services) } as Region;
    this.#regions.set(name, region);
    return region;
  }

  #makeTables<Kinds extends object>(region: string, service: string, kinds: Kinds): TablesOf<Kinds> {
    const horizon = this.#horizon(service);
    const tables = Object.entries(kinds).map(([kind, keyOf]) => {
      const name = `${region}/${service}.${kind}`;
      const table = new Table<object>(keyOf, horizon, (change) => this.#changed(name, region, change));
      this.#tables.set(name, table);
      return [kind, table];
    });
    return Object.fromEntries(tables);
  }

  /** Events go with their group or stream, and when their time is over. */
  #makeLogs({ folder, mayWrite = () => true }: WorldOptions): Logs {
    const logs = new Logs({
      account: this.account,
      folder: folder === undefined ? undefined : join(folder, "logs"),
      mayWrite,
      now: () => this.now(),
      region: (name) => this.region(name),
    });
    // What cannot be removed now is removed by a later write, or when the world is opened again.
    const remove = (work: Promise<void>) =>
      this.background(() =>
        work.catch((error) => {
          if (!(error instanceof Unsaved || error instanceof FolderLost)) throw error;
        }),
      );
    this.watch("logs", "groups", (_region, { before, after }) => {
      if (before) remove(logs.groupChanged(before, after));
    });
    this.watch("logs", "streams", (region, { before, after }) => {
      const group = region.logs.groups.get(before?.hidden.logGroupName ?? "");
      if (before && !after) remove(logs.streamGone(group, before));
    });
    return logs;
  }

  /** Each service counts its own reads. */
  #horizon(service: string): Horizon {
    const horizon = this.#horizons.get(service) ?? { count: 0, lag: 0, most: this.#lagsUpTo };
    this.#horizons.set(service, horizon);
    return horizon;
  }

  #changed(table: string, region: string, change: Change<object>): void {
    if (this.#closed) return;
    if (this.#journal) {
      // Whoever answers a caller flushes before; this is for changes that no caller waits for.
      if (this.#unwritten.size === 0) setImmediate(() => this.#writeUnasked());
      const line = { table, key: change.key, ...(change.after && { record: change.after }) };
      this.#unwritten.set(`${table}/${change.key}`, line);
    }
    const name = table.slice(table.indexOf("/") + 1);
    for (const watcher of this.#watchers.get(name) ?? []) {
      queueMicrotask(() => this.#guard(() => watcher(this.region(region), change)));
    }
    for (const watcher of this.#accountWatchers.get(name) ?? []) {
      queueMicrotask(() => this.#guard(() => watcher(change)));
    }
  }

  #guard(action: () => void): void {
    if (this.#closed) return;
    try {
      action();
    } catch (error) {
      this.#onDefect(error);
    }
  }

  #save(): Saved {
    const lines = [...this.#tables].flatMap(([table, records]) =>
      records.entries().map(([key, record]) => ({ table, key, record })),
    );
    return { time: this.now().getTime(), lines };
  }

  #restore(lines: readonly Line[]): void {
    for (const { table, key, record } of lines) {
      const region = table.slice(0, table.indexOf("/"));
      if (region !== "" && !this.#regions.has(region)) this.#makeRegion(region);
      this.#tables.get(table)?.restore(key, record);
    }
    // A world of an older version has no routes yet.
    for (const region of this.#regions.values()) {
      const vpc = region.ec2.vpcs.find(({ IsDefault }) => IsDefault);
      if (vpc && region.ec2.routeTables.all().length === 0) seedRoutes(region, this.account, vpc.VpcId);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
