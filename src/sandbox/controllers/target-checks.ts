import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Timer } from "../world/clock.ts";
import { type Target, type TargetGroup, targetKey } from "../world/records.ts";
import { HEALTHY, unhealthy } from "../world/target-health.ts";
import type { Region, World } from "../world/world.ts";
import type { Balancing, Finding } from "./balancing.ts";

/** World milliseconds between two looks at least, where delays are short or none. */
const SHORTEST_PAUSE = 100;

/** A target whose health is asked for again and again. */
interface Watched {
  readonly region: Region;
  readonly key: string;
  /** Where and how it was asked the last time. */
  how: string;
  /** Good ones in a row. */
  passes: number;
  /** Bad ones in a row that count. */
  failures: number;
  /** When the last one that counts was made. */
  failedAt: number;
  looks: number;
  timer?: Timer;
}

/**
 * Asks targets for their health, with their group's own figures. What a real process does takes real time, so bad answers
 * count as often as these figures say whatever the pace of the sandbox's delays. Good ones, and a network that lets nobody
 * through, go by that pace.
 */
export class TargetChecks {
  readonly #world: World;
  readonly #balancing: Balancing;
  readonly #watched = new Map<string, Watched>();

  constructor(world: World, balancing: Balancing) {
    this.#world = world;
    this.#balancing = balancing;
  }

  /** Asks for a target's health from now on; at once if it is to be asked elsewhere or otherwise than before. */
  follow(region: Region, group: TargetGroup, target: Target): void {
    const key = targetKey(target);
    const how = JSON.stringify([this.#balancing.checkedAt(region, group, target), settingsOf(group)]);
    const watched = this.#watched.get(key);
    if (watched?.how === how) return;
    watched?.timer?.cancel();
    const present = watched ?? { region, key, how, passes: 0, failures: 0, failedAt: 0, looks: 0 };
    present.how = how;
    this.#watched.set(key, present);
    this.#look(present);
  }

  forget(key: string): void {
    this.#watched.get(key)?.timer?.cancel();
    this.#watched.delete(key);
  }

  #look(watched: Watched): void {
    const { region, key } = watched;
    const target = region.elbv2.targets.get(key);
    const group = target && region.elbv2.targetGroups.get(target.TargetGroupArn);
    if (!group) return;
    const look = ++watched.looks;
    const checked = this.#balancing.check(region, group, target);
    this.#world.clock.hold(checked);
    this.#world.background(async () => {
      const finding = await checked;
      const isCurrent = () => this.#watched.get(key) === watched && watched.looks === look;
      if (!isCurrent()) return;
      if (finding !== "blocked") return this.#found(watched, group, finding);
      const lateAt = this.#world.laterBy(group.HealthCheckTimeoutSeconds);
      watched.timer = this.#world.at(lateAt, () => isCurrent() && this.#found(watched, group, finding));
    });
  }

  #found(watched: Watched, group: TargetGroup, finding: Finding): void {
    const present = watched.region.elbv2.targets.get(watched.key)?.hidden.health;
    const state = present?.State ?? "initial";
    const isGood = typeof finding === "number" && matches(group.Matcher?.HttpCode ?? "200", finding);
    if (isGood) this.#passed(watched, group, state);
    else this.#failed(watched, group, finding, state);
  }

  #passed(watched: Watched, group: TargetGroup, state: string): void {
    watched.failures = 0;
    watched.passes += 1;
    // A new target needs a single one.
    const isHealthy = state !== "unhealthy" || watched.passes >= group.HealthyThresholdCount;
    if (isHealthy) this.#set(watched, HEALTHY);
    this.#lookAgain(watched, group, isHealthy);
  }

  #failed(watched: Watched, group: TargetGroup, finding: Finding, state: string): void {
    watched.passes = 0;
    if (this.#counts(watched, group, finding)) {
      watched.failures += 1;
      watched.failedAt = this.#world.now().getTime();
    }
    const isUnhealthy = state === "unhealthy" || watched.failures >= group.UnhealthyThresholdCount;
    if (isUnhealthy) this.#set(watched, unhealthy(finding));
    const isSettled = isUnhealthy || (state === "healthy" && finding !== "blocked");
    this.#lookAgain(watched, group, isSettled);
  }

  /** Those of a real process that were made sooner than the group says do not. */
  #counts({ failures, failedAt }: Watched, { HealthCheckIntervalSeconds }: TargetGroup, finding: Finding): boolean {
    if (failures === 0 || finding === "blocked") return true;
    return this.#world.now().getTime() - failedAt >= 1000 * HealthCheckIntervalSeconds;
  }

  /** @param isSettled nothing is expected to change soon */
  #lookAgain(watched: Watched, { HealthCheckIntervalSeconds }: TargetGroup, isSettled: boolean): void {
    const now = this.#world.now().getTime();
    const paced = Math.max(this.#world.laterBy(HealthCheckIntervalSeconds).getTime(), now + SHORTEST_PAUSE);
    const at = isSettled ? now + 1000 * HealthCheckIntervalSeconds : paced;
    watched.timer = this.#world.at(new Date(at), () => this.#look(watched));
  }

  #set({ region, key }: Watched, health: TargetHealth): void {
    const present = region.elbv2.targets.get(key)?.hidden.health;
    if (present?.State === health.State && present?.Description === health.Description) return;
    region.elbv2.targets.update(key, (draft) => {
      draft.hidden.health = health;
    });
  }
}

function settingsOf(group: TargetGroup): readonly unknown[] {
  const { HealthCheckProtocol, HealthCheckPath, HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds } = group;
  return [HealthCheckProtocol, HealthCheckPath, HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds, group.Matcher];
}

/** @param codes e.g. `200`, `200,202`, `200-299` */
function matches(codes: string, status: number): boolean {
  return codes.split(",").some((part) => {
    const [least, most = least] = part.split("-").map(Number);
    return least !== undefined && most !== undefined && least <= status && status <= most;
  });
}
