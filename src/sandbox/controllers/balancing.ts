import { join } from "node:path";
import type { Balancer, CountedMinute, Place } from "../plane/balancer.ts";
import { type Target, type TargetGroup, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { addressOf, configOf, placeOf, type Reach } from "./balancer-config.ts";

/** Folders that the load balancers keep their things in. */
export interface BalancerFolders {
  /** Absent: access logs are not kept. */
  readonly accessLogs?: string | undefined;
}

/** Where the access logs are kept beside a world's state. */
export function accessLogsFolder(state: string): string {
  return join(state, "load-balancer-logs");
}

/** A listener that clients of this computer reach. */
export interface ListenerRow {
  readonly region: string;
  /** The load balancer's name. */
  readonly loadBalancer: string;
  readonly dnsName: string;
  readonly protocol: string;
  /** The listener's own port. */
  readonly port: number;
  /** Where it is on this computer. */
  readonly address: string;
  readonly localPort: number;
}

/** Requests that took one way in a while, by the world's clock. */
export interface AnsweredRow {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly listenerArn: string;
  /** Of the rule that decided, as AWS writes it: a number, or `default`. */
  readonly priority: string;
  /** Absent: the listener answered by itself. */
  readonly targetGroupArn?: string;
  /** Id and port of the one that answered, `i-0123:32768`; absent: none did. */
  readonly target?: string;
  /** On a fast clock as many times more than there were, as what CloudWatch is told: 10 a second are so by any. */
  readonly count: number;
  /** Of these, how many clients were answered 5xx. */
  readonly failed: number;
}

/** What a health check found: a status code, or why there was none. `blocked`: the network lets nobody through. */
export type Finding = number | "timeout" | "failed" | "blocked";

const MINUTE = 60_000;

const never = new Promise<never>(() => {});

/** Serves at the load balancers of a world. */
export class Balancing {
  readonly #world: World;
  readonly #reach: Reach;
  readonly #logs: string | undefined;
  #balancer: Promise<Balancer> | undefined;
  /** What it serves by. */
  #config = "";
  /** Where each listener listens. */
  #listened: Readonly<Record<string, Place | undefined>> = {};
  readonly #watchers: (() => void)[] = [];
  #isDue = false;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * @param reach where published ports of machines answer
   * @param logs folder of access logs. Absent: none are kept
   */
  constructor(world: World, reach: Reach, logs: string | undefined) {
    this.#world = world;
    this.#reach = reach;
    this.#logs = logs;
    const refresh = () => this.refresh();
    for (const kind of ["loadBalancers", "listeners", "rules", "targetGroups", "targets"] as const) {
      world.watch("elbv2", kind, refresh);
    }
    for (const kind of ["securityGroupRules", "networkInterfaces"] as const) world.watch("ec2", kind, refresh);
    world.watch("acm", "certificates", refresh);
    refresh();
  }

  /** Serves by what the world says now; soon, and once for many changes. */
  refresh(): void {
    if (this.#isDue || this.#closed) return;
    this.#isDue = true;
    const turn = this.#last.then(() => this.#configure());
    this.#last = turn.catch(() => {});
    this.#world.clock.hold(turn);
    this.#world.background(() => turn);
  }

  /** Tells when targets may be somewhere else than before. */
  onPlaces(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Published ports of machines have come or gone. */
  placesChanged(): void {
    this.refresh();
    for (const watcher of this.#watchers) watcher();
  }

  listeners(): ListenerRow[] {
    return this.#world.regions().flatMap(({ name: region, elbv2 }) =>
      elbv2.listeners.all().flatMap(({ ListenerArn, LoadBalancerArn, Protocol, Port }) => {
        const place = this.#listened[ListenerArn];
        const balancer = elbv2.loadBalancers.get(LoadBalancerArn);
        if (!place || !balancer) return [];
        const { LoadBalancerName: loadBalancer, DNSName: dnsName } = balancer;
        const { host: address, port: localPort } = place;
        return [{ region, loadBalancer, dnsName, protocol: Protocol, port: Port, address, localPort }];
      }),
    );
  }

  /** Where a target's health is asked for. */
  checkedAt(region: Region, group: TargetGroup, target: Target): Place | "refused" | "blocked" {
    return placeOf(region, group, target, checkPort(group, target), this.#reach);
  }

  /** Makes one health check. It takes real time only. */
  async check(region: Region, group: TargetGroup, target: Target): Promise<Finding> {
    const place = this.checkedAt(region, group, target);
    if (place === "blocked") return "blocked";
    if (place === "refused") return "failed";
    const asked = this.#started().then((balancer) =>
      balancer.check({
        protocol: group.HealthCheckProtocol === "HTTPS" ? "HTTPS" : "HTTP",
        place,
        path: group.HealthCheckPath ?? "/",
        host: `${addressOf(region, group, target)}:${checkPort(group, target)}`,
        timeout: 1000 * group.HealthCheckTimeoutSeconds,
      }),
    );
    // Where the balancer has ended, the next one makes it.
    return asked.catch(() => (this.#closed ? never : this.check(region, group, target)));
  }

  /** Resolves once a target serves no request. */
  async idle(target: Target): Promise<void> {
    const balancer = await this.#balancer;
    // With the balancer its requests have ended.
    await balancer?.idle(targetKey(target)).catch(() => {});
  }

  /** What was counted of the requests in the minutes that were over at a full one, and was not taken yet. */
  async counts(end: Date): Promise<readonly CountedMinute[]> {
    const balancer = await this.#balancer;
    // With the balancer its counts are lost.
    return (await balancer?.counts(end.getTime() / MINUTE).catch(() => [])) ?? [];
  }

  /** How many requests took which way since a time of the world, up to a real hour back; oldest first. None on a clock that is moved by hand. */
  async answered(since: Date): Promise<readonly AnsweredRow[]> {
    const { clock } = this.#world;
    const balancer = await this.#balancer;
    const from = clock.realTimeOf(since);
    if (!balancer || from === undefined) return [];
    const seconds = await balancer.answered(from).catch(() => []);
    return seconds.map(({ at, listener, priority, group, target, count, failed }) => ({
      at: clock.timeAt(at) ?? 0,
      ms: 1000 * clock.speed,
      listenerArn: listener,
      priority: priority === 0 ? "default" : `${priority}`,
      ...(group !== undefined && { targetGroupArn: group }),
      ...(target !== undefined && { target: target.slice((group ?? "").length + 1).replace("|", ":") }),
      count: count * clock.speed,
      failed: failed * clock.speed,
    }));
  }

  /** Ends everything, requests under way included. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#balancer?.then((balancer) => balancer.close());
  }

  async #configure(): Promise<void> {
    // Whatever else changes in this turn of the event loop is part of it.
    await new Promise(setImmediate);
    this.#isDue = false;
    const config = configOf(this.#world, this.#reach, this.#logs);
    const text = JSON.stringify(config);
    if (this.#closed || text === this.#config || (!this.#balancer && config.listeners.length === 0)) return;
    this.#config = text;
    const balancer = await this.#started();
    const listened = await balancer.configure(config).catch(() => undefined);
    if (!listened) return;
    this.#listened = listened;
    this.#remember();
  }

  /** Keeps where the listeners are, so that they are there again next time. */
  #remember(): void {
    for (const { elbv2 } of this.#world.regions()) {
      for (const { ListenerArn, hidden } of elbv2.listeners.all()) {
        const place = this.#listened[ListenerArn];
        if (!place || (hidden.local?.port === place.port && hidden.local.address === place.host)) continue;
        elbv2.listeners.update(ListenerArn, (draft) => {
          draft.hidden.local = { address: place.host, port: place.port };
        });
      }
    }
  }

  /** Imported only here: few sandboxes need it in their first second. */
  #started(): Promise<Balancer> {
    this.#balancer ??= import("../plane/balancer.ts").then(({ Balancer }) => Balancer.start(() => this.#ended()));
    return this.#balancer;
  }

  /** After a defect another one takes its place. */
  #ended(): void {
    this.#balancer = undefined;
    this.#config = "";
    this.#listened = {};
    this.refresh();
  }
}

function checkPort({ HealthCheckPort = "traffic-port" }: TargetGroup, { Port }: Target): number {
  return HealthCheckPort === "traffic-port" ? Port : Number(HealthCheckPort);
}
