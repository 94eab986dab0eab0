import { setTimeout as realTime } from "node:timers/promises";
import type { Fate, FaultCall, Faults } from "../wire/fault.ts";
import { AwsError } from "../wire/service.ts";
import { concerns, type FaultRule, isReading } from "./fault-rules.ts";
import type { ThrottleBuckets } from "./throttle.ts";

/** How often a rule has struck. */
export interface Strikes {
  readonly rule: FaultRule;
  /** Calls that it matched. */
  readonly matched: number;
  readonly struck: number;
  /** The calls that it struck, e.g. `ec2:RunInstances`. */
  readonly calls: readonly string[];
}

interface Armed {
  readonly rule: FaultRule;
  matched: number;
  calls: string[];
}

/** Mishaps on purpose, and the throttling that AWS does without any purpose. */
export class FaultInjection implements Faults {
  #rules: Armed[] = [];
  /** What is to become of the responses of calls between `before` and `after`, and which rule says so. */
  readonly #fates = new WeakMap<FaultCall, { fate: Fate; armed: Armed }>();
  readonly #watchers = new Set<() => void>();
  readonly #random: () => number;
  readonly #buckets: ThrottleBuckets | undefined;
  readonly #lagsUpTo: (reads: number) => void;
  /** Lag of the reading call that was let through last, by `service:operation`. */
  readonly #lags = new Map<string, number>();

  /** @param lagsUpTo told the longest lag of the rules, whenever they change */
  constructor(options: {
    readonly seed: number;
    readonly buckets: ThrottleBuckets | undefined;
    readonly lagsUpTo: (reads: number) => void;
  }) {
    this.#random = seededRandom(options.seed);
    this.#buckets = options.buckets;
    this.#lagsUpTo = options.lagsUpTo;
  }

  /** Replaces all rules; their counts begin anew. */
  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matched: 0, calls: [] }));
    this.#lags.clear();
    this.#lagsUpTo(
      Math.max(0, ...rules.map(({ effect }) => (typeof effect === "object" && "lag" in effect ? effect.lag : 0))),
    );
  }

  /** What has happened so far, rule by rule. */
  strikes(): Strikes[] {
    return this.#rules.map(({ rule, matched, calls }) => ({ rule, matched, struck: calls.length, calls: [...calls] }));
  }

  /** Resolves once the rule at `index` has struck `times` times, after the struck call was applied. */
  struck(index = 0, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if ((this.#rules[index]?.calls.length ?? 0) < times) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async before(call: FaultCall): Promise<void> {
    const { service, operation } = call;
    if (this.#buckets && !this.#buckets.take(service, operation)) throw call.throttled();
    let lag = 0;
    for (const armed of this.#rules) {
      if (!this.#strikes(armed, call)) continue;
      const { effect } = armed.rule;
      if (effect === "drop" || effect === "hang") {
        this.#fates.set(call, { fate: effect, armed });
        continue;
      }
      this.#count(armed, call);
      if (effect === "throttle") throw call.throttled();
      if ("error" in effect) throw errorOf(effect.error);
      if ("latency" in effect) await realTime(effect.latency);
      else if (isReading(operation)) lag = Math.max(lag, effect.lag);
    }
    this.#lags.set(nameOf(call), lag);
  }

  async after(call: FaultCall): Promise<Fate> {
    const fated = this.#fates.get(call);
    if (!fated) return "respond";
    this.#count(fated.armed, call);
    return fated.fate;
  }

  /**
   * The refusal of a call that AWS makes by itself, such as the launches of a scaling group; undefined: there is none. Only
   * a rule that names the operation strikes, because `changing` and `any` are about calls of clients, and only with an error.
   */
  refusalWithin(service: string, operation: string): AwsError | undefined {
    const call = { service, operation };
    for (const armed of this.#rules) {
      const { effect, operation: named } = armed.rule;
      if (named === "changing" || named === "any" || typeof effect !== "object" || !("error" in effect)) continue;
      if (!this.#strikes(armed, call)) continue;
      this.#count(armed, call);
      return errorOf(effect.error);
    }
    return undefined;
  }

  /** How many reads ago the operation that is about to be handled sees its service. */
  lagOf(service: string, operation: string): number {
    return this.#lags.get(nameOf({ service, operation })) ?? 0;
  }

  #strikes(armed: Armed, { service, operation }: Pick<FaultCall, "service" | "operation">): boolean {
    const { rule } = armed;
    if (!concerns(rule, service, operation)) return false;
    armed.matched++;
    if (rule.nth !== undefined && ![rule.nth].flat().includes(armed.matched)) return false;
    if (rule.probability !== undefined && this.#random() >= rule.probability) return false;
    return true;
  }

  #count(armed: Armed, call: Pick<FaultCall, "service" | "operation">): void {
    armed.calls.push(nameOf(call));
    for (const look of this.#watchers) look();
  }
}

function nameOf({ service, operation }: Pick<FaultCall, "service" | "operation">): string {
  return `${service}:${operation}`;
}

function errorOf({
  code,
  message,
  status,
}: {
  code: string;
  message?: string | undefined;
  status?: number | undefined;
}) {
  return new AwsError(code, message ?? `A fault rule of the sandbox says ${code}.`, status);
}

/** Mulberry32: enough to decide who is struck, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
