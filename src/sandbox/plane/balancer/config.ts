/** A port of this computer. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** All that the load balancers of a sandbox serve by. Each takes the place of the one before. */
export interface BalancerConfig {
  readonly listeners: readonly ListenerConfig[];
  readonly groups: readonly GroupConfig[];
  /** By which requests are counted. Absent: all since the counts were taken last are of one minute. */
  readonly minutes?: Minutes | undefined;
}

/** Minutes of a clock that need not run as fast as ours. */
export interface Minutes {
  /** Real milliseconds since the epoch at which minute 0 began. */
  readonly since: number;
  /** Real milliseconds that each takes. */
  readonly each: number;
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
  /** The first that fits decides; the last fits always. */
  readonly rules: readonly RuleConfig[];
  /** Milliseconds without a byte after which a connection ends. */
  readonly idleTimeout: number;
  /** Of an HTTPS listener. */
  readonly tls?: TlsConfig;
  /** Absent: requests are not logged. */
  readonly accessLog?: AccessLogConfig;
}

export interface AccessLogConfig {
  /** Under which there is a folder for each day. */
  readonly folder: string;
  /** Of each day's file, without its ending. */
  readonly name: string;
}

export interface TlsConfig {
  readonly versions: readonly ("TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3")[];
  /** The first is for clients that ask for no name, or for one that nobody has. */
  readonly certificates: readonly CertificateConfig[];
  /** Whether clients may speak HTTP/2. */
  readonly http2: boolean;
}

export interface CertificateConfig {
  /** Its ARN. */
  readonly id: string;
  /** Domain names; `*.` stands for one label. */
  readonly names: readonly string[];
  /** PEM. */
  readonly key: string;
  /** PEM, what is above it included. */
  readonly chain: string;
}

export interface RuleConfig {
  /** 0: it is the default one. */
  readonly priority: number;
  /** All of them have to hold. */
  readonly conditions: readonly ConditionConfig[];
  readonly action: ActionConfig;
}

/** One of the values has to fit. In those of hosts, paths, headers and queries `*` and `?` stand for any characters. */
export type ConditionConfig =
  | { readonly field: "host-header" | "path-pattern"; readonly values: readonly string[] }
  | { readonly field: "http-header"; readonly name: string; readonly values: readonly string[] }
  | { readonly field: "http-request-method"; readonly values: readonly string[] }
  | { readonly field: "query-string"; readonly values: readonly { readonly key?: string; readonly value: string }[] }
  /** Blocks of addresses. */
  | { readonly field: "source-ip"; readonly values: readonly string[] };

/** What becomes of a request. */
export type ActionConfig =
  | {
      readonly type: "forward";
      /** Target groups by ARN. */
      readonly groups: readonly { readonly id: string; readonly weight: number }[];
    }
  /** Parts may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`. */
  | {
      readonly type: "redirect";
      readonly status: 301 | 302;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | { readonly type: "fixed-response"; readonly status: number; readonly contentType: string; readonly body: string };

export interface GroupConfig {
  /** Its ARN. */
  readonly id: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly targets: readonly TargetConfig[];
}

export interface TargetConfig {
  readonly id: string;
  /** Its address in the VPC, with its port. */
  readonly address: string;
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

/** What was counted of requests: the sum of a metric's values, how many there were, and the smallest and the largest. */
export interface Count {
  /** `app/NAME/ID` */
  readonly loadBalancer: string;
  /** ARN of the target group that was chosen; undefined: none was. */
  readonly group: string | undefined;
  /** As CloudWatch names it. */
  readonly metric: string;
  readonly sum: number;
  readonly samples: number;
  readonly minimum: number;
  readonly maximum: number;
  /** How many of each value there were, to two digits, in no order. */
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** What was counted of the requests that ended in one minute. */
export interface CountedMinute {
  readonly minute: number;
  readonly counts: readonly Count[];
}

/** The way that a request took. */
export interface Way {
  /** The listener's ARN. */
  readonly listener: string;
  /** Of the rule that decided; 0: the default one. */
  readonly priority: number;
  /** ARN of the target group that was chosen; undefined: the listener answered by itself. */
  readonly group: string | undefined;
  /** Id of the target; undefined: none could be found, or none was looked for. */
  readonly target: string | undefined;
}

/** Requests that took one way in one second. */
export interface AnsweredSecond extends Way {
  /** Real milliseconds since the epoch at which it began. */
  readonly at: number;
  readonly count: number;
  /** Of these, how many clients were answered 5xx, by whomever. */
  readonly failed: number;
}

/** Where a listener listens; undefined: at none of the ports that it may have. */
export type Listened = Readonly<Record<string, Place | undefined>>;
