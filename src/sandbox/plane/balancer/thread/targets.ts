import type { GroupConfig, TargetConfig } from "../config.ts";

/** A target that was chosen for a request. */
export interface Chosen {
  readonly target: TargetConfig;
  readonly protocol: GroupConfig["protocol"];
}

/** The targets of all groups, and what they are busy with. */
export class Targets {
  #groups = new Map<string, GroupConfig>();
  /** How many requests a group has been chosen a target for. */
  readonly #turns = new Map<string, number>();
  /** What ends each request that is under way, by target. */
  readonly #busy = new Map<string, Set<() => void>>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Requests to targets that are there no more are ended: their deregistration is over. */
  configure(groups: readonly GroupConfig[]): void {
    this.#groups = new Map(groups.map((group) => [group.id, group]));
    const present = new Set(groups.flatMap(({ targets }) => targets.map(({ id }) => id)));
    for (const [id, ends] of this.#busy) {
      if (!present.has(id)) for (const end of ends) end();
    }
  }

  /**
   * The next target in turn: of the healthy ones, or of all where none is. ("Health checks for Application Load Balancer
   * target groups": fail open.) Undefined: the group has none.
   */
  next(groupId: string, tried: ReadonlySet<string>): Chosen | undefined {
    const group = this.#groups.get(groupId);
    if (!group) return undefined;
    const inState = (state: TargetConfig["state"]) => group.targets.filter((target) => target.state === state);
    const healthy = inState("healthy");
    const able = (healthy.length > 0 ? healthy : inState("unhealthy")).filter(({ id }) => !tried.has(id));
    const turn = this.#turns.get(groupId) ?? 0;
    this.#turns.set(groupId, turn + 1);
    const target = able[turn % able.length];
    return target && { target, protocol: group.protocol };
  }

  /**
   * A target begins to serve a request.
   *
   * @param end what ends the request if the target goes
   * @returns what to call when it is served
   */
  begin(id: string, end: () => void): () => void {
    const ends = this.#busy.get(id) ?? new Set();
    this.#busy.set(id, ends.add(end));
    return () => {
      if (!ends.delete(end) || ends.size > 0) return;
      this.#busy.delete(id);
      for (const told of this.#waiting.get(id) ?? []) told();
      this.#waiting.delete(id);
    };
  }

  idle(id: string): Promise<void> {
    if (!this.#busy.has(id)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    });
  }
}
