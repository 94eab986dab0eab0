import type { TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";

/** Milliseconds between two looks within which what has changed counts as seen when it happened. */
const SOON = 20_000;

/** Milliseconds after which a target that was seen no more is forgotten: as long as ECS remembers a task that has stopped. */
const REMEMBERED = 3_600_000;

/** A state from a look on. */
interface Seen {
  readonly state: string;
  readonly at: number;
  /** When its group was looked at before; undefined: never. */
  readonly after: number | undefined;
}

/** A clock on which targets are looked at. */
export interface LookClock {
  /** Milliseconds since the epoch. Absent: as on this computer. */
  readonly now?: () => number;
  /** How many times as fast as ours. */
  readonly speed: number;
}

/** States of targets over time as somebody saw them: DescribeTargetHealth tells only how they are, and AWS keeps no record of it. */
export class TargetHistory {
  readonly #clock: LookClock;
  /** By target, `i-0123:32768`, oldest first. */
  readonly #seen = new Map<string, Seen[]>();
  /** The last look at each target group, and who was in it. */
  readonly #looks = new Map<string, { readonly at: number; readonly targets: ReadonlySet<string> }>();

  constructor(clock: LookClock) {
    this.#clock = clock;
  }

  /** A look has found these in a target group. */
  saw(group: string, found: readonly TargetHealthDescription[]): void {
    const at = (this.#clock.now ?? Date.now)();
    const before = this.#looks.get(group);
    const states = new Map(found.map(({ Target, TargetHealth }) => [nameOf(Target), TargetHealth?.State ?? "unknown"]));
    for (const [target, state] of states) this.#note(target, { state, at, after: before?.at });
    for (const target of before?.targets ?? [])
      if (!states.has(target)) this.#note(target, { state: "gone", at, after: before?.at });
    this.#looks.set(group, { at, targets: new Set(states.keys()) });
    this.#forget(at);
  }

  /** Targets that were seen within the last hour or so, those that are gone included. */
  get targets(): string[] {
    return [...this.#seen.keys()];
  }

  /** How a target was at the last look; undefined: in no target group. */
  stateOf(target: string): string | undefined {
    const state = this.#seen.get(target)?.at(-1)?.state;
    return state === "gone" ? undefined : state;
  }

  /** When a target was seen healthy first between two times; undefined: it was not, or nobody looked just before that. */
  healthyAt(target: string, from: number, to = Number.POSITIVE_INFINITY): number | undefined {
    const healthy = this.#seen.get(target)?.find(({ state, at }) => state === "healthy" && at >= from && at <= to);
    if (healthy?.after === undefined || healthy.at - healthy.after > SOON * this.#clock.speed) return undefined;
    return healthy.at;
  }

  #note(target: string, seen: Seen): void {
    const states = this.#seen.get(target) ?? [];
    if (states.at(-1)?.state !== seen.state) this.#seen.set(target, [...states, seen]);
  }

  #forget(now: number): void {
    for (const [target, states] of this.#seen) {
      const last = states.at(-1);
      if (last?.state === "gone" && now - last.at > REMEMBERED) this.#seen.delete(target);
    }
  }
}

function nameOf(target: TargetHealthDescription["Target"]): string {
  return `${target?.Id}:${target?.Port}`;
}
