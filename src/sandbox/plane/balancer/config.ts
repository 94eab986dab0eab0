/** A port of this computer. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** All that the load balancers of a sandbox serve by. Each takes the place of the one before. */
export interface BalancerConfig {
  readonly listeners: readonly ListenerConfig[];
  readonly groups: readonly GroupConfig[];
}

/** A listener that lets clients in. */
export interface ListenerConfig {
  /** Its ARN. */
  readonly id: string;
  /** As metrics and logs name it: `app/NAME/ID`. */
  readonly loadBalancer: string;
  readonly protocol: "HTTP" | "HTTPS";
  /** The listener's own; on this computer it may be another. */
  readonly port: number;
  readonly address: string;
  /** Ports of this computer to listen on: the first that can be had; 0: any. */
  readonly ports: readonly number[];
  /** What becomes of a request. */
  readonly action: ActionConfig;
  /** Milliseconds without a byte after which a connection ends. */
  readonly idleTimeout: number;
}

/** What becomes of a request. */
export interface ActionConfig {
  readonly type: "forward";
  /** Target groups by ARN. */
  readonly groups: readonly { readonly id: string; readonly weight: number }[];
}

export interface GroupConfig {
  /** Its ARN. */
  readonly id: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly targets: readonly TargetConfig[];
}

export interface TargetConfig {
  readonly id: string;
  /** `draining`: it finishes what it serves, and gets nothing new. */
  readonly state: "healthy" | "unhealthy" | "draining";
  /** Where it answers on this computer. `refused`: nothing listens there; `blocked`: its network lets nobody through. */
  readonly place: Place | "refused" | "blocked";
}

/** One look at a target. */
export interface Check {
  readonly protocol: "HTTP" | "HTTPS";
  readonly place: Place;
  readonly path: string;
  /** The `Host` that the target is asked for. */
  readonly host: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A status code, or why there was none. */
export type CheckResult = number | "timeout" | "failed";

/** Where a listener listens; undefined: at none of the ports that it may have. */
export type Listened = Readonly<Record<string, Place | undefined>>;
